"""The runner: holds streams by lease, hands events to consumers in order, notes how far they got.

An event that fails holds back only its own conversation: it is parked with growing delays and
what follows on the same key waits behind it. After five tries it is a dead letter, the
conversation goes to a person, and what follows proceeds. Delivery is at least once, so every
consumer's verb may run twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from domain import broker, db, sequence
from domain.events import Happened, Kind
from domain.rows import new_id

log = structlog.get_logger()
RENEW = 1.0
Handle = Callable[[Sequence[Happened]], Awaitable[None]]
GiveUp = Callable[[Happened, str], Awaitable[None]]
Away = (*db.Unreachable, *broker.Unreachable)


@dataclass(frozen=True, slots=True)
class Consumer:
    """What is heard, and the verb that handles it. `batch` is how many it takes at once."""

    name: str
    hears: frozenset[str]
    handle: Handle
    batch: int = 1


def consumer(name: str, hears: Sequence[Kind], handle: Handle, batch: int = 1) -> Consumer:
    """A consumer of some kinds of events."""
    return Consumer(name, frozenset(kind.value for kind in hears), handle, batch)


class Runner:
    """Runs consumers over the streams this process holds."""

    def __init__(self, consumers: Sequence[Consumer], give_up: GiveUp) -> None:
        self.name = f"{os.getpid()}-{new_id().hex[-6:]}"
        self.consumers = consumers
        self.held: dict[int, int] = {}
        self._give_up = give_up
        self._done: dict[str, dict[int, int]] = {c.name: {} for c in consumers}
        self._tokens: dict[str, dict[int, int]] = {c.name: {} for c in consumers}

    async def run(self) -> None:
        """Work until cancelled, then let go of the streams."""
        tasks = [asyncio.create_task(self._hold(), name="leases")]
        tasks += [asyncio.create_task(self._consume(c), name=c.name) for c in self.consumers]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(*Away):
                await self.leave()

    async def leave(self) -> None:
        """Let go of the streams and say so: the others take them at once."""
        self.held = {}
        await sequence.release(self.name)
        await broker.gone("worker", self.name)

    async def _hold(self) -> None:
        while True:
            try:
                await self.renew()
            except Away as error:
                # Whoever cannot renew must not go on as if it held anything.
                self.held = {}
                log.warning("leases.away", error=type(error).__name__)
            await asyncio.sleep(RENEW)

    async def renew(self) -> None:
        """Say that we live, and keep or claim our part of the streams."""
        with contextlib.suppress(*broker.Unreachable):
            await broker.alive("worker", self.name)
        workers = 1
        with contextlib.suppress(*broker.Unreachable):
            workers = max(len(await broker.living("worker")), 1)
        self.held = await sequence.renew(self.name, sequence.fair_share(workers))

    async def _consume(self, consumer: Consumer) -> None:
        while True:
            try:
                if not self.held:
                    await asyncio.sleep(0.05)
                    continue
                await self.step(consumer)
            except Away as error:
                log.warning("consumer.away", consumer=consumer.name, error=type(error).__name__)
                self._tokens[consumer.name].clear()
                await asyncio.sleep(0.3)
            except Exception:
                log.exception("consumer.failed", consumer=consumer.name)
                self._tokens[consumer.name].clear()
                await asyncio.sleep(0.3)

    async def step(self, consumer: Consumer, block_ms: int = 500) -> int:
        """Handle what is due and what has come on the streams held; how many events passed."""
        held = dict(self.held)
        passed = await self._retry(consumer, list(held))
        passed += await self._take_over(consumer, held)
        after = {s: self._done[consumer.name][s] for s in held}
        entries = await broker.read(after, count=64, block_ms=block_ms)
        happened = [Happened.decode(body) for _, _, body in entries]
        return passed + await self._pass(consumer, happened, held)

    async def _take_over(self, consumer: Consumer, held: dict[int, int]) -> int:
        """Catch up, from rows, with streams that were not ours a moment ago."""
        tokens = self._tokens[consumer.name]
        fresh = [s for s, token in held.items() if tokens.get(s) != token]
        if not fresh:
            return 0
        self._done[consumer.name] |= await sequence.checkpoints(consumer.name, fresh)
        passed = 0
        for stream in fresh:
            while rows := await sequence.of_stream(stream, self._done[consumer.name][stream]):
                passed += await self._pass(consumer, rows, held)
            tokens[stream] = held[stream]
        return passed

    async def _pass(
        self, consumer: Consumer, happened: Sequence[Happened], held: dict[int, int]
    ) -> int:
        """Handle those the consumer hears, then note how far it got."""
        done = self._done[consumer.name]
        happened = [event for event in happened if event.position > done[event.stream]]
        if not happened:
            return 0
        heard = [event for event in happened if event.kind in consumer.hears]
        if heard:
            blocked = await sequence.parked_keys(consumer.name, list(held))
            for start in range(0, len(heard), consumer.batch):
                await self._attempt(consumer, heard[start : start + consumer.batch], blocked)
        moved = {event.stream: event.position for event in happened}
        done.update(moved)
        await sequence.acknowledge(consumer.name, moved, held)
        return len(happened)

    async def _attempt(
        self, consumer: Consumer, batch: Sequence[Happened], blocked: set[object]
    ) -> None:
        """Handle a batch at once; if it fails, one by one, parking what fails."""
        free = [event for event in batch if event.key not in blocked]
        for event in batch:
            if event.key in blocked:
                await sequence.park(consumer.name, event, "behind", tries=0)
        if not free:
            return
        try:
            await consumer.handle(free)
        except Away:
            raise
        except Exception as error:
            if len(free) == 1:
                blocked.add(free[0].key)
                await self._failed(consumer, free[0], error, 0)
                return
            for event in free:
                await self._attempt(consumer, [event], blocked)

    async def _retry(self, consumer: Consumer, streams: list[int]) -> int:
        """Try parked events whose time has come."""
        waiting = await sequence.due(consumer.name, streams)
        for item in waiting:
            try:
                await consumer.handle([item.event])
            except Away:
                raise
            except Exception as error:
                await self._failed(consumer, item.event, error, item.tries)
            else:
                await sequence.unpark(consumer.name, item.event.position)
        return len(waiting)

    async def _failed(
        self, consumer: Consumer, event: Happened, error: Exception, tries: int
    ) -> None:
        """Park a failed event, or give it up at the fifth failure."""
        name = type(error).__name__
        log.warning(
            "event.failed",
            consumer=consumer.name,
            position=event.position,
            kind=event.kind,
            tries=tries + 1,
            error=name,
        )
        await sequence.park(consumer.name, event, name, tries=tries + 1)
        if tries + 1 >= sequence.TRIES:
            # The person first: if that fails too, the event is tried again, never just buried.
            await self._give_up(event, consumer.name)
            await sequence.bury(consumer.name, event.position, name)


def conversation_of(event: Happened) -> UUID:
    """The conversation an event is about; consumers that ask hear only such events."""
    assert event.conversation_id is not None
    return event.conversation_id
