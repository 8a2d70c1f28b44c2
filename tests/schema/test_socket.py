"""graphql-transport-ws on a real server: the protocol, and who one is from frame to frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.graphql import crowd, outbox
from api.graphql import socket as graphql_socket
from api.graphql.wire import Served, framed
from domain.actors import Role
from domain.clock import now
from domain.conversations import actions as conversations
from domain.people import actions as people
from domain.people.models import Merchant, Session
from domain.settings import settings
from schema import live
from tests.people import House
from tests.schema.conftest import Wire
from tests.schema.doors import logged_in, node, serving

PROTOCOL = Subprotocol("graphql-transport-ws")
ALL = """subscription($after: Cursor) { conversations(after: $after) { __typename
  ... on Subscribed { cursor } ... on Resync { cursor } ... on Removed { cursor id }
  ... on ConversationChanged { cursor kind message { text } } } }"""


@dataclass
class Door:
    """A server whose hub is moved by hand."""

    address: str
    wire: Wire
    house: House
    talks: list[Talk] = field(default_factory=list)

    async def open(self, cookie: str = "", origin: str = "", greet: Any = None) -> Talk:
        """A socket that has been greeted back."""
        talk = await self.raw(cookie, origin)
        await talk.send(type="connection_init", **({"payload": greet} if greet else {}))
        assert await talk.read() == {"type": "connection_ack"}
        return talk

    async def raw(self, cookie: str = "", origin: str = "", protocol: Any = PROTOCOL) -> Talk:
        """A socket on which nothing has been said."""
        headers = {"Cookie": cookie} if cookie else {}
        origin = origin or f"http://{self.address}"
        socket = await connect(
            f"ws://{self.address}/graphql", subprotocols=[protocol] if protocol else None,
            additional_headers=headers, origin=origin, compression=None, max_size=None,  # type: ignore[arg-type]
        )  # fmt: skip
        self.talks.append(Talk(socket))
        return self.talks[-1]

    async def token(self, name: str = "pat", merchant: Merchant | None = None) -> tuple[Any, str]:
        """A token that reads conversations."""
        role = Role.MERCHANT_STAFF if merchant else Role.PARTNER
        return await people.issue_token(
            self.house.dana, name, role, merchant.id if merchant else None, ["conversations:read"]
        )

    async def say(self, text: str, actor: Any = None) -> None:
        """Eve says something, and it is carried to the hub."""
        await conversations.receive(actor or self.house.eve, text)
        await self.wire.carry()


@dataclass
class Talk:
    """One client's socket."""

    socket: ClientConnection

    async def send(self, **message: Any) -> None:
        """Send one message."""
        await self.socket.send(json.dumps(message))

    async def subscribe(self, id: str, query: str = ALL, **variables: Any) -> None:
        """Begin an operation."""
        await self.send(id=id, type="subscribe", payload={"query": query, "variables": variables})

    async def read(self) -> dict[str, Any]:
        """The next message."""
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
        return found

    async def update(self) -> dict[str, Any]:
        """The next update of a subscription."""
        message = await self.read()
        assert message["type"] == "next", message
        (update,) = message["payload"]["data"].values()
        return dict(update)

    async def silent(self, seconds: float = 0.15) -> None:
        """Nothing comes."""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.socket.recv(), seconds)

    async def closed(self) -> int:
        """The code it is closed with; what came before is passed over."""
        return (await self.rest())[1]

    async def rest(self) -> tuple[list[dict[str, Any]], int]:
        """What still comes, and the code it is closed with."""
        told = []
        try:
            while True:
                told.append(await self.read())
        except ConnectionClosed as closed:
            return told, int(closed.rcvd.code) if closed.rcvd else 1006


@pytest.fixture(params=[Served, "websockets-sansio"], ids=["transport", "awaited"])
async def door(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Door]:
    """A real server that lends its transport, or one that does not; its hub hears what the test
    carries."""
    monkeypatch.setattr(graphql_socket, "hub", wire.hub)
    monkeypatch.setattr(live, "hub", wire.hub)
    async with serving(request.param) as address:
        found = Door(address, wire, house)
        yield found
        for talk in found.talks:
            talk.socket.transport.abort()
            await talk.socket.wait_closed()


