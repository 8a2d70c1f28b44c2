"""Bad input at the real door: each gets its status and its code, and nothing is written."""

from __future__ import annotations

import asyncio
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import orjson
import pytest

from domain.actors import Role
from domain.clock import now
from domain.conversations import actions as talk
from domain.conversations.models import Message
from domain.orders.models import Order
from domain.people import actions as people
from domain.people.models import Customer, Session, Token
from domain.people.widget import widget_token
from domain.settings import settings
from domain.shops.queries import signing_secret
from domain.tickets import actions as tickets
from schema.limits import TOKENS
from schema.scalars import opaque, show_position
from tests import factories
from tests.people import House
from tests.schema.hostile import callers, codes, door, post, rows_of

JSON, RESPONSE = "application/json", "application/graphql-response+json"
SAY = "mutation($text: String!, $id: String) { sendMessage(text: $text, clientId: $id) {"
SAY += " __typename ... on Message { id text } ... on Problem { code field message hint } } }"


class Door:
    """The door of two shops, and who comes in at the first one's."""

    def __init__(self, client: httpx.AsyncClient, house: House, others: House) -> None:
        self.client, self.house, self.others = client, house, others
        self.people: dict[str, dict[str, str]] = {}

    async def ask(
        self, who: str, query: str, accept: str = JSON, **variables: Any
    ) -> httpx.Response:
        """Ask as somebody of the first shop."""
        body = {"query": query, "variables": variables}
        return await post(self.client, body, {**self.people[who], "accept": accept})

    async def send(self, body: bytes, **headers: str) -> httpx.Response:
        """Send a body as it is, with a partner's token."""
        return await post(self.client, body, {**self.people["pat"], **headers})


@pytest.fixture
async def at(house: House) -> AsyncIterator[Door]:
    """The door, with something in both shops; whatever comes in by it must change nothing."""
    others = await factories.house()
    for shop in (house, others):
        said = await talk.receive(shop.eve, f"卡密无效 {shop.orders['mei'].number}", "c-0")
        await tickets.open(shop.alice, said.conversation_id, "card_invalid")
    async with door() as client:
        found = Door(client, house, others)
        found.people = await callers(house)
        yield found


@pytest.fixture
async def unchanged(at: Door) -> AsyncIterator[None]:
    """Demands that no row of either shop has changed at the end."""
    before = [await rows_of(house) for house in (at.house, at.others)]
    yield
    assert [await rows_of(house) for house in (at.house, at.others)] == before


def assert_refused(response: httpx.Response, status: int, *expected: str) -> None:
    """The response has this status, and no other codes than these."""
    assert response.status_code == status, response.text[:300]
    assert set(codes(response)) == set(expected), response.text[:300]
    assert response.json().get("data") is None
    assert len(response.content) < 20_000


# What is no request


DEEP = 100_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b'{"query": "{ __typename }"', "malformed_json"),
        (b'{"query": "{ __typename }"} x', "malformed_json"),
        (b"\xff\xfe{\x00", "malformed_json"),
        (b'{"query": "\xff"}', "malformed_json"),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', "malformed_json"),
        (b"[" * DEEP, "malformed_json"),
        (b"[" * DEEP + b"]" * DEEP, "malformed_json"),
        (b'{"variables":' * 15_000 + b"1" + b"}" * 15_000, "malformed_json"),
        (b'[{"query": "{ __typename }"}]', "batching"),
        (b"null", "malformed_request"),
        (b"3", "malformed_request"),
        (b'"{ __typename }"', "malformed_request"),
        (b"{}", "malformed_request"),
        (b'{"query": ""}', "malformed_request"),
        (b'{"query": null}', "malformed_request"),
        (b'{"query": ["{ __typename }"]}', "malformed_request"),
        (b'{"query": "{ __typename }", "variables": []}', "malformed_request"),
        (b'{"query": "{ __typename }", "variables": "{}"}', "malformed_request"),
        (b'{"query": "{ __typename }", "operationName": 5}', "malformed_request"),
        (b'{"query": "{ __typename }", "extensions": [1]}', "malformed_request"),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else value,
)
async def test_what_is_no_request_is_400(at: Door, unchanged: None, body: bytes, code: str) -> None:
    for accept in (JSON, RESPONSE):
        assert_refused(await at.send(body, accept=accept), 400, code)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "text/html", "application/xml", "application/graphql",
     "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=gbk", "application/json; charset=utf-16", "json", ";;;"],
)  # fmt: skip
async def test_another_content_type_is_415(at: Door, unchanged: None, kind: str) -> None:
    body = orjson.dumps({"query": SAY, "variables": {"text": "x"}})
    headers = {**at.people["eve"], "content-type": kind}
    response = await at.client.post("/graphql", content=body, headers=headers)
    assert_refused(response, 415, "unsupported_media_type")


