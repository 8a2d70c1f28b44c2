"""Many at once, silent, slow or in a hurry: a bound for all of them, and the others are served."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import httpx
import pytest

from api import entrance as entrances
from api import hall as halls
from api.__main__ import config
from api.entrance import Asking, Caller, entrance
from api.graphql import socket as graphql_socket
from api.graphql.crowd import crowd
from api.hall import FULL, LATE, Hall
from api.memory import MANY, Ebb
from domain.settings import settings
from schema import live
from tests.people import House
from tests.schema.conftest import Wire
from tests.schema.doors import logged_in, serving
from tests.schema.test_socket import Door, Talk

HOW = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 9\r\n\r\n"
)
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
Opening = Callable[..., Any]


@pytest.fixture
def opened(house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Callable[[Hall], Any]:
    """Opens a door whose callers come to a hall."""
    monkeypatch.setattr(graphql_socket, "hub", wire.hub)
    monkeypatch.setattr(live, "hub", wire.hub)

    @asynccontextmanager
    async def opening(hall: Hall) -> AsyncIterator[Door]:
        async with serving(http=entrance(hall)) as address:
            door = Door(address, wire, house)
            try:
                yield door
            finally:
                await Stranger.all_leave()
                for talk in door.talks:
                    talk.socket.transport.abort()
                    await talk.socket.wait_closed()

    return opening


class Stranger:
    """A connection on which we decide what is said."""

    here: ClassVar[list[Stranger]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.here.append(self)

    @classmethod
    async def at(cls, door: Door, said: bytes = b"") -> Stranger:
        """One who has connected, and said something."""
        host, _, port = door.address.partition(":")
        stranger = cls(*await asyncio.open_connection(host, int(port)))
        stranger.say(said)
        return stranger

    def say(self, words: bytes) -> None:
        """Say more."""
        self.writer.write(words)

    async def told(self) -> bytes:
        """All that is said to them, until they are let go."""
        found = bytearray()
        try:
            while more := await asyncio.wait_for(self.reader.read(65536), 5):
                found += more
        except ConnectionError:
            pass
        return bytes(found)

    async def answer(self) -> bytes:
        """The status of the next answer; what else it says is passed over."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await self.reader.readexactly(int(length or 0))
        return head[9:12]

    def leave(self) -> None:
        """Hang up."""
        self.writer.transport.abort()

    @classmethod
    async def all_leave(cls) -> None:
        """Hang up, all of them."""
        for stranger in cls.here:
            stranger.leave()
        await asyncio.gather(*(s.writer.wait_closed() for s in cls.here), return_exceptions=True)
        cls.here.clear()


def hall_of(places: int) -> Hall:
    """A hall as the server's."""
    return Hall(places, lambda: crowd.places)


async def follower(door: Door) -> Talk:
    """Alice, who follows all conversations."""
    talk = await door.open(await logged_in(door.house.alice))
    await talk.subscribe("1")
    assert (await talk.update())["__typename"] == "Subscribed"
    return talk


async def until(so: Callable[[], object]) -> None:
    """Wait for what is about to be."""
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0.001)


def asking() -> list[Asking]:
    """Everybody of our class whom the memory still holds."""
    return [found for found in gc.get_objects() if type(found) is Asking]


# How many


async def test_the_server_that_we_start_has_an_entrance() -> None:
    found = config(settings()).http
    assert isinstance(found, type)
    assert issubclass(found, Caller)
    assert found.hall.places == settings().max_connections


async def test_in_a_storm_those_who_are_there_and_those_who_ask_are_served(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halls, "SPARE", 8)
    async with opened(hall_of(40)) as door:
        talk = await follower(door)
        staying = await Stranger.at(door, HOW)
        assert await staying.answer() == b"200"
        storm = await asyncio.gather(*(Stranger.at(door) for _ in range(300)))
        told = [asyncio.create_task(stranger.told()) for stranger in storm]
        staying.say(HOW)
        assert await staying.answer() == b"200"
        newcomer = await Stranger.at(door, HOW)
        assert await newcomer.answer() == b"200"
        await door.say("在吗")
        assert (await talk.update())["kind"] == "ConversationOpened"
        # 48 are there: Alice, who stays, the newcomer, and 45 strangers.
        await until(lambda: sum(task.done() for task in told) == 300 - 45)
        assert {task.result() for task in told if task.done()} == {FULL}
        for stranger in storm:
            stranger.leave()
        await asyncio.gather(*told)
        cookie = await logged_in(door.house.alice)
        after = await asyncio.gather(*(door.open(cookie) for _ in range(30)))
        await after[-1].subscribe("1")
        assert (await after[-1].update())["__typename"] == "Subscribed"


