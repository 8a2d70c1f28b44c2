"""What a subscription's resolver reads from: events, and the two marks around them.

A resolver pulls one item at a time and yields at most one update for it; graphql-core executes the
update before the next item is pulled. So the feed always knows which position is being told, and
a group can say exactly how far it has come.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from domain import broker, db
from domain.events import Happened
from schema.moments import Moment
from schema.updates import resync, subscribed

if TYPE_CHECKING:
    from schema.context import Context

MOST_WAITING = 2000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hello:
    """A subscription has begun at `position`."""

    position: int


@dataclass(frozen=True, slots=True)
class Lost:
    """What lies before `position` cannot be told: fetch anew."""

    position: int


Item: TypeAlias = Happened | Hello | Lost


class Feed:
    """Items for one execution. `position` is up to where everything pulled has been told."""

    def __init__(self, position: int, items: Iterable[Item] = (), *, closed: bool = False) -> None:
        self.position = position
        self.current: Item | None = None
        self.once: Moment | None = None
        self._items: deque[tuple[Item, Moment | None]] = deque((item, None) for item in items)
        self._closed = closed
        self._wake = asyncio.Event()

    def push(self, item: Item, once: Moment | None = None) -> None:
        """Add an item, with the reads that all who tell of it share.

        A feed that lags too far behind forgets what waits, and says so.
        """
        if len(self._items) >= MOST_WAITING:
            self._items.clear()
            item = Lost(item.position)
        self._items.append((item, once))
        self._wake.set()

    def repeat_lost(self) -> None:
        """The item at hand could not be told properly: let Resync follow it."""
        lost = Lost(self.current.position if self.current else self.position)
        self._items.appendleft((lost, None))
        self._wake.set()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._wake.set()

    @property
    def waiting(self) -> bool:
        """Whether there is more behind the item at hand."""
        return bool(self._items)

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        self.tell()
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        self.current, self.once = self._items.popleft()
        return self.current

    def tell(self) -> None:
        """The item at hand has been told, or there was nothing to tell about it."""
        if self.current is not None:
            self.position = max(self.position, self.current.position)
            self.current = None


async def follow(
    context: Context, told: Callable[[Happened], Awaitable[T | None]]
) -> AsyncIterator[T]:
    """The updates of a subscription: `told` makes one of an event, or None where none is due.

    Each event is looked at with fresh loaders. When the database is away the client is told to
    fetch anew rather than left with a gap. `T` is the noun's union, which has both marks in it.
    """
    feed = context.feed
    assert feed is not None
    async for item in feed:
        context.refresh()
        context.once = feed.once
        if isinstance(item, Hello):
            yield cast("T", subscribed(item.position))
        elif isinstance(item, Lost):
            yield cast("T", resync(item.position))
        else:
            try:
                update = await told(item)
            except (*db.Unreachable, *broker.Unreachable):
                update = cast("T", resync(item.position))
            if update is not None:
                yield update
