"""GraphQL over HTTP: what is sent wrongly is told what was wrong, and never breaks the door."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.graphql.http import JSON, RESPONSE, accepted
from domain.conversations.models import Message
from domain.people import actions as people
from domain.settings import settings
from tests.people import House
from tests.schema.doors import app, logged_in


@pytest.fixture
async def door(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client at the door."""
    transport = httpx.ASGITransport(app=app(), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def post(door: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    """Send something as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await door.post(
        "/graphql", content=raw, headers={"content-type": "application/json", **headers}
    )


def code(response: httpx.Response) -> str:
    """The code of the first error."""
    return str(response.json()["errors"][0]["extensions"]["code"])


async def test_a_log_in_and_a_token_both_open_the_door(
    house: House, door: httpx.AsyncClient
) -> None:
    query = {"query": "{ viewer { name role } }"}
    cookie = await logged_in(house.alice)
    found = await post(door, query, cookie=cookie)
    assert found.json() == {"data": {"viewer": {"name": "Alice", "role": "AGENT"}}}
    role = type(house.pat.role).PARTNER
    _, raw = await people.issue_token(house.dana, "pat", role, None, ["orders:read"])
    found = await post(door, query, authorization=f"Bearer {raw}")
    assert found.json() == {"data": {"viewer": {"name": "pat", "role": "PARTNER"}}}


async def test_nobody_and_a_wrong_token_are_two_things(door: httpx.AsyncClient) -> None:
    query = {"query": "{ viewer { name } }"}
    nobody = await post(door, query)
    assert (nobody.status_code, code(nobody)) == (200, "unauthenticated")
    assert nobody.json()["data"] is None
    wrong = await post(door, query, authorization="Bearer zd_nonsense")
    assert (wrong.status_code, code(wrong)) == (401, "unauthenticated")
    assert "data" not in wrong.json()


async def test_get_asks_and_never_does(house: House, door: httpx.AsyncClient) -> None:
    cookie = await logged_in(house.alice)
    query = "query A($n: Int) { orders(first: $n) { nodes { id } } } query B { __typename }"
    parameters = {"query": query, "operationName": "A", "variables": '{"n": 1}', "extensions": ""}
    found = await door.get("/graphql", params=parameters, headers={"cookie": cookie})
    assert len(found.json()["data"]["orders"]["nodes"]) == 1
    verb = 'mutation M { sendMessage(text: "x") { __typename } }'
    for accept in (JSON, RESPONSE):
        refused = await door.get("/graphql", params={"query": verb}, headers={"accept": accept})
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
        assert code(refused) == "post_only"
    hidden = await door.get(
        "/graphql", params={"query": "query Q { __typename } " + verb, "operationName": ""}
    )
    assert code(hidden) == "operation_unnamed"
    assert await Message.filter(shop_id=house.id).count() == 0
    assert (await door.put("/graphql")).status_code == 405


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"query": "{ __typename }", "variables": {"a":' + b"[" * 900 + b"]" * 900 + b"}}", ""),
        (b"null", "malformed_request"),
        (b"1", "malformed_request"),
        (b'[{"query": "{ __typename }"}]', "batching"),
        (b"{}", "malformed_request"),
        (b'{"query": ""}', "malformed_request"),
        (b'{"query": 1}', "malformed_request"),
        (b'{"query": "{ __typename }", "variables": []}', "malformed_request"),
        (b'{"query": "{ __typename }", "operationName": 1}', "malformed_request"),
        (b'{"query": "{ __typename }", "extensions": "x"}', "malformed_request"),
        (b'{"query": "{ __typename }", "variables": {"a": {"b\\u0000": 1}}}', "invalid_text"),
        (b'{"query": "{ __typename \\u0000 }"}', "invalid_text"),
    ],
)
async def test_what_is_malformed_is_told_so(
    door: httpx.AsyncClient, body: bytes, expected: str
) -> None:
    response = await post(door, body)
    if not expected:
        assert response.json() == {"data": {"__typename": "Query"}}
        return
    assert code(response) == expected
    assert response.status_code == (200 if expected == "invalid_text" else 400)
    strict = await post(door, body, accept=RESPONSE)
    assert (strict.status_code, code(strict)) == (400, expected)
    assert strict.headers["content-type"] == f"{RESPONSE}; charset=utf-8"


async def test_only_json_in_utf8_is_taken(door: httpx.AsyncClient) -> None:
    body = b'{"query": "{ __typename }"}'
    for kind in ("text/plain", "application/graphql", "application/json; charset=gbk", ""):
        refused = await door.post("/graphql", content=body, headers={"content-type": kind})
        assert (refused.status_code, code(refused)) == (415, "unsupported_media_type")
    for kind in ("application/json", 'Application/JSON; charset="UTF-8"', "application/json;x=y"):
        taken = await door.post("/graphql", content=body, headers={"content-type": kind})
        assert taken.status_code == 200, kind


async def test_a_body_over_the_limit_is_not_read_to_its_end(door: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * settings().max_body:
            sent += 1000
            yield b" " * 1000

    response = await door.post(
        "/graphql", content=endless(), headers={"content-type": "application/json"}
    )
    assert (response.status_code, code(response)) == (413, "too_large")


@pytest.mark.parametrize(
    ("header", "media"),
    [
        (None, JSON), ("", JSON), ("*/*", JSON), ("application/*", JSON), (JSON, JSON),
        (RESPONSE, RESPONSE), (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{JSON};q=0.5, {RESPONSE};q=0.8", RESPONSE), (f"{RESPONSE}; charset=utf-8", RESPONSE),
        ("text/html, */*;q=0.1", JSON), ("text/html", None), (f"{JSON};q=0", None),
        ("application/xml", None), (f"{JSON};q=x", None),
    ],
)  # fmt: skip
def test_the_answer_comes_in_what_is_accepted(header: str | None, media: str | None) -> None:
    assert accepted(header) == media


async def test_nothing_acceptable_is_406(door: httpx.AsyncClient) -> None:
    refused = await post(door, {"query": "{ __typename }"}, accept="application/xml")
    assert (refused.status_code, code(refused)) == (406, "not_acceptable")


async def test_a_refused_document_is_400_or_200_by_media_type(door: httpx.AsyncClient) -> None:
    refused = {
        "{": "malformed_document",
        "{ nope }": "invalid_document",
        "query($a: Boolean!) { __typename @skip(if: $a) }": "invalid_variables",
    }
    for query, expected in refused.items():
        strict = await post(door, {"query": query}, accept=RESPONSE)
        assert (strict.status_code, code(strict)) == (400, expected)
        loose = await post(door, {"query": query})
        assert (loose.status_code, code(loose)) == (200, expected)
        assert "data" not in loose.json()


async def test_subscriptions_are_sent_to_the_socket(door: httpx.AsyncClient) -> None:
    refused = await post(door, {"query": "subscription { tickets { __typename } }"})
    assert (refused.status_code, code(refused)) == (400, "socket_only")


async def test_problems_speak_the_askers_language(house: House, door: httpx.AsyncClient) -> None:
    query = {"query": "{ tokens { id } }"}
    _, raw = await people.issue_token(
        house.dana, "pat", type(house.pat.role).PARTNER, None, ["orders:read"]
    )
    told = {}
    for language in ("en", "zh-CN"):
        headers = {"authorization": f"Bearer {raw}", "accept-language": language}
        told[language] = (await post(door, query, **headers)).json()["errors"][0]["message"]
    assert told["en"] != told["zh-CN"]
    assert told["en"].isascii()


async def test_introspection_and_the_page_are_for_developers(
    door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"query": "{ __schema { queryType { name } } }"}
    assert (await post(door, query)).json()["data"]["__schema"]
    page = await door.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    monkeypatch.setattr(settings(), "env", "production")
    assert code(await post(door, query)) == "invalid_document"
    hidden = await post(door, {"query": "{ viewr { name } }"})
    assert "Did you mean" not in hidden.text
    page = await door.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 406


async def test_nothing_is_kept_by_anybody_on_the_way(door: httpx.AsyncClient) -> None:
    response = await post(door, {"query": "{ __typename }"})
    assert response.headers["cache-control"] == "no-store"
