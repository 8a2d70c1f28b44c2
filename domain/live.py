"""Live: one reader of the streams per process, and what a client that was away has missed.

Positions have no gaps, so the reader knows when it fell short (Redis was emptied, or trimmed
below it) and reads the missing events from their rows. Listeners hear every event of the
installation once, in the order of positions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

import structlog

from domain import broker, db, events
from domain.events import STREAMS, Happened

MOST_MISSED = 2000
log = structlog.get_logger()
Listener = Callable[[Happened], None]


class Reader:
    """Reads all streams and tells its listeners. `position` is the last event told."""

    def __init__(self) -> None:
        self.position = 0
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin at the present head of events."""
        self.position = await events.head()
        self._task = asyncio.create_task(self._run(), name="live-reader")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every event from now on; gives the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def _run(self) -> None:
        while True:
            try:
                await self.step()
            except (*broker.Unreachable, *db.Unreachable) as error:
                log.warning("live.away", error=type(error).__name__)
                await asyncio.sleep(0.2)

    async def step(self, block_ms: int = broker.BLOCK_MS) -> None:
        """Read once and tell what came. With Redis silent, look whether rows have moved on."""
        after = dict.fromkeys(range(STREAMS), self.position)
        entries = await broker.read(after, block_ms=block_ms)
        if not entries:
            head = await events.head()
            # The sequencer publishes right after it commits: only a lasting gap is a loss.
            if head > self.position and not await broker.read(after, block_ms=200):
                self._tell(await events.between(self.position, head))
            return
        if entries[0][1] > self.position + 1:
            self._tell(await events.between(self.position, entries[0][1] - 1))
        expected = self.position
        for _, position, body in entries:
            if position > expected + 1:
                self._tell(await events.between(expected, position - 1))
            self._tell([Happened.decode(body)])
            expected = self.position

    def _tell(self, happened: list[Happened]) -> None:
        for event in happened:
            if event.position <= self.position:
                continue
            self.position = event.position
            for listener in list(self._listeners):
                try:
                    listener(event)
                except Exception:
                    # One listener's mistake must not silence the others.
                    log.exception("live.listener_failed", kind=event.kind)


async def missed(shop: UUID, after: int, until: int) -> list[Happened] | None:
    """A shop's events in (after, until]; None if they are too many or the cursor is not ours.

    None means: fetch anew (RESYNC), never silence.
    """
    if after > await events.head():
        return None
    found = await events.since(after, shop, MOST_MISSED + 1)
    if len(found) > MOST_MISSED:
        return None
    return [event for event in found if event.position <= until]


reader = Reader()
