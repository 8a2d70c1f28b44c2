"""Fast and slow together: shared bytes, bounded buffers, told together when behind, and no more
guests than there are places."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from graphql import GraphQLList, GraphQLNonNull
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode

from api.__main__ import config
from api.graphql import operation, wire
from api.graphql import socket as graphql_socket
from api.graphql.crowd import crowd
from api.graphql.operation import Operation
from api.graphql.outbox import Outbox
from api.graphql.socket import Socket
from api.graphql.wire import Awaited, Direct, Served, framed, texts_of
from domain.conversations import actions as conversations
from domain.events import Happened
from domain.settings import settings
from schema import live, parsing, pulse, topics
from schema.live import Group
from schema.parsing import core
from schema.pulse import Pulse
from schema.scalars import opaque
from schema.telling import Frame, Line, Lines, Listener
from tests.people import House
from tests.schema.asking import follow
from tests.schema.conftest import Wire
from tests.schema.doors import logged_in, serving
from tests.schema.test_live import ALL as EVERYTHING
from tests.schema.test_live import ONE, TICKETS, texts
from tests.schema.test_socket import ALL, Door, Talk


@pytest.fixture
async def door(house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A real server that lends its transports; its hub hears what the test carries."""
    monkeypatch.setattr(graphql_socket, "hub", wire.hub)
    monkeypatch.setattr(live, "hub", wire.hub)
    async with serving() as address:
        found = Door(address, wire, house)
        yield found
        for talk in found.talks:
            talk.socket.transport.abort()
            await talk.socket.wait_closed()


async def following(door: Door, count: int) -> tuple[list[Talk], Group]:
    """Sockets that follow all conversations, and their group."""
    cookie = await logged_in(door.house.alice)
    talks = [await door.open(cookie) for _ in range(count)]
    for talk in talks:
        await talk.subscribe("1")
        assert (await talk.update())["__typename"] == "Subscribed"
    (group,) = door.wire.hub._groups.values()
    return talks, group


def update(n: int, size: int = 0) -> Frame:
    """A frame that a group might tell."""
    body = b'{"data":{"conversations":{"n":%d,"x":"%b"}}}' % (n, b"x" * size)
    return Frame(2**40 + n, body)


def tell(group: Group, frame: Frame) -> None:
    """Tell everybody in a group."""
    group._due.append(frame)
    group.tell()


# The wire


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_a_frame_is_one_unmasked_text_frame_of_any_length(length: int) -> None:
    frame = framed(b"x" * length)
    assert frame[0] == 0x80 | Opcode.TEXT
    assert frame[1] < 0x80
    assert list(texts_of(frame)) == ["x" * length]
    assert list(texts_of(frame + framed(b"y") + frame)) == ["x" * length, "y", "x" * length]
    assert len(frame) - length == (2 if length < 126 else 4 if length < 65536 else 10)


async def test_the_server_that_we_start_lends_its_transports() -> None:
    assert config(settings()).ws is Served
    assert config(settings()).ws_per_message_deflate is False


