"""The runner: order per conversation, parking, dead letters, fences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, events, sequence
from domain.events import Happened, Kind, record
from domain.rows import new_id
from tests.hands import Hands
from tests.people import House
from workers.runner import Consumer, Runner, consumer


class Broken(Exception):
    """What a consumer of these tests fails with."""


class Listener:
    """A consumer that writes down what it hears, and fails on some keys."""

    def __init__(self) -> None:
        self.heard: list[tuple[UUID, int]] = []
        self.given_up: list[int] = []
        self.failing: set[UUID] = set()
        self.failing_at: set[int] = set()

    async def handle(self, happened: Sequence[Happened]) -> None:
        for event in happened:
            if event.key in self.failing or event.data["n"] in self.failing_at:
                raise Broken
        self.heard += [(event.key, event.data["n"]) for event in happened]

    async def give_up(self, event: Happened, name: str) -> None:
        self.given_up.append(event.data["n"])

    def consumer(self, batch: int = 1) -> Consumer:
        return consumer(f"test-{new_id().hex[:12]}", [Kind.HANDLING_FAILED], self.handle, batch)

    def of(self, key: UUID) -> list[int]:
        return [n for k, n in self.heard if k == key]


async def happen(shop: UUID, key: UUID, *numbers: int) -> None:
    """Numbered events on one key."""
    async with db.unit_of_work():
        for n in numbers:
            record(Kind.HANDLING_FAILED, shop=shop, by="test", key=key, n=n)


async def started(listener: Listener, hands: Hands, batch: int = 1) -> tuple[Runner, Consumer]:
    """A runner with one consumer that begins at the present, holding every stream."""
    listening = listener.consumer(batch)
    runner = Runner([listening], listener.give_up)
    await hands.sequence()
    await hands.runner.leave()
    await runner.renew()
    await sequence.checkpoints(listening.name, range(32))
    await db.sql(
        "UPDATE checkpoints SET position = $2 WHERE consumer = $1",
        listening.name,
        await events.head(),
    )
    return runner, listening


async def run(runner: Runner, listening: Consumer, hands: Hands) -> None:
    """Publish and handle what there is, then give the streams back to the other tests."""
    await hands.sequence()
    while await runner.step(listening, block_ms=1):
        pass


async def test_events_of_one_key_arrive_in_order(house: House, hands: Hands) -> None:
    listener, key = Listener(), new_id()
    runner, listening = await started(listener, hands, batch=64)
    for n in range(5):
        await happen(house.id, key, n)
    await run(runner, listening, hands)
    assert listener.of(key) == [0, 1, 2, 3, 4]
    await runner.leave()


async def test_a_failing_key_holds_back_only_itself_and_ends_as_a_dead_letter(
    house: House, hands: Hands
) -> None:
    listener, bad, good = Listener(), new_id(), new_id()
    listener.failing = {bad}
    runner, listening = await started(listener, hands, batch=64)
    await happen(house.id, bad, 1)
    await happen(house.id, good, 1, 2)
    await run(runner, listening, hands)
    assert listener.of(good) == [1, 2]
    assert listener.given_up == []

    await happen(house.id, bad, 2)
    for n in range(2 * sequence.TRIES):
        with clock.travel(timedelta(hours=n + 1)):
            await runner.renew()
            await run(runner, listening, hands)
    assert listener.given_up == [1, 2]
    assert [row["position"] for row in await sequence.dead()][:2]
    await runner.leave()


async def test_what_waited_behind_a_failure_follows_in_order_once_it_is_mended(
    house: House, hands: Hands
) -> None:
    listener, key = Listener(), new_id()
    listener.failing = {key}
    runner, listening = await started(listener, hands)
    await happen(house.id, key, 1, 2, 3)
    await run(runner, listening, hands)
    assert listener.heard == []

    listener.failing = set()
    with clock.travel(timedelta(minutes=1)):
        await runner.renew()
        await run(runner, listening, hands)
    assert listener.of(key) == [1, 2, 3]
    await runner.leave()


@pytest.mark.parametrize("batch", [1, 64])
async def test_nothing_overtakes_a_failed_event_of_its_key(
    house: House, hands: Hands, batch: int
) -> None:
    listener, key = Listener(), new_id()
    listener.failing_at = {2}
    runner, listening = await started(listener, hands, batch)
    await happen(house.id, key, 1, 2, 3, 4)
    await run(runner, listening, hands)
    assert listener.of(key) == [1]

    listener.failing_at = set()
    await happen(house.id, key, 5)
    with clock.travel(timedelta(minutes=1)):
        await runner.renew()
        await run(runner, listening, hands)
    assert listener.of(key) == [1, 2, 3, 4, 5]
    await runner.leave()


async def test_a_replayed_dead_letter_is_handled(house: House, hands: Hands) -> None:
    listener, key = Listener(), new_id()
    listener.failing = {key}
    runner, listening = await started(listener, hands)
    await happen(house.id, key, 7)
    for n in range(sequence.TRIES + 1):
        with clock.travel(timedelta(hours=n + 1)):
            await runner.renew()
            await run(runner, listening, hands)
    assert listener.given_up == [7]

    listener.failing = set()
    (letter,) = [r for r in await sequence.dead() if r["consumer"] == listening.name]
    assert await sequence.replay(letter["position"]) == 1
    with clock.travel(timedelta(hours=9)):
        await runner.renew()
        await run(runner, listening, hands)
    assert listener.of(key) == [7]
    await runner.leave()


async def test_who_lost_the_lease_cannot_move_the_checkpoint(house: House, hands: Hands) -> None:
    listener, key = Listener(), new_id()
    runner, listening = await started(listener, hands)
    before = await sequence.checkpoints(listening.name, range(32))
    held = dict(runner.held)
    await runner.leave()
    rival = Runner([listening], listener.give_up)
    await rival.renew()

    stream = events.stream_of(key)
    moved = await sequence.acknowledge(listening.name, {stream: 10**9}, held)

    assert moved == set()
    assert await sequence.checkpoints(listening.name, range(32)) == before
    await rival.leave()


async def test_another_worker_takes_over_where_the_first_one_stopped(
    house: House, hands: Hands
) -> None:
    listener, key = Listener(), new_id()
    first, listening = await started(listener, hands)
    await happen(house.id, key, 1)
    await run(first, listening, hands)
    await happen(house.id, key, 2)
    await hands.sequence()
    await first.leave()

    second = Runner([listening], listener.give_up)
    await second.renew()
    await run(second, listening, hands)
    assert listener.of(key) == [1, 2]
    await second.leave()