async def test_another_sites_page_writes_nothing_with_a_cookie(at: Door, unchanged: None) -> None:
    body = orjson.dumps({"query": "mutation { setPresence(presence: ONLINE) { __typename } }"})
    for kind in ("text/plain", JSON):
        headers = {**at.people["alice"], "content-type": kind, "origin": "https://evil.example"}
        response = await at.client.post("/graphql", content=body, headers=headers)
        assert_refused(response, 403, "forged")


async def test_a_body_over_the_limit_is_413_however_it_is_sent(at: Door, unchanged: None) -> None:
    body = orjson.dumps({"query": SAY, "variables": {"text": "字" * 1_000_000}})
    assert len(body) > settings().max_body

    async def chunks() -> AsyncIterator[bytes]:
        for n in range(0, len(body), 65_536):
            yield body[n : n + 65_536]

    for content in (body, chunks()):
        headers = {**at.people["eve"], "content-type": JSON}
        response = await at.client.post("/graphql", content=content, headers=headers)
        assert_refused(response, 413, "too_large")
    lying = {**at.people["eve"], "content-type": JSON, "content-length": "10"}
    response = await at.client.post("/graphql", content=chunks(), headers=lying)
    assert_refused(response, 413, "too_large")


async def test_a_query_in_the_address_is_judged_alike(at: Door, unchanged: None) -> None:
    for query, status, code in (
        ("query={", 200, "malformed_document"),
        ("", 400, "malformed_request"),
        ("query=%00", 200, "invalid_text"),
        ("query={__typename}&variables=[", 400, "malformed_json"),
        ("query={__typename}&variables=[]", 400, "malformed_request"),
        (f"query={{__typename}}&variables={'[' * 20_000}", 400, "malformed_json"),
        (f"query={'{a' * 60}{'}' * 60}", 200, "too_deep"),
    ):
        response = await at.client.get(f"/graphql?{query}", headers=at.people["pat"])
        assert_refused(response, status, code)
    verb = 'mutation { sendMessage(text: "x") { __typename } }'
    response = await at.client.get("/graphql", params={"query": verb}, headers=at.people["eve"])
    assert_refused(response, 405, "post_only")


# What is no document of ours


def nested(depth: int) -> str:
    """A conversation's customer's conversations' …, so many fields deep."""
    text = "id"
    for n in range(depth):
        text = f"customer {{ {text} }}" if n % 2 else f"conversations {{ nodes {{ {text} }} }}"
    return f"{{ conversations {{ nodes {{ {text} }} }} }}"