async def test_a_log_in_follows_and_asks_and_acts_on_one_socket(door: Door) -> None:
    talk = await door.open(await logged_in(door.house.alice))
    await talk.subscribe("s")
    assert (await talk.update())["__typename"] == "Subscribed"
    await door.say("在吗")
    assert (await talk.update())["kind"] == "ConversationOpened"
    assert (await talk.update())["message"] == {"text": "在吗"}
    await talk.subscribe("q", "{ viewer { name } }")
    assert await talk.read() == {
        "id": "q", "type": "next", "payload": {"data": {"viewer": {"name": "Alice"}}},
    }  # fmt: skip
    assert await talk.read() == {"id": "q", "type": "complete"}
    await talk.subscribe("m", "mutation { setPresence(presence: AWAY) { __typename } }")
    answer = await talk.read()
    assert answer["payload"]["data"]["setPresence"] == {"__typename": "Agent"}
    assert (await talk.read())["type"] == "complete"
    await talk.send(id="s", type="complete")
    await talk.send(type="ping")
    assert await talk.read() == {"type": "pong"}
    assert door.wire.hub.groups == 0
    await talk.socket.close()


async def test_every_socket_gets_the_same_payload_under_its_own_id(door: Door) -> None:
    cookie = await logged_in(door.house.alice)
    talks = [await door.open(cookie) for _ in range(3)]
    for n, talk in enumerate(talks):
        await talk.subscribe(f'id "{n}"')
        await talk.update()
    assert door.wire.hub.groups == 1
    await door.say("你好")
    seen = [[await talk.read() for _ in range(2)] for talk in talks]
    assert [[m["id"] for m in messages] for messages in seen] == [
        [f'id "{n}"'] * 2 for n in range(3)
    ]
    assert all(m["payload"] == f["payload"] for s in seen for m, f in zip(s, seen[0], strict=True))


async def test_a_token_in_the_greeting_counts(door: Door) -> None:
    _, raw = await door.token()
    talk = await door.open(greet={"token": raw})
    await talk.subscribe("q", "{ viewer { role } }")
    assert (await talk.read())["payload"] == {"data": {"viewer": {"role": "PARTNER"}}}


async def test_a_wrong_token_is_forbidden(door: Door) -> None:
    talk = await door.raw()
    await talk.send(type="connection_init", payload={"token": "zd_nonsense"})
    assert await talk.closed() == 4403


async def test_a_cookie_does_not_count_on_another_sites_page(door: Door) -> None:
    cookie = await logged_in(door.house.alice)
    talk = await door.open(cookie, origin="https://evil.test")
    for n, query in enumerate(("{ viewer { name } }", ALL)):
        await talk.subscribe(str(n), query)
        answer = await talk.read()
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "unauthenticated"
        if answer["type"] == "next":
            assert (await talk.read())["type"] == "complete"


