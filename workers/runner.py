"""The runner: holds streams by lease, hands events to consumers in order, notes how far they got.

An event that fails holds back only its own conversation: it is parked with growing delays and
what follows on the same key waits behind it. After five tries it is a dead letter, the
conversation goes to a person, and what follows proceeds. Delivery is at least once, so every
consumer's verb may run twice.

One feed reads for all consumers; each works at a desk of its own, at its own pace; one statement
notes what all of them have done since the last one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from uuid import UUID

import structlog

from domain import broker, events, sequence
from domain.events import Happened
from domain.rows import new_id
from workers.desk import PAUSE, Away, Desk, GiveUp
from workers.feed import Feed
from workers.inbox import Consumer, consumer

__all__ = ["Consumer", "Runner", "consumer", "conversation_of"]

log = structlog.get_logger()
RENEW = 1.0
BLOCK_MS = 500
NOTE_EVERY, NOTE_ALL_EVERY = 0.02, 1.0
"""Seconds between two notes of what was handled; of what passed without being heard."""


class Runner:
    """Runs consumers over the streams this process holds."""

    def __init__(self, consumers: Sequence[Consumer], give_up: GiveUp) -> None:
        """`give_up` is called with an event that failed five times, and the consumer's name."""
        self.name = f"{os.getpid()}-{new_id().hex[-6:]}"
        self.consumers = consumers
        self.held: dict[int, int] = {}
        self._handled = asyncio.Event()
        self._desks = {c.name: Desk(c, give_up, self._handled) for c in consumers}
        self._inboxes = {name: desk.inbox for name, desk in self._desks.items()}
        self._feed = Feed(list(self._inboxes.values()))
        self._noted_all = 0.0

    async def run(self) -> None:
        """Work until cancelled, then let go of the streams."""
        jobs = [self._hold(), self._read(), self._note()]
        jobs += [desk.run() for desk in self._desks.values()]
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(*Away):
                await self.leave()

    async def leave(self) -> None:
        """Note what is done, let go of the streams and say so: the others take them at once."""
        await self.acknowledge(everything=True)
        self._let_go(list(self.held))
        await sequence.release(self.name)
        await broker.gone("worker", self.name)

    async def step(self, consumer: Consumer, block_ms: int = BLOCK_MS) -> int:
        """Read once for all, then have one consumer handle what it has; how many events passed.

        For tests, which do not `run`.
        """
        passed = await self._feed.read(block_ms) if self._feed.read_to else 0
        passed += await self._desks[consumer.name].turn()
        await self.acknowledge(everything=True)
        return passed

    # Leases

    async def _hold(self) -> None:
        while True:
            try:
                await self.renew()
            except Away as error:
                # Whoever cannot renew must not go on as if it held anything.
                self._let_go(list(self.held))
                log.warning("leases.away", error=type(error).__name__)
            await asyncio.sleep(RENEW)

    async def renew(self) -> None:
        """Say that we live, and keep or claim our part of the streams."""
        with contextlib.suppress(*broker.Unreachable):
            await broker.alive("worker", self.name)
        workers = 1
        with contextlib.suppress(*broker.Unreachable):
            workers = max(len(await broker.living("worker")), 1)
        held = await sequence.renew(self.name, sequence.fair_share(workers))
        self._let_go([s for s, token in self.held.items() if held.get(s) != token])
        self.held = held
        await self._take_over([s for s in held if s not in self._feed.read_to])
        for name in await sequence.troubled(held):
            if name in self._inboxes:
                self._inboxes[name].troubled = True

    def _let_go(self, streams: Sequence[int]) -> None:
        if streams:
            self.held = {s: token for s, token in self.held.items() if s not in streams}
            self._feed.let_go(streams)
            for inbox in self._inboxes.values():
                inbox.let_go(streams)

    async def _take_over(self, streams: Sequence[int]) -> None:
        """Streams that were not ours: up to now from rows, from now on as they come."""
        if not streams:
            return
        found = await sequence.checkpoints(list(self._inboxes), streams)
        # Whatever has a position by now is found in its row when the inboxes catch up.
        self._feed.begin(streams, await events.head())
        for name, inbox in self._inboxes.items():
            inbox.begin(found[name])

    async def _read(self) -> None:
        while True:
            try:
                if self._feed.read_to:
                    await self._feed.read(BLOCK_MS)
                else:
                    await asyncio.sleep(0.05)
            except broker.Unreachable as error:
                log.warning("feed.away", error=type(error).__name__)
                await asyncio.sleep(PAUSE)

    # Acknowledging

    async def _note(self) -> None:
        """Note what was handled as soon as it is, many at once when there is much."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NOTE_ALL_EVERY):
                    await self._handled.wait()
            try:
                await self.acknowledge(time.monotonic() - self._noted_all >= NOTE_ALL_EVERY)
            except Away as error:
                log.warning("checkpoints.away", error=type(error).__name__)
                self._handled.set()
                await asyncio.sleep(PAUSE)
            await asyncio.sleep(NOTE_EVERY)

    async def acknowledge(self, everything: bool = False) -> None:
        """Write the checkpoints of what was handled; with `everything`, of what passed unheard."""
        self._handled.clear()
        if everything:
            self._noted_all = time.monotonic()
            for inbox in self._inboxes.values():
                inbox.passed(self._feed.read_to)
        moved = {name: inbox.moved() for name, inbox in self._inboxes.items()}
        if any(moved.values()):
            noted = await sequence.acknowledge(moved, self.held)
            for name, positions in noted.items():
                self._inboxes[name].note(positions)


def conversation_of(event: Happened) -> UUID:
    """The conversation an event is about; consumers that ask hear only such events."""
    assert event.conversation_id is not None
    return event.conversation_id
