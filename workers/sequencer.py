"""The sequencer: the only publisher. One at a time in the whole installation."""

from __future__ import annotations

import asyncio
import time

import structlog

from domain import broker, connections, db, sequence
from domain.connections import Connection
from domain.events import NOTIFY, STREAMS, Happened

log = structlog.get_logger()
STANDBY = 0.3
KEEP = 10_000
TRIM_EVERY = 30.0
LOOK_EVERY = 1.0


class Sequencer:
    """Takes office when it is free, then gives positions and publishes until it is stopped."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.term: int | None = None
        self._trimmed = 0.0

    async def run(self) -> None:
        """Stand by, take office, serve; again after every broken line. Ends by cancellation."""
        while True:
            try:
                async with connections.listening(NOTIFY, self.wake) as connection:
                    await self.stand_by(connection)
                    await self.serve(connection)
            except (*db.Unreachable, *broker.Unreachable) as error:
                log.warning("sequencer.away", error=type(error).__name__)
                await asyncio.sleep(STANDBY)
            finally:
                self.term = None

    async def stand_by(self, connection: Connection) -> None:
        """Wait for the office; then make the streams whole."""
        while (term := await sequence.take_office(connection)) is None:  # noqa: ASYNC110
            await asyncio.sleep(STANDBY)
        self.term = term
        log.info("sequencer.took_office", term=term)
        await self.reconcile()

    async def serve(self, connection: Connection) -> None:
        """Publish what commits; look once a second as well, in case a wake-up was lost."""
        while True:
            self.wake.clear()
            # What commits after a batch that was not full wakes us again.
            while await self.step(connection) == sequence.BATCH:
                pass
            await self.trim()
            try:
                # Not wait_for: in Python 3.11 it loses a cancellation that comes with an event.
                async with asyncio.timeout(LOOK_EVERY):
                    await self.wake.wait()
            except TimeoutError:
                if not await self.publish([]):
                    await self.reconcile()

    async def step(self, connection: Connection) -> int:
        """Give positions to one batch of committed events and publish it; how many."""
        assert self.term is not None
        happened = await sequence.assign(connection, self.term)
        if happened and not await self.publish(happened):
            await self.reconcile()
        return len(happened)

    async def publish(self, happened: list[Happened]) -> bool:
        """Add events to their streams; False if the streams are not those we know."""
        assert self.term is not None
        entries = [(event.stream, event.position, event.encode()) for event in happened]
        return await broker.publish(self.term, entries)

    async def reconcile(self) -> None:
        """Publish again whatever the streams lack: after a start, a crash or an emptied Redis."""
        assert self.term is not None
        await broker.claim_term(self.term)
        missing = await sequence.unpublished(await broker.tips(range(STREAMS)))
        while missing:
            if not await self.publish(missing):
                await broker.claim_term(self.term)
            log.info("sequencer.published_again", events=len(missing))
            missing = await sequence.unpublished(await broker.tips(range(STREAMS)))

    async def trim(self) -> None:
        """Twice a minute, drop what every consumer has handled, but for the newest part."""
        if time.monotonic() - self._trimmed < TRIM_EVERY:
            return
        self._trimmed = time.monotonic()
        done = await sequence.handled_by_all()
        if done:
            newest = max(done.values())
            await broker.trim({s: min(p, max(newest - KEEP, 0)) for s, p in done.items()})