DOCUMENTS = {
    "unknown field": ("{ viewer { shoeSize } }", "invalid_document"),
    "unknown verb": ('mutation { dropShop(id: "x") { id } }', "invalid_document"),
    "unknown argument": ("{ tickets(limit: 3) { totalCount } }", "invalid_document"),
    "unknown variable": ("{ ticket(id: $id) { id } }", "invalid_document"),
    "wrong literal": ('{ tickets(first: "ten") { totalCount } }', "invalid_document"),
    "wrong enum": ("{ tickets(filter: {state: [WILD]}) { totalCount } }", "invalid_document"),
    "no selection": ("{ viewer }", "invalid_document"),
    "selection of a text": ("{ viewer { name { first } } }", "invalid_document"),
    "fragment in itself": ("{ ...A } fragment A on Query { ...A }", "invalid_document"),
    "two fragments in each other": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "invalid_document",
    ),
    "unknown fragment": ("{ ...Z }", "invalid_document"),
    "unknown directive": ("{ viewer @give { name } }", "invalid_document"),
    "int over 32 bits": ("{ tickets(first: 2147483648) { totalCount } }", "invalid_document"),
    "int of a hundred digits": (
        f"{{ tickets(first: {'9' * 100}) {{ totalCount }} }}",
        "invalid_document",
    ),
    "int of 5,000 digits": (
        f"{{ tickets(first: {'9' * 5000}) {{ totalCount }} }}",
        "invalid_document",
    ),
    "a default of 5,000 digits": (
        f"query($n: Int = {'9' * 5000}) {{ tickets(first: $n) {{ totalCount }} }}",
        "invalid_document",
    ),
    "syntax": ("{ viewer { name }", "malformed_document"),
    "a type": ("type Shop { id: ID }", "invalid_document"),
    "no document": ("   # nothing", "malformed_document"),
    "a bracket": ("}", "malformed_document"),
    "depth of 50": (nested(50), "too_deep"),
    "depth of 5,000": ("{ a" * 5000 + " }" * 5000, "too_deep"),
    "900 brackets": ("{ a" * 900 + " }" * 900, "too_deep"),
    "10,000 aliases": (
        "{ " + " ".join(f"a{n}: __typename" for n in range(10_000)) + " }",
        "too_many_tokens",
    ),
    "600 aliases": (
        "{ " + " ".join(f"a{n}: __typename" for n in range(600)) + " }",
        "too_many_aliases",
    ),
    "10,000 tokens": ("{ viewer { " + "name " * 10_000 + "} }", "too_many_tokens"),
    "as many tokens as may be, of no use": (
        "{ " + "name " * (TOKENS - 2) + "}",
        "invalid_document",
    ),
    "lists in a list": (
        f'mutation {{ createToken(name: "x", role: PARTNER, scopes: {"[" * 900}{"]" * 900}) '
        "{ __typename } }",
        "too_deep",
    ),
    "too costly": (
        "{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id "
        "reading { id } } } } } }",
        "too_costly",
    ),
    "NUL": ('{ ticket(number: "a\\u0000b") { id } }', "invalid_text"),
    "half a character": ('{ ticket(number: "a\\ud800b") { id } }', "malformed_document"),
    "a subscription": ("subscription { tickets { __typename } }", "socket_only"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_bad_document_is_refused_with_its_code(
    at: Door, unchanged: None, name: str
) -> None:
    text, code = DOCUMENTS[name]
    always = 400 if code == "socket_only" else 200
    for accept, status in ((JSON, always), (RESPONSE, 400)):
        assert_refused(await at.ask("dana", text, accept), status, code)


# Variables that do not fit


TYPES = """query($first: Int, $filter: TicketFilter, $id: ID, $since: DateTime) {
  tickets(first: $first, filter: $filter) { totalCount } ticket(id: $id) { id }
  metrics(since: $since) { messages } }"""


@pytest.mark.parametrize(
    "variables",
    [
        b'{"first": "ten"}',
        b'{"first": 1.5}',
        b'{"first": true}',
        b'{"first": 2147483648}',
        b'{"first": 18446744073709551616}',
        b'{"first": 1e308}',
        b'{"first": -99999999999999999999999}',
        b'{"first": [1]}',
        b'{"first": {"a": 1}}',
        b'{"filter": "open"}',
        b'{"filter": {"colour": "red"}}',
        b'{"filter": {"state": ["WILD"]}}',
        b'{"filter": {"state": [null]}}',
        b'{"filter": {"mine": null}}',
        b'{"filter": {"mine": "yes"}}',
        b'{"filter": {"state": ' + b"[" * 200 + b"]" * 200 + b"}}",
        b'{"filter": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}",
        b'{"id": {"a": 1}}',
        b'{"id": 1.5}',
        b'{"id": true}',
        b'{"since": "yesterday"}',
        b'{"since": 5}',
        b'{"since": "2026-02-30T00:00:00Z"}',
        b'{"since": ""}',
    ],
    ids=lambda raw: raw[:40].decode(),
)
async def test_a_variable_of_the_wrong_type_is_refused(
    at: Door, unchanged: None, variables: bytes
) -> None:
    body = b'{"query": ' + orjson.dumps(TYPES) + b', "variables": ' + variables + b"}"
    for accept, status in ((JSON, 200), (RESPONSE, 400)):
        response = await post(at.client, body, {**at.people["dana"], "accept": accept})
        assert response.status_code == status, response.text[:300]
        assert codes(response), response.text[:300]
        assert not {"internal", "error"} & set(codes(response))
        assert "data" not in response.json()
        assert len(response.content) < 20_000


@pytest.mark.parametrize(
    "page",
    [{"first": -1}, {"first": 101}, {"last": 101}, {"first": 5, "last": 5}, {"last": -(2**31)}],
)
async def test_an_impossible_page_is_invalid(
    at: Door, unchanged: None, page: dict[str, int]
) -> None:
    query = """query($first: Int, $last: Int) {
      tickets(first: $first, last: $last) { totalCount } }"""
    assert_refused(await at.ask("dana", query, **page), 200, "invalid")


# Texts


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (rb'"a\u0000b"', 200, "invalid_text"),
        (rb'"\ud800"', 400, "malformed_json"),
        (rb'"\udc00\ud800"', 400, "malformed_json"),
        (rb'"\ud83d"', 400, "malformed_json"),
        (b'"\xed\xa0\x80"', 400, "malformed_json"),
        (b'"a\x00b"', 400, "malformed_json"),
    ],
    ids=ascii,
)
async def test_a_text_that_cannot_be_kept_is_refused(
    at: Door, unchanged: None, raw: bytes, status: int, code: str
) -> None:
    body = b'{"query": ' + orjson.dumps(SAY) + b', "variables": {"text": ' + raw + b"}}"
    assert_refused(await post(at.client, body, at.people["eve"]), status, code)
    named = b'{"query": "{ __typename }", "variables": {' + raw + b": 1}}"
    assert_refused(await post(at.client, named, at.people["eve"]), status, code)