async def test_what_breaks_the_protocol_closes_with_its_code(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = await door.raw()
    await early.subscribe("1")
    assert await early.closed() == 4401
    twice = await door.open()
    await twice.send(type="connection_init")
    assert await twice.closed() == 4429
    same = await door.open(await logged_in(door.house.alice))
    await same.subscribe("1")
    await same.subscribe("1")
    assert await same.closed() == 4409
    for text in ("", "{", "[]", "1", "{}", '{"type": 1}', '{"type": "nope"}',
                 '{"type": "subscribe"}', '{"type": "subscribe", "id": "1", "payload": []}',
                 '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
                 '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
                 '{"type": "complete"}', "[" * 5000):  # fmt: skip
        talk = await door.open()
        await talk.socket.send(text)
        assert await talk.closed() == 4400, text
    binary = await door.open()
    await binary.socket.send(b"{}")
    assert await binary.closed() == 4400
    large = await door.open()
    await large.socket.send(" " * (settings().max_body + 1))
    assert await large.closed() == 1009
    other = await door.raw(protocol=Subprotocol("graphql-ws"))
    assert await other.closed() == 4406
    none = await door.raw(protocol=None)
    assert await none.closed() == 4406
    monkeypatch.setattr(graphql_socket, "GREETING", 0.1)
    silent = await door.raw()
    assert await silent.closed() == 4408


async def test_a_refused_operation_is_an_error_and_the_socket_goes_on(door: Door) -> None:
    talk = await door.open(await logged_in(door.house.alice))
    refused = {
        "{": "malformed_document",
        "{ nope }": "invalid_document",
        "query($a: Boolean!) { __typename @skip(if: $a) }": "invalid_variables",
        'subscription { ticket(id: "x") { __typename } }': "not_found",
        'subscription { tickets(after: "x") { __typename } }': "bad_cursor",
        "subscription($a: Boolean!) { tickets { __typename @skip(if: $a) } }": "invalid_variables",
        '{ order(number: "a\\u0000") { id } }': "invalid_text",
    }
    for n, (query, code) in enumerate(refused.items()):
        await talk.subscribe(str(n), query)
        answer = await talk.read()
        assert (answer["type"], answer["id"]) == ("error", str(n)), answer
        assert answer["payload"][0]["extensions"]["code"] == code
    await talk.subscribe("0", "{ __typename }")
    assert (await talk.read())["payload"] == {"data": {"__typename": "Query"}}


async def test_a_socket_holds_fifty_operations(door: Door) -> None:
    talk = await door.open(await logged_in(door.house.alice))
    for n in range(graphql_socket.OPERATIONS):
        await talk.subscribe(str(n))
        await talk.update()
    await talk.subscribe("one more")
    answer = await talk.read()
    assert answer["payload"][0]["extensions"]["code"] == "too_many_operations"
    await talk.send(id="0", type="complete")
    await talk.subscribe("another")
    assert (await talk.update())["__typename"] == "Subscribed"


async def test_the_server_asks_whether_one_is_there(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "HEARTBEAT", 0.05)
    talk = await door.open()
    assert await talk.read() == {"type": "ping"}
    await talk.send(type="pong")
    assert await talk.read() == {"type": "ping"}


async def test_a_revoked_token_hears_nothing_more(door: Door) -> None:
    token, raw = await door.token()
    talk = await door.open(greet={"token": raw})
    other = await door.open(greet={"token": (await door.token("other"))[1]})
    for each in (talk, other):
        await each.subscribe("s")
        await each.update()
    await people.revoke_token(door.house.dana, token.id)
    await conversations.receive(door.house.eve, "秘密")
    await door.wire.carry()
    assert await talk.rest() == ([], 4403)
    assert (await other.update())["kind"] == "ConversationOpened"


async def test_a_log_out_closes_the_sessions_sockets_and_no_others(door: Door) -> None:
    from domain.people.queries import actor_of_session

    cookies = [await logged_in(door.house.alice) for _ in range(2)]
    first, second = [await door.open(cookie) for cookie in cookies]
    for talk in (first, second):
        await talk.subscribe("s")
        await talk.update()
    actor = await actor_of_session(cookies[0].partition("=")[2])
    assert actor is not None
    await people.log_out(actor)
    await door.say("在吗")
    assert await first.closed() == 4403
    assert (await second.update())["kind"] == "ConversationOpened"


async def test_whoever_may_see_less_is_told_to_fetch_anew_before_anything_else(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mei's token loses her merchant: frames written for the old scope are never sent."""
    from domain import db

    house = door.house
    token, raw = await door.token("mei", house.merchants["mei"])
    talk = await door.open(greet={"token": raw})
    await talk.subscribe("s")
    await talk.update()
    await db.sql(
        "UPDATE tokens SET merchant_id = $1 WHERE id = $2", house.merchants["nora"].id, token.id
    )
    async with db.unit_of_work():
        from domain.events import Kind, record

        record(Kind.TOKEN_REVOKED, shop=house.id, by="test", key=token.id, token_id=token.id)
    await conversations.receive(house.eve, f"订单 {house.orders['mei'].number}")
    await conversations.receive(house.eve, f"订单 {house.orders['nora'].number}")
    await door.wire.carry()
    first = await talk.update()
    assert first["__typename"] == "Resync"
    await conversations.receive(house.eve, f"又是 {house.orders['mei'].number}")
    await conversations.receive(house.eve, f"又是 {house.orders['nora'].number}")
    await door.wire.carry()
    assert (await talk.update())["message"] == {"text": f"又是 {house.orders['nora'].number}"}
    await talk.silent()


async def test_a_change_that_leaves_the_scope_as_it_is_loses_nothing(door: Door) -> None:
    house = door.house
    talk = await door.open(await logged_in(house.alice))
    await talk.subscribe("s")
    await talk.update()
    await people.join_team(house.dana, house.teams["finance"].id, house.alice.id)
    await door.say("在吗")
    assert [(await talk.update())["kind"] for _ in range(2)] == [
        "ConversationOpened", "MessageReceived",
    ]  # fmt: skip


async def test_an_answer_found_for_another_scope_is_not_given(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain import db
    from domain.events import Kind, record

    house, gate, began = door.house, asyncio.Event(), asyncio.Event()
    token, raw = await door.token("mei", house.merchants["mei"])
    talk = await door.open(greet={"token": raw})
    original = graphql_socket.execution.answer

    async def slow(*arguments: Any) -> Any:
        result = await original(*arguments)
        began.set()
        await gate.wait()
        return result

    monkeypatch.setattr(graphql_socket.execution, "answer", slow)
    await talk.subscribe("q", "{ conversations { totalCount } }")
    await began.wait()
    await db.sql(
        "UPDATE tokens SET merchant_id = $1 WHERE id = $2", house.merchants["nora"].id, token.id
    )
    async with db.unit_of_work():
        record(Kind.TOKEN_REVOKED, shop=house.id, by="test", key=token.id, token_id=token.id)
    await door.wire.carry()
    await asyncio.sleep(0.1)
    gate.set()
    answer = await talk.read()
    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"]["code"] == "scope_changed"


async def test_who_reads_too_slowly_is_told_to_fetch_anew_and_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_FRAMES", 5)
    talk = await door.open(await logged_in(door.house.alice))
    await talk.subscribe("s")
    await talk.update()
    (client,) = door.wire.hub.clients
    assert isinstance(client, graphql_socket.Socket)
    client.outbox.hold()
    for n in range(8):
        await conversations.receive(door.house.eve, f"{n}")
    await door.wire.carry()
    for _ in range(200):
        if client._parted:
            break
        await asyncio.sleep(0.01)
    client.outbox.release()
    client.resumed()
    assert (await talk.update())["__typename"] == "Resync"
    assert await talk.closed() == 4413
    assert door.wire.hub.groups == 0
    assert door.wire.hub.clients == set()


async def test_who_takes_nothing_at_all_is_torn_off(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql_socket, "PATIENCE", 0.2)
    monkeypatch.setattr(outbox, "MOST_BYTES", 20_000)
    talk = await door.open(await logged_in(door.house.alice))
    await talk.subscribe("s")
    await talk.update()
    talk.socket.transport.pause_reading()
    for _ in range(60):
        (client,) = door.wire.hub.clients or {None}
        if client is None:
            break
        assert isinstance(client, graphql_socket.Socket)
        client.outbox.put(framed(json.dumps({"type": "ping", "x": "x" * 200_000}).encode()))
        await asyncio.sleep(0.02)
    for _ in range(200):
        if not door.wire.hub.clients:
            break
        await asyncio.sleep(0.02)
    assert door.wire.hub.clients == set()
    assert door.wire.hub.groups == 0


async def test_graphql_ws_follows_comes_back_and_misses_nothing(door: Door) -> None:
    """The client that most people use: cut off after two frames, it resumes from its cursor."""
    _, raw = await door.token()

    async def talking() -> None:
        for n in range(200):
            await door.say(f"第 {n} 句")
            await asyncio.sleep(0.05)

    talk = asyncio.create_task(talking())
    try:
        lines: Any = await node("ws.mjs", f"ws://{door.address}/graphql", raw, "12")
    finally:
        talk.cancel()
    assert lines[-1]["connections"] >= 2
    told = [text for text in lines[-1]["told"] if text.startswith("第")]
    first = int(told[0].split()[1])
    assert told == [f"第 {n} 句" for n in range(first, first + len(told))]
    assert [line["__typename"] for line in lines[:-1]].count("Subscribed") >= 2
    assert "Resync" not in [line.get("__typename") for line in lines]


async def test_a_credential_that_runs_out_ends_the_socket_without_any_event(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "HEARTBEAT", 0.05)
    cookie = await logged_in(door.house.alice)
    talk = await door.open(cookie)
    await talk.subscribe("s")
    await talk.update()
    await Session.filter(person_id=door.house.alice.person_id).update(expires_at=now())
    assert await talk.closed() == 4403
