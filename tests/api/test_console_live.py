"""The console's live pages: what is shown to whom, how soon, and how often it is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from starlette.requests import Request

from api.console import conversations as talks
from api.console import orders, queue
from api.console.circles import MOST_WAITING, Circle, Ear
from api.console.live import Partial, follow, hub
from domain import events, live
from domain.actors import Actor
from domain.clock import now
from domain.conversations import actions as conversations
from domain.events import Happened
from domain.orders.actions import Owners, mirror
from domain.orders.connectors.base import ShopOrder
from domain.orders.verdict import OrderFacts
from domain.people import actions as people
from domain.people.queries import actor_of_session
from domain.understanding import actions as understanding
from domain.understanding.classifier import Guess
from domain.understanding.models import Reading
from tests.hands import Hands
from tests.people import House
from tests.schema.doors import logged_in

pages = import_module("api.console.live")  # `api.console.live` itself is the door of that name
RESYNC = b"event: resync\ndata: \n\n"


@dataclass
class Page:
    """One open page of somebody logged in; `frames` are the messages with partials it was sent."""

    actor: Actor
    frames: list[bytes] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def open(self, cookie: str, parts: Sequence[Partial], after: int) -> None:
        """Open the stream, and wait until it says that it listens."""
        headers = [(b"cookie", cookie.encode())]
        request = Request({"type": "http", "headers": headers})
        self.task = asyncio.create_task(self._read(follow(request, self.actor, parts, after)))
        await self.until(lambda: pages.STILL_HERE in self.words or bool(self.frames))

    async def _read(self, frames: AsyncIterator[bytes]) -> None:
        async for frame in frames:
            (self.frames if frame.startswith(b"id: ") else self.words).append(frame)
            self.changed.set()
        self.words.append(b"end")
        self.changed.set()

    async def until(self, condition: Any) -> None:
        """Wait until it has been told."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def caught_up(self) -> None:
        """Wait until it was told of the last thing that happened."""
        await self.until(lambda: self.frames and _position(self.frames[-1]) == live.reader.position)

    async def told(self, times: int = 1) -> bytes:
        """Wait for the n-th frame."""
        await self.until(lambda: len(self.frames) >= times)
        return self.frames[times - 1]


