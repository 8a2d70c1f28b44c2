"""GraphQL over server-sent events on a real server: distinct connections mode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from api.graphql import crowd as crowd_module
from api.graphql import outbox
from api.graphql import sse as graphql_sse
from api.graphql.crowd import crowd
from domain.actors import Role
from domain.clock import now
from domain.conversations import actions as conversations
from domain.people import actions as people
from domain.people.models import Session
from domain.settings import settings
from schema import live
from schema.scalars import show_position
from tests.people import House
from tests.schema.conftest import Wire
from tests.schema.doors import logged_in, serving

ALL = """subscription($after: Cursor) { conversations(after: $after) { __typename
  ... on Subscribed { cursor } ... on Resync { cursor } ... on Removed { cursor id }
  ... on ConversationChanged { cursor kind message { text } } } }"""


@dataclass
class Event:
    """One server-sent event; a comment has the name ''."""

    name: str = ""
    id: str = ""
    data: Any = None

    @property
    def update(self) -> dict[str, Any]:
        """The one update in a result."""
        (found,) = self.data["data"].values()
        return dict(found)


class Heard:
    """One client's stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def read(self) -> Event:
        """The next event or comment. Raises StopAsyncIteration at the end."""
        event = Event()
        async with asyncio.timeout(5):
            while line := await anext(self._lines):
                name, _, value = line.partition(":")
                if name == "data":
                    event.data = json.loads(value) if value.strip() else None
                elif name:
                    setattr(event, "name" if name == "event" else name, value.strip())
        return event

    async def next(self) -> Event:
        """The next event that is no sign of life."""
        while not (event := await self.read()).name:
            pass
        return event

    async def rest(self) -> list[str]:
        """The names of what still comes."""
        names = []
        try:
            while True:
                names.append((await self.next()).name)
        except StopAsyncIteration:
            return names