@pytest.mark.parametrize(
    ("text", "client_id", "code", "field"),
    [
        ("", None, "invalid", "text"),
        (" \n\t\u3000", None, "invalid", "text"),
        ("字" * 4001, None, "too_long", "text"),
        ("x" * 200_000, None, "too_long", "text"),
        ("好", "", "invalid", "clientId"),
        ("好", "i" * 65, "invalid", "clientId"),
        ("好", "号码", "invalid", "clientId"),
        ("好", "a\nb", "invalid", "clientId"),
    ],
    ids=lambda value: ascii(value)[:20],
)
async def test_a_message_that_cannot_be_taken_is_a_problem_with_its_field(
    at: Door, unchanged: None, text: str, client_id: str | None, code: str, field: str
) -> None:
    response = await at.ask("eve", SAY, text=text, id=client_id)
    problem = response.json()["data"]["sendMessage"]
    assert (problem["__typename"], problem["code"]) == ("InvalidProblem", code)
    assert problem["field"] == field
    assert problem["message"]


async def test_a_whole_character_outside_the_plane_is_kept(at: Door) -> None:
    escaped = b'{"query": ' + orjson.dumps(SAY) + rb', "variables": {"text": "\ud83d\ude00 ok"}}'
    for body in (escaped, orjson.dumps({"query": SAY, "variables": {"text": "😀 ok"}})):
        response = await post(at.client, body, at.people["eve"])
        assert response.json()["data"]["sendMessage"]["text"] == "😀 ok"


async def test_one_client_id_is_one_message_however_often_it_comes(at: Door) -> None:
    before = await Message.filter(shop_id=at.house.id).count()
    responses = await asyncio.gather(
        *(at.ask("eve", SAY, text=f"第 {n} 次", id="twice") for n in range(12))
    )
    said = [response.json()["data"]["sendMessage"] for response in responses]
    assert len({message["id"] for message in said}) == 1
    assert len({message["text"] for message in said}) == 1
    assert await Message.filter(shop_id=at.house.id).count() == before + 1
    # The same id is another message for another customer.
    await at.ask("frank", SAY, text="我也是", id="twice")
    assert await Message.filter(shop_id=at.house.id).count() == before + 2


