"""The runner: order per conversation, parking, dead letters, fences."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from domain import broker, clock, db, events, sequence
from domain.events import Happened, Kind, record
from domain.rows import new_id
from tests.hands import Hands
from tests.people import House
from workers import inbox as inboxes
from workers import runner as runners
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
        return consumer(f"test-{new_id().hex[-12:]}", [Kind.HANDLING_FAILED], self.handle, batch)

    def of(self, key: UUID) -> list[int]:
        return [n for k, n in self.heard if k == key]


async def happen(shop: UUID, key: UUID, *numbers: int) -> None:
    """Numbered events on one key."""
    async with db.unit_of_work():
        for n in numbers:
            record(Kind.HANDLING_FAILED, shop=shop, by="test", key=key, n=n)


async def at_present(runner: Runner, hands: Hands) -> Runner:
    """The runner, its consumers at the present, holding every stream."""
    await hands.sequence()
    await hands.runner.leave()
    names = [consumer.name for consumer in runner.consumers]
    await sequence.checkpoints(names, range(32))
    await db.sql(
        "UPDATE checkpoints SET position = $2 WHERE consumer = ANY($1::text[])",
        names,
        await events.head(),
    )
    await runner.renew()
    return runner


async def started(listener: Listener, hands: Hands, batch: int = 1) -> tuple[Runner, Consumer]:
    """A runner with one consumer that begins at the present, holding every stream."""
    listening = listener.consumer(batch)
    return await at_present(Runner([listening], listener.give_up), hands), listening


@contextlib.asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    """The runner runs by itself during the block, and leaves at its end."""
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def everywhere(position: int) -> dict[int, int]:
    """A position in each stream."""
    return dict.fromkeys(range(32), position)


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
    before = await sequence.checkpoints([listening.name], range(32))
    held = dict(runner.held)
    await runner.leave()
    rival = Runner([listening], listener.give_up)
    await rival.renew()

    stream = events.stream_of(key)
    moved = await sequence.acknowledge({listening.name: {stream: 10**9}}, held)

    assert moved == {}
    assert await sequence.checkpoints([listening.name], range(32)) == before
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


async def test_who_leaves_says_what_is_done_and_the_next_one_handles_nothing_twice(
    house: House, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first event is noted as it is handled, the second one only in the end.
    monkeypatch.setattr(runners, "NOTE_EVERY", 60)
    listener, key = Listener(), new_id()
    first, listening = await started(listener, hands)
    async with running(first):
        for n in (1, 2):
            await happen(house.id, key, n)
            await hands.sequence()
            await until(lambda n=n: n in listener.of(key))

    second = Runner([listening], listener.give_up)
    await second.renew()
    await happen(house.id, key, 3)
    await run(second, listening, hands)
    assert listener.of(key) == [1, 2, 3]
    await second.leave()


async def test_while_it_runs_it_hears_retries_and_notes_by_itself(
    house: House, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is handled is noted because it was handled, not because it is time to.
    monkeypatch.setattr(runners, "NOTE_ALL_EVERY", 60)
    listener, good, bad = Listener(), new_id(), new_id()
    listener.failing = {bad}
    runner, listening = await started(listener, hands)
    async with running(runner):
        await happen(house.id, bad, 1)
        await happen(house.id, good, 1)
        await hands.sequence()
        await until(lambda: listener.of(good) == [1])
        assert await sequence.parked_keys(listening.name, range(32)) == {bad}

        listener.failing = set()
        await until(lambda: listener.of(bad) == [1])
        wanted = await db.sql(
            "SELECT stream, max(position) AS at FROM events WHERE key = ANY($1) GROUP BY stream",
            [good, bad],
        )

        async def noted() -> bool:
            found = (await sequence.checkpoints([listening.name], range(32)))[listening.name]
            return all(found[row["stream"]] >= row["at"] for row in wanted)

        async with asyncio.timeout(10):
            while not await noted():
                await asyncio.sleep(0.01)


async def test_a_dead_letter_is_replayed_while_the_runner_runs(house: House, hands: Hands) -> None:
    listener, key = Listener(), new_id()
    runner, listening = await started(listener, hands)
    await happen(house.id, key, 1)
    await run(runner, listening, hands)
    (event,) = [e for e in await sequence.after(everywhere(0), listening.hears) if e.key == key]
    await sequence.park(listening.name, event, "Broken", sequence.TRIES)
    await sequence.bury(listening.name, event.position, "Broken")
    async with running(runner):
        assert await sequence.replay(event.position) == 1
        await until(lambda: listener.of(key) == [1, 1])


async def test_a_consumer_that_fell_far_behind_reads_rows_and_loses_nothing(
    house: House, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inboxes, "MOST", 5)
    listener, keys = Listener(), [new_id() for _ in range(4)]
    runner, listening = await started(listener, hands)
    for n in range(20):
        await happen(house.id, keys[n % 4], n)
    await run(runner, listening, hands)
    assert [listener.of(key) for key in keys] == [list(range(k, 20, 4)) for k in range(4)]
    await runner.leave()


async def test_what_waited_when_a_lease_was_lost_is_not_handled_after_another_worker_did(
    house: House, hands: Hands
) -> None:
    listener, beside, key = Listener(), Listener(), new_id()
    listening, other = listener.consumer(), beside.consumer()
    runner = await at_present(Runner([listening, other], listener.give_up), hands)
    await runner.step(listening, block_ms=1)
    await happen(house.id, key, 1, 2)
    await hands.sequence()
    # The feed reads for both, but only the other one has its turn: two events wait.
    await runner.step(other, block_ms=1)
    assert (beside.of(key), listener.of(key)) == ([1, 2], [])

    await sequence.release(runner.name)
    await broker.gone("worker", runner.name)
    rival = Runner([listening], listener.give_up)
    await rival.renew()
    await run(rival, listening, hands)
    await rival.leave()
    await runner.renew()
    await happen(house.id, key, 3)
    await run(runner, listening, hands)
    assert listener.of(key) == [1, 2, 3]
    await runner.leave()


async def test_an_unreachable_database_parks_nothing_and_the_event_comes_again(
    house: House, hands: Hands
) -> None:
    listener, key, broken = Listener(), new_id(), [True]

    async def handle(happened: Sequence[Happened]) -> None:
        if broken and happened[0].data["n"]:
            broken.pop()
            raise ConnectionResetError
        await listener.handle(happened)

    listening = consumer(f"test-{new_id().hex[-12:]}", [Kind.HANDLING_FAILED], handle)
    runner = await at_present(Runner([listening], listener.give_up), hands)
    async with running(runner):
        await happen(house.id, key, 0)
        await hands.sequence()
        await until(lambda: listener.of(key) == [0])
        await happen(house.id, key, 1, 2)
        await hands.sequence()
        await until(lambda: listener.of(key) == [0, 1, 2])
    assert await sequence.parked_keys(listening.name, range(32)) == set()


async def test_one_event_costs_one_statement_however_many_consumers_there_are(
    house: House, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, key = Listener(), new_id()
    deaf = [consumer(f"deaf-{n}", [Kind.TOKEN_REVOKED], listener.handle) for n in range(4)]
    listening = listener.consumer()
    runner = await at_present(Runner([listening, *deaf], listener.give_up), hands)
    await happen(house.id, key, 1)
    await hands.sequence()
    for each in runner.consumers:
        await runner.step(each, block_ms=1)
    await happen(house.id, key, 2)
    await hands.sequence()

    said: list[str] = []
    really = db.sql

    async def counted(query: str, *values: object) -> list[db.Row]:
        said.append(query)
        return await really(query, *values)

    monkeypatch.setattr(db, "sql", counted)
    for each in runner.consumers:
        await runner.step(each, block_ms=1)
    monkeypatch.undo()

    assert listener.of(key) == [1, 2]
    assert len(said) == 1, said
    await runner.leave()