class Desk:
    """Opens pages, and carries what happened to them by hand."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.pages: list[Page] = []

    async def open(
        self, who: Actor, parts: Sequence[Partial] | None = None, after: int | None = None
    ) -> Page:
        """Log in and open the queue, or a page of other parts."""
        cookie = await logged_in(who)
        actor = await actor_of_session(cookie.partition("=")[2])
        assert actor is not None
        page = Page(actor)
        self.pages.append(page)
        wanted = queue.parts(actor, "waiting") if parts is None else parts
        await page.open(cookie, wanted, live.reader.position if after is None else after)
        return page

    async def carry(self) -> None:
        """Publish what is committed and let this process hear it."""
        await self.hands.carry(live.reader)


@pytest.fixture
async def desk(house: House, hands: Hands) -> AsyncIterator[Desk]:
    """Nothing open yet; at the end everything is closed."""
    await hands.sequence()
    live.reader.position = await events.head()
    made = Desk(hands)
    yield made
    for page in made.pages:
        assert page.task is not None
        page.task.cancel()
        await asyncio.gather(page.task, return_exceptions=True)
    assert hub._silence is None


@dataclass
class Counted:
    """A partial that counts how often it was read; all who look share it."""

    times: int = 0
    gate: asyncio.Event | None = None

    def part(self) -> Partial:
        """It, as a page has it."""
        return Partial("counted", "counted", lambda event: True, self.read)

    async def read(self) -> str:
        """How often it was read."""
        self.times += 1
        if self.gate is not None:
            await self.gate.wait()
        return f"<p>{self.times}</p>"


async def test_a_page_is_told_what_changed_and_where_to_resume(house: House, desk: Desk) -> None:
    alice = await desk.open(house.alice)
    await conversations.receive(house.eve, "在吗")
    await desk.carry()
    frame = await alice.told()
    assert frame.startswith(b"id: ")
    assert b'hx-target="#tabs"' in frame
    assert b'hx-target="#list"' in frame
    await alice.caught_up()


async def test_streams_that_show_the_same_are_sent_the_same_bytes(house: House, desk: Desk) -> None:
    message = await conversations.receive(house.eve, "在吗")
    await desk.carry()
    counted = Counted()
    everybody = [
        await desk.open(who, [*queue.parts(who, "waiting"), counted.part()])
        for who in (house.alice, house.bob, house.charlie) * 4
    ]
    await conversations.receive(house.eve, "还在吗")
    await desk.carry()
    frames = [await page.told() for page in everybody]
    assert all(frame is frames[0] for frame in frames)
    assert counted.times == 1
    supervisor = await desk.open(house.dana, [counted.part()])
    await conversations.claim(house.alice, message.conversation_id)
    await desk.carry()
    for page in (*everybody, supervisor):
        await page.caught_up()
    assert counted.times == 3  # once more for the agents, and once for the other scope


async def test_one_stream_shows_how_many_one_has_oneself(house: House, desk: Desk) -> None:
    message = await conversations.receive(house.eve, "在吗")
    await desk.carry()
    alice, bob = await desk.open(house.alice), await desk.open(house.bob)
    await conversations.claim(house.alice, message.conversation_id)
    await desk.carry()
    mine = b'data-count="mine">1<'
    assert mine in await alice.told()
    assert mine not in await bob.told()


async def test_no_stream_asks_the_database_who_it_is_for_each_frame(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, asked = Counted(), 0

    async def counting(cookie: str) -> Actor | None:
        nonlocal asked
        asked += 1
        return await actor_of_session(cookie)

    monkeypatch.setattr(pages, "actor_of_session", counting)
    everybody = [await desk.open(house.alice, [counted.part()]) for _ in range(5)]
    assert asked == 5
    for n in range(1, 4):
        await conversations.receive(house.eve, f"{n}")
        await desk.carry()
        for page in everybody:
            await page.caught_up()
    assert asked == 5
    monkeypatch.setattr(pages, "BEAT", 0.01)
    await conversations.receive(house.eve, "4")
    await desk.carry()
    async with asyncio.timeout(10):
        while asked < 10:
            await asyncio.sleep(0.005)


async def test_whose_grant_is_taken_away_is_sent_nothing_more(house: House, desk: Desk) -> None:
    alice, bob = await desk.open(house.alice), await desk.open(house.bob)
    await people.revoke_grant(house.dana, house.alice.id)
    await conversations.receive(house.eve, "只有在职的人可以看")
    await desk.carry()
    await bob.told()
    await alice.until(lambda: b"end" in alice.words)
    assert alice.frames == []
    assert alice.words[-2:] == [RESYNC, b"end"]


async def test_a_grant_that_changes_while_a_frame_is_drawn_holds_the_frame_back(
    house: House, desk: Desk
) -> None:
    counted = Counted(gate=asyncio.Event())
    alice = await desk.open(house.alice, [counted.part()])
    await conversations.receive(house.eve, "在吗")
    await desk.carry()
    assert counted.gate is not None
    async with asyncio.timeout(10):
        while counted.times == 0:
            await asyncio.sleep(0)
    await people.leave_team(house.dana, house.teams["technical"].id, house.alice.id)
    await desk.carry()
    counted.gate.set()
    await alice.until(lambda: b"end" in alice.words)
    assert alice.frames == []


async def test_a_grant_that_changed_before_the_stream_was_open_is_noticed(
    house: House, desk: Desk
) -> None:
    cookie = await logged_in(house.alice)
    actor = await actor_of_session(cookie.partition("=")[2])
    assert actor is not None
    await people.leave_team(house.dana, house.teams["technical"].id, house.alice.id)
    await desk.carry()
    page = Page(actor)
    desk.pages.append(page)
    request = Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})
    frames = follow(request, actor, queue.parts(actor, "waiting"), live.reader.position)
    page.task = asyncio.create_task(page._read(frames))
    await page.until(lambda: b"end" in page.words)
    assert page.words[-2:] == [RESYNC, b"end"]


async def test_the_grant_of_somebody_else_disturbs_nobody(house: House, desk: Desk) -> None:
    bob = await desk.open(house.bob)
    await people.revoke_grant(house.dana, house.alice.id)
    await conversations.receive(house.eve, "在吗")
    await desk.carry()
    await bob.told()
    assert RESYNC not in bob.words


async def test_a_session_that_is_over_by_its_age_is_noticed_at_the_next_beat(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.clock import now
    from domain.people.models import Session

    monkeypatch.setattr(pages, "BEAT", 0.05)
    alice = await desk.open(house.alice)
    await Session.filter(id=alice.actor.session_id).update(expires_at=now())
    await alice.until(lambda: b"end" in alice.words)
    assert alice.words[-2:] == [RESYNC, b"end"]


async def test_whoever_comes_back_is_told_what_was_missed_and_nothing_twice(
    house: House, desk: Desk
) -> None:
    before, counted = live.reader.position, Counted()
    await conversations.receive(house.eve, "一")
    await desk.carry()
    missed = live.reader.position
    alice = await desk.open(house.alice, [counted.part()], after=before)
    assert _position(await alice.told()) == missed
    await conversations.receive(house.eve, "二")
    await desk.carry()
    await alice.caught_up()
    assert [_position(f) for f in alice.frames] == sorted({_position(f) for f in alice.frames})


# Rounds


class Circled:
    """A circle with some ears, and events to hear."""

    def __init__(self, house: House, ears: int, pace: float = 3600.0) -> None:
        self.house = house
        self.circle = Circle(house.alice.scope, pace)
        self.ears = [Ear(self.circle, house.alice, lambda event: True) for _ in range(ears)]
        self.circle.ears.update(self.ears)
        self.position = live.reader.position

    def happen(self) -> int:
        """One more event; its position."""
        self.position += 1
        shop = self.house.id
        self.circle.hear(
            Happened(self.position, 0, shop, "MessageReceived", self.house.shop.created_at, "",
                     shop, None, None, None, (), (), {})
        )  # fmt: skip
        return self.position


async def _heard(ear: Ear) -> list[int]:
    async with asyncio.timeout(10):
        return [event.position for event in await ear.heard(60)]


async def test_idle_pages_hear_at_once(house: House) -> None:
    here = Circled(house, 2)
    first = here.happen()
    assert [await _heard(ear) for ear in here.ears] == [[first], [first]]


async def test_what_happens_while_pages_are_sent_is_heard_together_when_all_have_been(
    house: House,
) -> None:
    here = Circled(house, 2)
    here.happen()
    for ear in here.ears:
        await _heard(ear)
    second, third = here.happen(), here.happen()
    quick = asyncio.create_task(_heard(here.ears[0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not quick.done()  # the other one is still being sent its first
    slow = asyncio.create_task(_heard(here.ears[1]))
    assert await quick == await slow == [second, third]


async def test_a_page_that_never_reads_holds_the_others_up_for_one_pace(house: House) -> None:
    here = Circled(house, 2, pace=0.02)
    here.happen()
    reads = here.ears[0]
    await _heard(reads)
    for _ in range(5):
        assert await _heard_next(here, reads) == [here.position]


async def _heard_next(here: Circled, ear: Ear) -> list[int]:
    here.happen()
    return await _heard(ear)


async def test_a_page_that_never_reads_is_told_to_begin_anew(house: House) -> None:
    here = Circled(house, 1, pace=0)
    for _ in range(MOST_WAITING + 1):
        here.happen()
    (ear,) = here.ears
    assert ear.lost


async def test_pages_of_a_closed_circle_leave_nothing_behind(house: House, desk: Desk) -> None:
    alice = await desk.open(house.alice)
    assert hub._silence is not None
    assert alice.task is not None
    alice.task.cancel()
    await asyncio.gather(alice.task, return_exceptions=True)
    assert hub._silence is None
    assert not hub._circles


def _position(frame: bytes) -> int:
    return int(frame.partition(b"\n")[0].removeprefix(b"id: "))


async def test_a_new_order_appears_on_the_list_of_whoever_may_see_it_and_wakes_no_other(
    desk: Desk, house: House
) -> None:
    opened = [
        await desk.open(who, orders.parts(who, "", ""))
        for who in (house.alice, house.mei, house.nora)
    ]
    amount, number = Decimal(30), "DJ202611201200000001"
    facts = OrderFacts(number=number, status="completed", amount=amount, placed_at=now())
    sold = ShopOrder(
        number=number, product="卡", quantity=1, amount=amount, created_at=now(), facts=facts
    )
    for _ in range(2):
        await mirror(house.id, [sold], {number: Owners(house.merchants["mei"].id)})
    await desk.carry()
    staff, seller, other = opened
    for page in (staff, seller):
        await page.caught_up()
        assert [number in frame.decode() for frame in page.frames] == [True]
    assert other.frames == []


async def test_a_correction_shows_on_every_open_page_of_the_talk(house: House, desk: Desk) -> None:
    message = await conversations.receive(house.eve, "卡密用不了")
    guess = Guess("card_used", 0.8, "neutral", 0.9, (), "old-1")
    await understanding.note(await understanding.unread([message.id]), [guess])
    await desk.carry()
    bob = await desk.open(house.bob, talks.parts(house.bob, message.conversation_id, "all"))
    reading = await Reading.get(message_id=message.id)
    await understanding.correct(house.alice, reading.id, "card_invalid")
    await desk.carry()
    frame = (await bob.told()).decode()
    assert 'hx-target="#messages"' in frame
    assert "chip said" in frame
    assert "卡密无效" in frame