# Ids and cursors


def bad_ids() -> list[str]:
    """Ids that nobody ever gave."""
    raw = UUID(int=5).bytes
    return [
        "", "x", "é", "1", "0" * 600, "Ticket:1", "../../etc/passwd", "' OR 1=1 --", "VGlja2V0Og",
        urlsafe_b64encode(b"Ticket:" + raw).decode(),
        urlsafe_b64encode(b"Ticket:" + raw).decode().rstrip("="),
        urlsafe_b64encode(b"Ticket:" + raw[:15]).decode().rstrip("="),
        urlsafe_b64encode(b"\xff\xfe:" + raw).decode().rstrip("="),
        urlsafe_b64encode(b"__import__:" + raw).decode().rstrip("="),
        str(UUID(int=5)),
    ]  # fmt: skip


VERBS = {
    "replyToConversation": 'text: "x"',
    "addNote": 'text: "x"',
    "claimConversation": "",
    "transferConversation": 'teamId: "x", reason: "x"',
    "giveBackConversation": "",
    "closeConversation": "",
    "revealMessage": 'reason: "x"',
    "claimTicket": "",
    "solveTicket": "",
    "closeTicket": "",
    "reopenTicket": "",
    "revokeToken": "",
}


async def foreign_ids(house: House) -> list[str]:
    """An id of each kind, of another shop."""
    (message,) = await Message.filter(shop_id=house.id)
    row = (await tickets.open(house.alice, message.conversation_id)).id
    token, _ = await people.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    return [
        opaque("Conversation", message.conversation_id),
        opaque("Message", message.id),
        opaque("Ticket", row),
        opaque("ApiToken", token.id),
        opaque("Order", house.orders["mei"].id),
        opaque("Customer", house.eve.id),
        opaque("Merchant", house.merchants["mei"].id),
        opaque("Team", house.teams["technical"].id),
        opaque("Agent", house.alice.id),
    ]


@pytest.mark.parametrize("verb", VERBS)
async def test_a_bad_or_foreign_id_is_not_found_by_any_verb(at: Door, verb: str) -> None:
    foreign = await foreign_ids(at.others)
    before = [await rows_of(house) for house in (at.house, at.others)]
    text = f"mutation($id: ID!) {{ {verb}(id: $id, {VERBS[verb]}) {{ __typename "
    text += "... on Problem { code } } }"
    for id in (*bad_ids(), *foreign):
        response = await at.ask("dana", text, id=id)
        assert response.status_code == 200
        assert response.json() == {
            "data": {verb: {"__typename": "NotFoundProblem", "code": "not_found"}}
        }, id
    assert [await rows_of(house) for house in (at.house, at.others)] == before


async def test_a_bad_or_foreign_id_finds_nothing(at: Door) -> None:
    text = """query($id: ID!) { node(id: $id) { id } conversation(id: $id) { id }
      ticket(id: $id) { id } order(id: $id) { id } customer(id: $id) { id } article(id: $id) { id }
      tickets(filter: {teamId: $id, orderId: $id}) { totalCount }
      conversations(filter: {agentId: $id}) { totalCount } }"""
    nothing = {"node": None, "conversation": None, "ticket": None, "order": None, "customer": None}
    for id in (*bad_ids(), *await foreign_ids(at.others)):
        response = await at.ask("dana", text, id=id)
        assert response.json() == {
            "data": {
                **nothing,
                "article": None,
                "tickets": {"totalCount": 0},
                "conversations": {"totalCount": 0},
            }
        }, id


async def test_a_ticket_of_another_shop_is_not_found_by_its_number(at: Door) -> None:
    order = await Order.get(id=at.others.orders["mei"].id)
    for number in (order.number, "", "T-00000-00000", "x" * 10_000, "'; DROP TABLE tickets; --"):
        text = "query($n: String!) { ticket(number: $n) { id } order(number: $n) { id } }"
        response = await at.ask("dana", text, n=number)
        assert response.json() == {"data": {"ticket": None, "order": None}}


