"""What waits to be written to one socket, so that nobody waits for a slow reader."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_FRAMES = 1000
MOST_BYTES = 1024 * 1024
Of = TypeVar("Of")


@dataclass(slots=True)
class Written(Generic[Of]):
    """A message in the outbox; `of` is the operation whose answer it is."""

    text: str
    of: Of | None = None


class Outbox(Generic[Of]):
    """A bounded queue of messages that can be held back and dropped."""

    def __init__(self) -> None:
        self.held = False
        self._out: deque[Written[Of]] = deque()
        self._size = 0
        self._more, self._less = asyncio.Event(), asyncio.Event()

    def put(self, text: str, of: Of | None = None) -> None:
        """Add a message."""
        self._out.append(Written(text, of))
        self._size += len(text)
        self._more.set()

    def take(self) -> Written[Of] | None:
        """The next message, unless there is none or they are held back."""
        if self.held or not self._out:
            return None
        written = self._out.popleft()
        self._size -= len(written.text)
        self._less.set()
        return written

    def drop(self) -> list[Written[Of]]:
        """Empty it; what was in it."""
        dropped = list(self._out)
        self._out.clear()
        self._size = 0
        self._less.set()
        return dropped

    def wake(self) -> None:
        """Have whoever waits in `changed` look again."""
        self._more.set()

    async def changed(self) -> None:
        """Wait until there may be something to take."""
        self._more.clear()
        await self._more.wait()

    async def room(self) -> None:
        """Wait until it is at most half full."""
        while len(self._out) > MOST_FRAMES // 2 or self._size > MOST_BYTES // 2:
            self._less.clear()
            await self._less.wait()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._out

    @property
    def is_over(self) -> bool:
        """Whether more waits than a client may leave unread."""
        return len(self._out) > MOST_FRAMES or self._size > MOST_BYTES