async def test_a_frames_bytes_are_made_once_for_all_sockets(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(operation, "framed", lambda text: made.append(text) or framed(text))
    talks, _ = await following(door, 4)
    assert all(isinstance(c.wire, Direct) for c in door.wire.hub.clients if isinstance(c, Socket))
    made.clear()
    await door.say("在吗")
    for talk in talks:
        assert [(await talk.update())["kind"] for _ in range(2)] == [
            "ConversationOpened", "MessageReceived",
        ]  # fmt: skip
    assert len(made) == 2


async def test_a_transport_of_another_shape_is_left_alone(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_is_transport", lambda found: hasattr(found, "write_frames"))
    (talk,), _ = await following(door, 1)
    (client,) = door.wire.hub.clients
    assert isinstance(client, Socket)
    assert isinstance(client.wire, Awaited)
    await door.say("在吗")
    assert (await talk.update())["kind"] == "ConversationOpened"


async def test_pongs_come_between_frames_and_the_close_after_them(door: Door) -> None:
    (talk,), group = await following(door, 1)
    pongs = []
    for n in range(200):
        tell(group, update(n, 2000))
        if n % 20 == 0:
            pongs.append(await talk.socket.ping())
    assert [(await talk.update())["n"] for _ in range(200)] == list(range(200))
    await asyncio.wait_for(asyncio.gather(*pongs), 5)
    (client,) = door.wire.hub.clients
    assert isinstance(client, Socket)
    client.close(4403, "Forbidden")
    tell(group, update(200))
    assert await talk.rest() == ([], 4403)


async def test_nothing_follows_a_close_that_still_waits_to_be_sent() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    direct = Direct(transport)
    while not transport.get_write_buffer_size():
        assert direct.write(framed(b"early"))
    transport.close()
    assert direct.is_gone
    assert direct.write(framed(b"late"))
    line = direct.line("1", Outbox(direct.write, list))
    listener = cast(Listener, SimpleNamespace(
        line=line, bytes_of=lambda _: framed(b"late"), told=lambda _: None
    ))  # fmt: skip
    Lines([listener]).tell(update(0))
    reader, writer = await asyncio.open_connection(sock=theirs)
    told = await reader.read()
    assert told.endswith(framed(b"early"))
    assert b"late" not in told
    writer.close()


async def test_nothing_is_written_after_the_other_sides_close(door: Door) -> None:
    (talk,), group = await following(door, 1)
    closing = asyncio.create_task(talk.socket.close())
    while group.members:
        tell(group, update(1))
        await asyncio.sleep(0)
    await closing
    assert talk.socket.close_code == 1000


# Slow ones


async def test_who_never_reads_delays_nobody_and_is_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen that sleeps: its transport fills, then its outbox, then it is parted with."""
    monkeypatch.setattr(graphql_socket, "PATIENCE", 0.3)
    (quick, asleep), group = await following(door, 2)
    asleep.socket.transport.pause_reading()
    sockets = {c for c in door.wire.hub.clients if isinstance(c, Socket)}
    most, n = 0, 0
    while len(group.members) == 2:
        tell(group, update(n, 50_000))
        assert (await quick.update())["n"] == n
        most = max(most, *(sum(len(m) for m, _ in s.outbox._out or ()) for s in sockets))
        n += 1
    # Let go over 1 MB of its own, plus at most the frame that was one too many.
    assert 500_000 < most <= 1024 * 1024 + 60_000
    while len(door.wire.hub.clients) == 2:
        tell(group, update(n))
        assert (await quick.update())["n"] == n
        n += 1
    await door.say("在吗")
    assert crowd._guests.keys() >= door.wire.hub.clients


async def test_who_wakes_up_in_time_loses_nothing(door: Door) -> None:
    (asleep,), group = await following(door, 1)
    asleep.socket.transport.pause_reading()
    (client,) = door.wire.hub.clients
    assert isinstance(client, Socket)
    n = 0
    while client.outbox.is_empty:
        tell(group, update(n, 50_000))
        await asyncio.sleep(0)
        n += 1
    asleep.socket.transport.resume_reading()
    assert [(await asleep.update())["n"] for _ in range(n)] == list(range(n))
    assert client.outbox.is_empty


async def test_an_outbox_keeps_order_whatever_is_held_refused_and_dropped() -> None:
    sent: list[bytes] = []
    takes = True
    box: Outbox[str] = Outbox(lambda message: takes and (sent.append(message) or True), tuple)
    box.put(b"1")
    takes = False
    box.put(b"2", "a")
    takes = True
    box.put(b"3")
    assert sent == [b"1"]
    box.flush()
    assert sent == [b"1", b"2", b"3"]
    box.hold()
    box.put(b"4")
    box.flush()
    assert box.take() == b""
    box.release()
    box.put(b"5")
    assert sent == [b"1", b"2", b"3", b"4", b"5"]
    takes = False
    box.put(b"6", "b")
    assert box.drop() == [(b"6", "b")]
    box.close()
    takes = True
    box.put(b"7")
    assert (sent[-1], box.is_empty) == (b"5", True)


# Behind


@pytest.mark.parametrize("lends", [True, False], ids=["transport", "awaited"])
async def test_frames_that_are_due_together_go_out_in_one_write_and_in_order(
    door: Door, monkeypatch: pytest.MonkeyPatch, lends: bool
) -> None:
    if not lends:
        monkeypatch.setattr(wire, "_is_transport", lambda found: False)
    talks, group = await following(door, 2)
    written: list[bytes] = []

    def noted(write: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def note(frames: bytes) -> Any:
            written.append(frames)
            return write(frames)

        return note

    def line(its: Operation, found: Any = Operation.line) -> Line | None:
        given: Line | None = found.fget(its)
        assert (given is not None) == lends
        return given and given._replace(write=noted(given.write))

    monkeypatch.setattr(Operation, "line", property(line))
    group.changed()
    for member in () if lends else group.members:
        outbox = cast(Operation, member.listener)._outbox
        outbox.write = noted(outbox.write)
    group._due += [update(n, 300) for n in range(5)]
    group.tell()
    for talk in talks:
        assert [(await talk.update())["n"] for _ in range(5)] == list(range(5))
    assert len(written) == 2
    assert written[0] is written[1]


async def test_who_is_held_back_is_told_later_and_in_order_and_the_others_at_once(
    door: Door,
) -> None:
    (one, two), group = await following(door, 2)
    tell(group, update(0))
    assert [(await talk.update())["n"] for talk in (one, two)] == [0, 0]
    held, other = (cast(Operation, member.listener) for member in group.members)
    held.socket.outbox.hold()
    tell(group, update(1))
    tell(group, update(2))
    assert other.socket.outbox.is_empty
    assert [operation for _, operation in held.socket.outbox._out or ()] == [held, held]
    held.socket.outbox.release()
    tell(group, update(3))
    for talk in (one, two):
        assert [(await talk.update())["n"] for _ in range(3)] == [1, 2, 3]


async def test_who_comes_or_goes_between_two_frames_hears_what_is_told_while_there(
    door: Door,
) -> None:
    (early,), group = await following(door, 1)
    tell(group, update(0))
    (late,), _ = await following(door, 1)
    tell(group, update(1))
    assert [(await early.update())["n"] for _ in range(2)] == [0, 1]
    await early.send(type="complete", id="1")
    while len(group.members) == 2:
        await asyncio.sleep(0)
    tell(group, update(2))
    assert [(await late.update())["n"] for _ in range(2)] == [1, 2]
    await early.send(type="ping")
    assert (await early.read())["type"] == "pong"


async def test_what_each_operation_is_called_is_in_its_own_frames(door: Door) -> None:
    (one,), group = await following(door, 1)
    await one.subscribe("another")
    assert (await one.update())["__typename"] == "Subscribed"
    assert len(group.members) == 2
    tell(group, update(0))
    assert {(await one.read())["id"] for _ in range(2)} == {"1", "another"}


class Teller:
    """Somebody who takes `cost` seconds to tell."""

    def __init__(self, cost: float) -> None:
        self.cost, self.due, self.told = cost, 0, list[int]()

    def tell(self) -> None:
        """Tell what is due, busily."""
        until = time.perf_counter() + self.cost
        while time.perf_counter() < until:
            pass
        self.told.append(self.due)
        self.due = 0


async def test_an_idle_process_tells_at_once() -> None:
    beat, teller = Pulse(), Teller(0)
    for n in range(3):
        teller.due += 1
        beat.due(teller)
        assert teller.told == [1] * (n + 1)
        while beat._rests is not None:
            await asyncio.sleep(0)


async def test_a_process_that_is_behind_tells_together_and_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulse, "LONGEST", 0.05)
    beat, teller = Pulse(), Teller(0.2)
    teller.due = 1
    beat.due(teller)
    began = time.perf_counter()
    for _ in range(5):
        teller.due += 1
        beat.due(teller)
        await asyncio.sleep(0)
    assert teller.told == [1]
    while len(teller.told) < 2:
        await asyncio.sleep(0)
    # It rested for the longest it may, and not for as long as it had told.
    assert 0.05 <= time.perf_counter() - began - 0.2 < 0.15
    assert teller.told == [1, 5]


async def test_who_joins_while_frames_are_due_hears_none_of_them_and_all_that_follow(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await follow(wire.hub, house.alice, EVERYTHING)
    (group,) = wire.hub._groups.values()
    with monkeypatch.context() as still:
        still.setattr(wire.hub.pulse, "due", lambda teller: None)
        await conversations.receive(house.eve, "一")
        await wire.carry()
        while group.feed.waiting or group.feed.current is not None:
            await asyncio.sleep(0)
        listening = await asyncio.create_task(_joined(wire, house))
    group.tell()
    await listening.quiet()
    await conversations.receive(house.eve, "二")
    await wire.told(first, listening)
    assert texts(first) == ["一", "二"]
    assert texts(listening) == ["二"]


async def _joined(wire: Wire, house: House) -> Any:
    """A subscriber that has been told its first word while the group's frames are due."""
    from schema.questions import Question, resumed
    from tests.schema.asking import Listening

    document = parsing.read(EVERYTHING)
    question, _ = resumed(Question(document, document.operation(None), {}, "en"))
    listening = Listening()
    listening.member = wire.hub.join(question, house.alice.scope, listening)
    while listening.member.task is not None:
        await asyncio.sleep(0)
    return listening


# Who is woken


async def test_an_event_wakes_only_those_who_follow_what_it_happened_to(
    house: House, wire: Wire
) -> None:
    mine, others = [await conversations.receive(who, "在吗") for who in (house.eve, house.frank)]
    await wire.carry()
    one, other = [
        await follow(wire.hub, house.alice, ONE, id=opaque("Conversation", m.conversation_id))
        for m in (mine, others)
    ]
    every = await follow(wire.hub, house.alice, EVERYTHING)
    tickets = await follow(wire.hub, house.alice, TICKETS)
    woken: dict[int, list[Happened]] = {}
    for n, listening in enumerate((one, other, every, tickets)):
        assert listening.member is not None
        feed, woken[n] = listening.member.group.feed, []
        push = feed.push
        feed.push = lambda e, *o, n=n, push=push: (woken[n].append(e), push(e, *o))  # type: ignore[method-assign, misc, assignment]
    await conversations.receive(house.eve, "还在吗")
    await wire.told(one, other, every, tickets)
    assert [len(woken[n]) for n in range(4)] == [1, 0, 1, 0]
    assert texts(one) == texts(every) == ["还在吗"]


def test_every_subscription_by_id_is_known_to_follow_that_one_thing() -> None:
    """A new one would only be slow: it is woken for the whole shop."""
    assert core.subscription_type is not None
    by_id = {name for name, f in core.subscription_type.fields.items() if "id" in f.args}
    assert by_id == topics._ONE.keys()
    everything = core.subscription_type.fields.keys()
    assert topics._KINDS.keys() <= everything - by_id
    assert not any(isinstance(f.type, GraphQLList) or not isinstance(f.type, GraphQLNonNull)
                   for f in core.subscription_type.fields.values())  # fmt: skip


# How many


async def test_many_at_once_get_the_places_there_are_and_others_are_served(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    (talk,), _ = await following(door, 1)
    monkeypatch.setattr(settings(), "max_sockets", 21)
    cookie = await logged_in(door.house.alice)
    coming = [asyncio.create_task(door.raw(cookie)) for _ in range(200)]
    async with httpx.AsyncClient(base_url=f"http://{door.address}") as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}
    await door.say("在吗")
    assert (await talk.update())["kind"] == "ConversationOpened"
    came = await asyncio.gather(*coming, return_exceptions=True)
    refused = [each for each in came if isinstance(each, InvalidStatus)]
    assert len(came) - len(refused) == 20
    assert {each.response.status_code for each in refused} == {503}
    assert {each.response.headers["Retry-After"] for each in refused} == {"5"}
    for left in door.talks[1:]:
        await left.socket.close()
    while crowd.is_full:
        await asyncio.sleep(0.001)
    await door.open(cookie)


async def test_sockets_share_the_groups_whatever_they_call_their_operations(door: Door) -> None:
    cookie = await logged_in(door.house.alice)
    talks = [await door.open(cookie) for _ in range(3)]
    for n, talk in enumerate(talks):
        await talk.subscribe(f"{n}", ALL)
        await talk.update()
    (group,) = door.wire.hub._groups.values()
    frame = update(1)
    tell(group, frame)
    assert sorted(frame.written) == ["0", "1", "2"]
    assert [(await talk.read())["id"] for talk in talks] == ["0", "1", "2"]