async def test_where_everybody_is_busy_newcomers_are_refused_and_told_how_we_are(
    opened: Opening,
) -> None:
    async with opened(hall_of(2)) as door:
        cookie = await logged_in(door.house.alice)
        talks = [await door.open(cookie) for _ in range(2)]
        how = await Stranger.at(door, HOW)
        assert await how.answer() == b"200"
        async with httpx.AsyncClient(base_url=f"http://{door.address}") as client:
            refused = await client.post("/graphql", json={"query": "{ __typename }"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert (await (await Stranger.at(door, UPGRADE)).told()) == FULL
            await talks[0].socket.close()
            await until(lambda: len(crowd._guests) < 2)
            served = await client.post("/graphql", json={"query": "{ __typename }"})
            assert served.status_code == 200
        await talks[1].subscribe("1")
        assert (await talks[1].update())["__typename"] == "Subscribed"


async def test_where_nobody_can_make_room_a_caller_is_turned_away_at_once(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halls, "SPARE", 0)
    async with opened(hall_of(1)) as door:
        await follower(door)
        assert await (await Stranger.at(door)).told() == FULL


async def test_who_only_stays_makes_room_after_every_stranger(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halls, "SPARE", 0)
    async with opened(hall_of(2)) as door:
        staying = await Stranger.at(door, HOW)
        assert await staying.answer() == b"200"
        silent, busy = [await Stranger.at(door) for _ in range(2)]
        assert await silent.told() == FULL
        busy.say(POST)
        await Stranger.at(door)
        assert await staying.told() == b""
        busy.say(b'{"a": 1}\n')
        assert await busy.answer() == b"400"


# How long


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time for heads and bodies."""
    monkeypatch.setattr(halls, "HEAD", 0.2)
    monkeypatch.setattr(halls, "BODY", 0.2)
    monkeypatch.setattr(halls, "LOOK", 0.02)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", b""),
        (b"G", LATE),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", LATE),
        (POST + b"{", LATE),
    ],
    ids=["silent", "one byte", "half a head", "half a body"],
)
async def test_who_does_not_say_what_they_want_in_time_is_let_go(
    opened: Opening, hasty: None, said: bytes, told: bytes
) -> None:
    async with opened(hall_of(10)) as door:
        assert await (await Stranger.at(door, said)).told() == told


async def test_a_byte_now_and_then_wins_no_time(opened: Opening, hasty: None) -> None:
    async with opened(hall_of(10)) as door:
        for before in (b"", HOW):
            slow = await Stranger.at(door, before)
            if before:
                assert await slow.answer() == b"200"
            slow.say(b"GET /healthz HTTP/1.1\r\nX-A: ")
            told = asyncio.create_task(slow.told())
            while not told.done():
                slow.say(b"a")
                await asyncio.sleep(0.01)
            # What still arrived after the end may cost them our last word.
            assert await told in (LATE, b"")


async def test_who_said_what_they_want_may_listen_for_as_long_as_they_like(
    opened: Opening, hasty: None
) -> None:
    async with opened(hall_of(10)) as door:
        talk = await follower(door)
        for _ in range(3):
            await (await Stranger.at(door)).told()
        await door.say("在吗")
        assert (await talk.update())["kind"] == "ConversationOpened"


# Sockets


class Guest:
    """Counts who entered."""

    def __init__(self) -> None:
        self.entered, self.told = 0, list[bytes]()

    def enter(self) -> None:
        """Enter."""
        self.entered += 1

    def give_up(self, word: bytes = b"") -> None:
        """Be refused."""
        self.told.append(word)


async def test_sockets_are_let_in_a_few_at_a_time_and_no_more_than_there_are_places() -> None:
    guest, hall = Guest(), Hall(1000, lambda: 100 - guest.entered)
    for _ in range(150):
        hall.queue(guest)
    assert (guest.entered, guest.told) == (0, [FULL] * 50)
    turns = 0
    while guest.entered < 100:
        before, turns = guest.entered, turns + 1
        await asyncio.sleep(0)
        assert guest.entered - before <= halls.AT_ONCE
    assert turns >= 100 / halls.AT_ONCE


async def test_who_fails_to_enter_holds_nobody_up() -> None:
    class Broken(Guest):
        def enter(self) -> None:
            raise OSError

    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    hall, guest = Hall(10, lambda: 10), Guest()
    try:
        hall.queue(Broken())
        hall.queue(guest)
        await until(lambda: guest.entered)
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert isinstance(reported[0]["exception"], OSError)


async def test_upgrades_at_once_are_refused_or_served_and_leave_nothing_behind(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that only the collector would find, while their sockets live and after them."""
    monkeypatch.setattr(settings(), "max_sockets", 20)
    async with opened(hall_of(200)) as door:
        gc.disable()
        try:
            before = len(asking())
            storm = await asyncio.gather(*(Stranger.at(door, UPGRADE) for _ in range(100)))
            answers = Counter([await stranger.answer() for stranger in storm])
            assert answers == {b"101": 20, b"503": 80}
            how = await Stranger.at(door, HOW)
            assert await how.answer() == b"200"
            assert len(asking()) == before + 1
            how.leave()
            for stranger in storm:
                stranger.leave()
            await until(lambda: len(asking()) == before)
        finally:
            gc.enable()


# What it stands on


async def test_where_connections_cannot_be_counted_uvicorn_serves_them_as_ever(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrances, "_connections", lambda given: None)
    async with opened(hall_of(0)) as door:
        for _ in range(2):
            assert await (await Stranger.at(door, HOW)).answer() == b"200"
        talk = await follower(door)
        await door.say("在吗")
        assert (await talk.update())["kind"] == "ConversationOpened"
        assert not asking()


async def test_a_server_that_stops_waits_for_no_stranger(opened: Opening) -> None:
    async with opened(hall_of(10)) as door:
        silent = await Stranger.at(door)
        await until(lambda: True)
    assert await silent.told() == b""


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.parametrize("end", ["connections", "sockets"])
def test_memory_is_given_back_once_many_have_left(end: str) -> None:
    ebb, there = Ebb(), MANY + 10
    gc.disable()
    try:
        assert not ebb.look(there, 0)
        garbage = weakref.ref(Ring())
        few, many = (1, MANY) if end == "sockets" else (0, 0)
        left = 0 if end == "sockets" else MANY
        assert not ebb.look(there - min(left, 1), few)
        assert garbage() is not None
        assert ebb.look(there - left, many)
        assert garbage() is None
        assert not ebb.look(there - left, many)
    finally:
        gc.enable()