@dataclass
class Door:
    """A server whose hub is moved by hand."""

    address: str
    wire: Wire
    house: House
    client: httpx.AsyncClient
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open(self, query: str = ALL, token: str = "", **more: Any) -> Heard:
        """An operation's stream."""
        headers = {"Accept": "text/event-stream", **more.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = {"query": query, "variables": more.pop("variables", {})}
        asked = self.client.stream("POST", "/graphql", json=body, headers=headers, **more)
        return Heard(await self.stack.enter_async_context(asked))

    async def follow(self, **more: Any) -> Heard:
        """A subscription that has begun."""
        heard = await self.open(**more)
        assert (await heard.next()).update["__typename"] in ("Subscribed", "Resync")
        return heard

    async def say(self, text: str) -> None:
        """Eve says something, and it is carried to the hub."""
        await conversations.receive(self.house.eve, text)
        await self.wire.carry()


@pytest.fixture
async def door(house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A real server; its hub hears what the test carries."""
    monkeypatch.setattr(graphql_sse, "hub", wire.hub)
    monkeypatch.setattr(live, "hub", wire.hub)
    async with serving() as address:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=10) as client:
            found = Door(address, wire, house, client)
            yield found
            await found.stack.aclose()
        while wire.hub.clients:
            await asyncio.sleep(0.01)


async def token(door: Door, name: str = "pat") -> tuple[Any, str]:
    """A token that reads conversations."""
    return await people.issue_token(
        door.house.dana, name, Role.PARTNER, None, ["conversations:read"]
    )


async def test_a_stream_tells_what_happens_and_rides_the_sockets_groups(door: Door) -> None:
    _, raw = await token(door)
    heard, other = await door.open(token=raw), await door.open(token=raw)
    assert heard.response.headers["content-type"].startswith("text/event-stream")
    first = await heard.next()
    assert first.update["__typename"] == "Subscribed"
    await other.next()
    assert door.wire.hub.groups == 1
    await door.say("在吗")
    told = [await heard.next() for _ in range(2)]
    assert [event.update["kind"] for event in told] == ["ConversationOpened", "MessageReceived"]
    assert told[1].update["message"] == {"text": "在吗"}
    assert told[1].id == told[1].update["cursor"] == show_position(door.wire.hub.position)


async def test_a_client_that_comes_back_is_told_what_it_missed(door: Door) -> None:
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    await door.say("一")
    seen = [await heard.next() for _ in range(2)]
    await heard.response.aclose()
    await door.say("二")
    back = await door.open(token=raw, headers={"Last-Event-ID": seen[-1].id})
    assert (await back.next()).update == {"__typename": "Subscribed", "cursor": seen[-1].id}
    assert (await back.next()).update["message"] == {"text": "二"}
    # What the browser saw last counts for more than the place its address names.
    again = await door.open(
        token=raw, headers={"Last-Event-ID": seen[-1].id}, variables={"after": seen[0].id}
    )
    assert (await again.next()).update["cursor"] == seen[-1].id


async def test_a_browsers_event_source_asks_with_get_and_its_cookie(door: Door) -> None:
    headers = {"Accept": "text/event-stream", "Cookie": await logged_in(door.house.alice)}
    async with door.client.stream(
        "GET", "/graphql", params={"query": ALL}, headers=headers
    ) as response:
        heard = Heard(response)
        assert (await heard.next()).update["__typename"] == "Subscribed"
        await door.say("你好")
        assert (await heard.next()).update["kind"] == "ConversationOpened"


async def test_queries_are_answered_once_and_verbs_only_when_posted(door: Door) -> None:
    cookie = {"Cookie": await logged_in(door.house.alice)}
    heard = await door.open("{ viewer { name } }", headers=cookie)
    assert (await heard.next()).data == {"data": {"viewer": {"name": "Alice"}}}
    assert await heard.rest() == ["complete"]
    verb = "mutation { setPresence(presence: AWAY) { __typename } }"
    params, accept = {"query": verb}, {"Accept": "text/event-stream"}
    got = await door.client.get("/graphql", params=params, headers={**cookie, **accept})
    assert '"code":"post_only"' in got.text
    posted = await door.open(verb, headers=cookie)
    assert (await posted.next()).data["data"]["setPresence"] == {"__typename": "Agent"}


async def test_a_refused_document_is_a_result_and_then_complete(door: Door) -> None:
    _, raw = await token(door)
    refused = {
        "{": "malformed_document",
        "{ nope }": "invalid_document",
        'subscription { conversation(id: "x") { __typename } }': "not_found",
        'subscription { conversations(after: "x") { __typename } }': "bad_cursor",
        "subscription { tickets { __typename } }": "not_allowed",
    }
    for query, code in refused.items():
        heard = await door.open(query, token=raw)
        event = await heard.next()
        assert (heard.response.status_code, event.name) == (200, "next")
        assert event.data["errors"][0]["extensions"]["code"] == code
        assert await heard.rest() == ["complete"]
    bad = await door.open(ALL, token=raw, headers={"Last-Event-ID": "nonsense"})
    assert (await bad.next()).data["errors"][0]["extensions"]["code"] == "bad_cursor"
    nobody = await door.open(ALL)
    assert (await nobody.next()).data["errors"][0]["extensions"]["code"] == "unauthenticated"
    assert door.wire.hub.groups == 0


async def test_a_wrong_token_and_a_malformed_request_are_refused_with_their_status(
    door: Door,
) -> None:
    wrong = await door.open(token="zd_nonsense")
    assert wrong.response.status_code == 401
    headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    malformed = await door.client.post("/graphql", content=b"{", headers=headers)
    assert malformed.status_code == 400
    assert malformed.json()["errors"][0]["extensions"]["code"] == "malformed_json"


async def test_who_also_takes_json_gets_a_stream_for_subscriptions_only(door: Door) -> None:
    _, raw = await token(door)
    both = {"Accept": "application/graphql-response+json, application/json, text/event-stream"}
    answered = await door.open("{ __typename }", token=raw, headers=both)
    assert answered.response.headers["content-type"].startswith("application/graphql-response")
    assert (await door.follow(token=raw, headers=both)).response.status_code == 200


async def test_a_revoked_token_hears_nothing_more(door: Door) -> None:
    (mine, raw), (_, others) = await token(door), await token(door, "other")
    heard, other = await door.follow(token=raw), await door.follow(token=others)
    await people.revoke_token(door.house.dana, mine.id)
    await conversations.receive(door.house.eve, "秘密")
    await door.wire.carry()
    last = await heard.next()
    assert last.data["errors"][0]["extensions"]["code"] == "unauthenticated"
    assert await heard.rest() == ["complete"]
    assert (await other.next()).update["kind"] == "ConversationOpened"


async def test_whoever_may_see_less_is_told_to_fetch_anew_before_anything_else(
    door: Door,
) -> None:
    from domain import db
    from domain.events import Kind, record

    house = door.house
    mine, raw = await people.issue_token(
        house.dana, "mei", Role.MERCHANT_STAFF, house.merchants["mei"].id, ["conversations:read"]
    )
    heard = await door.follow(token=raw)
    (client,), (group,) = door.wire.hub.clients, door.wire.hub._groups.values()
    assert isinstance(client, graphql_sse.Stream)
    while client.outbox.held:
        await asyncio.sleep(0)
    gate, authenticate = asyncio.Event(), client._authenticate
    assert authenticate is not None

    async def slowly() -> Any:
        await gate.wait()
        return await authenticate()

    client._authenticate = slowly
    await db.sql(
        "UPDATE tokens SET merchant_id = $1 WHERE id = $2", house.merchants["nora"].id, mine.id
    )
    async with db.unit_of_work():
        record(Kind.TOKEN_REVOKED, shop=house.id, by="test", key=mine.id, token_id=mine.id)
    await conversations.receive(house.eve, f"订单 {house.orders['mei'].number}")
    await door.wire.carry()
    while not group.is_quiet or client.outbox.is_empty:
        await asyncio.sleep(0)
    gate.set()
    assert (await heard.next()).update["__typename"] == "Resync"
    await conversations.receive(house.eve, f"订单 {house.orders['mei'].number}")
    await conversations.receive(house.eve, f"订单 {house.orders['nora'].number}")
    await door.wire.carry()
    text = (await heard.next()).update["message"]["text"]
    assert text == f"订单 {house.orders['nora'].number}"


async def test_who_reads_too_slowly_is_told_to_fetch_anew_and_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    (client,) = door.wire.hub.clients
    assert isinstance(client, graphql_sse.Stream)
    while client.outbox.held:
        await asyncio.sleep(0)
    monkeypatch.setattr(outbox, "MOST_FRAMES", 5)
    client.outbox.hold()
    for n in range(8):
        await conversations.receive(door.house.eve, f"{n}")
    await door.wire.carry()
    while door.wire.hub.groups:
        await asyncio.sleep(0.001)
    client.outbox.release()
    event = await heard.next()
    assert event.update == {"__typename": "Resync", "cursor": event.id}
    # No `complete`: its browser is to come back, with this cursor.
    assert await heard.rest() == []


async def test_a_silent_stream_shows_signs_of_life(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_module, "HEARTBEAT", 0.02)
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    assert [(await heard.read()).name for _ in range(3)] == ["", "", ""]


async def test_a_credential_that_runs_out_ends_the_stream_without_any_event(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_module, "HEARTBEAT", 0.02)
    heard = await door.follow(headers={"Cookie": await logged_in(door.house.alice)})
    await Session.filter(person_id=door.house.alice.person_id).update(expires_at=now())
    assert (await heard.next()).data["errors"][0]["extensions"]["code"] == "unauthenticated"
    assert await heard.rest() == ["complete"]


async def test_a_server_that_stops_lets_streams_go_to_come_back(door: Door) -> None:
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    crowd.dismiss()
    assert await heard.rest() == []


async def test_a_full_process_takes_no_more_streams(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "max_sockets", 1)
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    refused = await door.open(token=raw)
    assert (refused.response.status_code, refused.response.headers["retry-after"]) == (503, "5")
    await door.say("在吗")
    assert (await heard.next()).update["kind"] == "ConversationOpened"


async def test_who_leaves_leaves_nothing_behind(door: Door) -> None:
    _, raw = await token(door)
    heard = await door.follow(token=raw)
    await heard.response.aclose()
    while door.wire.hub.clients or door.wire.hub.groups:
        await asyncio.sleep(0.001)