def cursor(*parts: Any) -> str:
    """A page's cursor, made by somebody else."""
    return urlsafe_b64encode(orjson.dumps(list(parts))).rstrip(b"=").decode()


AT, ID = "2026-11-22T00:00:00+00:00", str(UUID(int=5))


@pytest.mark.parametrize(
    "given",
    [
        "", "x", "é", "====", "a" * 5000, "!" * 40, show_position(5), cursor(), cursor(5),
        cursor("opened-"), cursor("opened-", AT), cursor("opened-", AT, ID, ID),
        cursor("opened+", AT, ID), cursor("seq", 1, ID), cursor("opened-", ID, AT),
        cursor("opened-", "2026-11-22T00:00:00", ID), cursor("opened-", 5, ID),
        cursor("opened-", AT, "x"), cursor("opened-", AT, None), cursor("opened-", AT, [ID]),
        cursor("opened-", {"a": 1}, ID), cursor("opened-", "'; DROP TABLE tickets; --", ID),
        cursor("opened-", "10000-01-01T00:00:00+00:00", ID),
        urlsafe_b64encode(b"[" * 700).decode(),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
async def test_a_bad_cursor_is_a_bad_cursor(at: Door, unchanged: None, given: str) -> None:
    text = "query($at: String) { tickets(%s: $at) { nodes { id } } }"
    for side in ("after", "before"):
        assert_refused(await at.ask("dana", text % side, at=given), 200, "bad_cursor")


async def test_a_cursor_of_another_shop_shows_ones_own_rows_only(at: Door) -> None:
    text = "query($at: String) { tickets(before: $at, last: 9) { nodes { id } edges { cursor } } }"
    mine = (await at.ask("dana", text)).json()["data"]["tickets"]
    theirs = await callers(at.others)
    body = {"query": text, "variables": {}}
    foreign = (await post(at.client, body, theirs["dana"])).json()["data"]["tickets"]
    for edge in foreign["edges"]:
        found = await at.ask("dana", text, at=edge["cursor"])
        nodes = found.json()["data"]["tickets"]["nodes"]
        assert [n for n in nodes if n not in mine["nodes"]] == []


@pytest.mark.parametrize(
    "year",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59.999999Z",
    ],
)
async def test_the_ends_of_time_are_moments_too(at: Door, unchanged: None, year: str) -> None:
    text = "query($at: String) { tickets(after: $at) { totalCount } }"
    response = await at.ask("dana", text, at=cursor("opened-", year, ID))
    assert set(codes(response)) <= {"bad_cursor"}
    for span in ("since: $at", "until: $at", "since: $at, until: $at"):
        figures = f"query($at: DateTime) {{ metrics({span}) {{ messages }} }}"
        assert_refused(await at.ask("dana", figures, at=year), 200, "invalid")
    token = """mutation($at: DateTime) { createToken(name: "x", role: PARTNER,
      scopes: ["orders:read"], expiresAt: $at) { __typename } }"""
    answer = await at.ask("dana", token, at=year)
    assert_refused(answer, 200, "invalid")


async def test_a_moment_without_an_offset_is_in_utc(at: Door) -> None:
    token = """mutation($at: DateTime) { createToken(name: "x", role: PARTNER,
      scopes: ["orders:read"], expiresAt: $at) { ... on IssuedToken { token { expiresAt } } } }"""
    made = (await at.ask("dana", token, at="2999-01-01T00:00:00")).json()["data"]["createToken"]
    assert made["token"]["expiresAt"] == "2999-01-01T00:00:00+00:00"


# Credentials


async def expired_token(house: House) -> str:
    """An API token that was good until a second ago."""
    token, raw = await people.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    await Token.filter(id=token.id).update(expires_at=now() - timedelta(seconds=1))
    return raw


async def revoked_token(house: House) -> str:
    """An API token that was taken back."""
    token, raw = await people.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    await people.revoke_token(house.dana, token.id)
    return raw


async def test_a_credential_that_is_not_good_is_401_with_a_code(at: Door) -> None:
    house = at.house
    eve = widget_token(await Customer.get(id=house.eve.id))
    head, body, signature = eve.split(".")
    claims = {"sub": str(house.eve.id), "shop": str(house.id), "aud": "zaide-widget"}
    claims |= {"exp": int(now().timestamp()) + 60, "iat": int(now().timestamp())}  # type: ignore[dict-item]
    wrong = {
        "expired": await expired_token(house),
        "revoked": await revoked_token(house),
        "unknown": "zd_" + secrets.token_urlsafe(32),
        "short": "zd_",
        "endless": "zd_" + "a" * 60_000,
        "not ascii": "zd_\xe9\xff",
        "another signature": f"{head}.{body}.{signature[:-4]}AAAA",
        "no signature": f"{head}.{body}.",
        "no algorithm": jwt.encode(claims, "", algorithm="none"),
        "the shop's key": jwt.encode(claims, signing_secret(house.shop), algorithm="HS256"),
        "an id": str(house.dana.id),
        "words": "let me in",
    }
    before = await rows_of(house)
    for name, raw in wrong.items():
        headers = {b"authorization": b"Bearer " + raw.encode("latin-1")}
        headers |= {b"content-type": JSON.encode(), b"origin": b"http://shop.test"}
        # A cookie that is good does not help a header that is not.
        headers[b"cookie"] = at.people["dana"]["cookie"].encode()
        body_ = orjson.dumps({"query": "{ viewer { name } }"})
        response = await at.client.post("/graphql", content=body_, headers=headers)
        assert_refused(response, 401, "expired" if name == "expired" else "unauthenticated")
        assert "www-authenticate" in response.headers
        assert raw not in response.text or not raw
    assert await rows_of(house) == before


async def test_a_session_that_is_over_is_401(at: Door, unchanged: None) -> None:
    await Session.filter(grant_id=at.house.alice.id).update(expires_at=now())
    assert_refused(await at.ask("alice", "{ viewer { name } }"), 401, "expired")
    made_up = {"cookie": at.people["dana"]["cookie"][:-4] + "AAAA"}
    response = await post(at.client, {"query": "{ viewer { name } }"}, made_up)
    assert_refused(response, 401, "unauthenticated")


async def test_nobody_gets_nothing(at: Door, unchanged: None) -> None:
    for text in ("{ viewer { name } }", 'mutation { sendMessage(text: "x") { __typename } }'):
        response = await at.ask("nobody", text)
        assert_refused(response, 200, "unauthenticated")


async def test_a_token_does_only_what_it_was_made_for(at: Door) -> None:
    _, raw = await people.issue_token(at.house.dana, "x", Role.PARTNER, None, ["orders:read"])
    before = await rows_of(at.house)
    who = {"authorization": f"Bearer {raw}"}
    (message,) = await Message.filter(shop_id=at.house.id)
    id = opaque("Conversation", message.conversation_id)
    for text in (
        f'mutation {{ openTicket(conversationId: "{id}") {{ __typename }} }}',
        f'mutation {{ claimConversation(id: "{id}") {{ __typename }} }}',
        'mutation { sendMessage(text: "x") { __typename } }',
        "mutation { setPresence(presence: ONLINE) { __typename } }",
        'mutation { createToken(name: "x", role: PARTNER, scopes: ["orders:read"])'
        " { __typename } }",
    ):
        body = (await post(at.client, {"query": text}, who)).json()
        (result,) = body["data"].values()
        assert result["__typename"] in ("NotAllowedProblem", "NotFoundProblem"), (text, body)
    reads = "{ tickets { totalCount } conversations { totalCount } orders { totalCount } }"
    body = (await post(at.client, {"query": reads}, who)).json()
    if body["data"] is not None:
        assert body["data"]["tickets"]["totalCount"] == 0
        assert body["data"]["conversations"]["totalCount"] == 0
    else:
        assert {error["extensions"]["code"] for error in body["errors"]} == {"not_allowed"}
    assert await rows_of(at.house) == before
