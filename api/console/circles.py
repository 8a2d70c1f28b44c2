"""Who hears: an `Ear` for each open page, and a `Circle` of the ears of one scope, in rounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence

from domain import live
from domain.actors import Actor, Scope
from domain.events import Happened, Kind
from schema.live import changes

MOST_WAITING = 500
PACE = 0.1  # seconds from one round to the next, at most
IDENTITY = frozenset(
    {Kind.GRANT_CHANGED, Kind.SESSION_ENDED, Kind.SHOP_SWITCHED, Kind.CUSTOMER_MERGED}
)


class Ear:
    """The events that one open page has yet to be told, and whether its viewer may have changed."""

    def __init__(self, circle: Circle, actor: Actor, hears: Callable[[Happened], bool]) -> None:
        self.circle, self.actor, self.hears = circle, actor, hears
        # What happened up to here is looked up; only what comes after it is heard.
        self.since = live.reader.position
        self.lost = False
        # Whoever asked to hear may have changed before this ear was open.
        self.doubted = True
        self._waiting: deque[Happened] = deque()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Have whoever waits look up: there is nothing more to hear."""
        self._wake.set()

    def doubt(self, event: Happened) -> None:
        """After this event the viewer may no longer be who they were."""
        if changes(self.actor, event):
            self.doubted = True
            self._wake.set()

    def tell(self, round: Sequence[Happened]) -> bool:
        """Keep what concerns this page; with too many waiting, forget them and say so."""
        news = [event for event in round if event.position > self.since and self.hears(event)]
        if not news:
            return False
        if len(self._waiting) + len(news) > MOST_WAITING:
            self._waiting.clear()
            self.lost = True
        self._waiting.extend(news)
        self._wake.set()
        return True

    async def heard(self, wait: float) -> list[Happened]:
        """All that waits, as soon as there is anything to look up for; nothing after `wait` s."""
        if not self._wake.is_set():
            self.circle.rested(self)
            # Not wait_for: on Python 3.11 it swallows a cancellation that comes with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
        self._wake.clear()
        heard = list(self._waiting)
        self._waiting.clear()
        return heard


class Circle:
    """The open pages of one scope, which hear in rounds.

    A round begins at once when none is under way. Else it waits until all have drawn and sent the
    last one, and as long again, so that half of the time is left for everything else; but never
    longer than `pace` seconds from when the last one began.
    """

    def __init__(self, scope: Scope, pace: float) -> None:
        self.scope, self.pace = scope, pace
        self.ears: set[Ear] = set()
        self._gathered: list[Happened] = []
        self._busy: set[Ear] = set()
        self._began = 0.0
        self._next: asyncio.TimerHandle | None = None

    def hear(self, event: Happened) -> None:
        """Keep an event for the next round, if it is theirs to know; doubts do not wait."""
        if event.kind in IDENTITY:
            for ear in self.ears:
                ear.doubt(event)
        if self.scope.may_hear(event.shop_id, event.customer_ids, event.merchant_ids):
            self._gathered.append(event)
            if self._next is None:
                self._round()

    def rested(self, ear: Ear) -> None:
        """An ear has sent all it heard; with the last of them, the next round can be set."""
        if ear not in self._busy:
            return
        self._busy.discard(ear)
        if not self._busy and self._next is not None:
            loop = asyncio.get_running_loop()
            due = self._began + min(self.pace, 2 * (loop.time() - self._began))
            self._next.cancel()
            self._next = loop.call_at(due, self._round)

    def leave(self, ear: Ear) -> None:
        """The page is gone."""
        self.ears.discard(ear)
        self.rested(ear)
        if not self.ears and self._next is not None:
            self._next.cancel()

    def _round(self) -> None:
        self._next = None
        gathered, self._gathered = self._gathered, []
        busy = {ear for ear in self.ears if gathered and ear.tell(gathered)}
        if busy and self.pace:
            loop = asyncio.get_running_loop()
            self._busy, self._began = busy, loop.time()
            self._next = loop.call_at(self._began + self.pace, self._round)
