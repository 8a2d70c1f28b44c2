"""A consumer, and its inbox: what it has yet to handle on the streams held, and how far it got.

The feed puts in what the consumer hears. What is not there, because the streams are new to this
process or because too much came, is caught up with from the events' rows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.events import Happened, Kind

MOST = 10_000
"""Events an inbox holds; a consumer that is further behind reads them from their rows in time."""
Handle = Callable[[Sequence[Happened]], Awaitable[None]]


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


class Inbox:
    """One consumer's events, in the order of each stream.

    `done` is the position up to which it has handled, or parked, all it hears of a stream;
    `behind`, whether it has to read rows; `troubled`, whether events of it may be parked;
    `changes` counts how often streams came or went: what was read before must be read again.
    """

    def __init__(self, consumer: Consumer) -> None:
        """Empty, on no stream."""
        self.consumer = consumer
        self.wake = asyncio.Event()
        self.done: dict[int, int] = {}
        self.behind = False
        self.troubled = False
        self.changes = 0
        self._waiting: deque[Happened] = deque()
        self._taken: Sequence[Happened] = ()
        self._noted: dict[int, int] = {}

    def begin(self, checkpoints: Mapping[int, int]) -> None:
        """Streams are ours from now on, handled up to these positions."""
        self.done.update(checkpoints)
        self._noted.update(checkpoints)
        self.troubled = True
        self.catch_up()

    def let_go(self, streams: Iterable[int]) -> None:
        """Streams are not ours any more, nor is what waits on them."""
        for stream in streams:
            self.done.pop(stream, None)
            self._noted.pop(stream, None)
        self._waiting = deque(event for event in self._waiting if event.stream in self.done)
        self._change()

    def catch_up(self) -> None:
        """Forget what waits, and read rows from where all is done."""
        self._waiting.clear()
        self._taken = ()
        self.behind = True
        self._change()

    def caught_up(self, changes: int) -> None:
        """Rows told nothing more; not enough if something has changed since they were asked."""
        if self.changes == changes:
            self.behind = False

    def _change(self) -> None:
        self.changes += 1
        self.wake.set()

    def put(self, event: Happened) -> None:
        """An event of a stream that is ours came."""
        if len(self._waiting) >= MOST:
            self.catch_up()
        self._waiting.append(event)
        self.wake.set()

    def take(self) -> Sequence[Happened]:
        """The next events to handle at once; they count as done when `did` is called."""
        taken: list[Happened] = []
        while self._waiting and len(taken) < self.consumer.batch:
            event = self._waiting.popleft()
            # What rows had told already comes a second time with the streams.
            if event.position > self.done[event.stream]:
                taken.append(event)
        self._taken = taken
        return taken

    def did(self, happened: Iterable[Happened]) -> None:
        """Events were handled or parked, each the next of its stream that is heard."""
        self._taken = ()
        for event in happened:
            if event.position > self.done.get(event.stream, event.position):
                self.done[event.stream] = event.position

    def passed(self, positions: Mapping[int, int]) -> None:
        """The streams were read up to these positions: if nothing waits, all that is done."""
        if not (self._waiting or self._taken or self.behind):
            self.done.update((s, p) for s, p in positions.items() if p > self.done[s])

    def moved(self) -> dict[int, int]:
        """What is done and not noted in the checkpoints: stream -> position."""
        return {s: done for s, done in self.done.items() if done > self._noted[s]}

    def note(self, moved: Mapping[int, int]) -> None:
        """The checkpoints hold these positions."""
        self._noted.update((s, done) for s, done in moved.items() if s in self._noted)
