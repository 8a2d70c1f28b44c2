"""What waits to be written to one client, so that nobody waits for a slow reader.

While nothing waits, what is put in goes out at once and the outbox stays empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

MOST_FRAMES = 1000
MOST_BYTES = 1024 * 1024
Of = TypeVar("Of")


class Outbox(Generic[Of]):
    """A bounded queue before `write`, which can be held back and dropped.

    `write` takes a message and says whether it did; after a refusal, call `flush` once it would
    take one again. `over` is called when more waits than a client may leave unread. Messages may
    be shared with other outboxes; each is counted in full.
    """

    __slots__ = ("_closed", "_less", "_out", "_over", "_size", "held", "is_free", "write")

    def __init__(self, write: Callable[[bytes], bool], over: Callable[[], None]) -> None:
        self.held = self._closed = False
        self.is_free = True
        self.write, self._over = write, over
        self._out: deque[tuple[bytes, Of | None]] | None = None
        self._size = 0
        self._less: asyncio.Event | None = None

    def put(self, message: bytes, of: Of | None = None) -> None:
        """Write a message, after what waits; `of` is the operation whose answer it is."""
        if not (self.is_free and self.write(message)):
            self.keep(message, of)

    def hold(self) -> None:
        """Write nothing until `release`."""
        self.held, self.is_free = True, False

    def release(self) -> None:
        """Hold back no more."""
        self.held = False
        self.flush()

    def flush(self) -> None:
        """Write what waits, as much as is taken."""
        while self._out and not self.held and self.write(self._out[0][0]):
            self._size -= len(self._out.popleft()[0])
        self._changed()

    def take(self) -> bytes:
        """All that waits as one piece, for who rather fetches than is written to."""
        if self.held:
            return b""
        return b"".join(message for message, _ in self.drop())

    def drop(self) -> list[tuple[bytes, Of | None]]:
        """Empty it; what was in it."""
        dropped = list(self._out or ())
        self._out, self._size = None, 0
        self._changed()
        return dropped

    def close(self) -> None:
        """Take nothing more, and forget what waits."""
        self._closed = True
        self.drop()

    def keep(self, message: bytes, of: Of | None) -> None:
        """Let a message wait that was not written."""
        if self._closed:
            return
        if self._out is None:
            # Almost every client keeps up: 600 bytes that it need not have.
            self._out = deque()
        self._out.append((message, of))
        self._size += len(message)
        self.is_free = False
        if self._waits(MOST_FRAMES, MOST_BYTES):
            self._over()

    async def room(self) -> None:
        """Wait until it is at most half full."""
        while self._waits(MOST_FRAMES // 2, MOST_BYTES // 2):
            self._less = self._less or asyncio.Event()
            self._less.clear()
            await self._less.wait()

    def _changed(self) -> None:
        self.is_free = not (self._out or self.held or self._closed)
        if self._less is not None:
            self._less.set()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._out

    def _waits(self, frames: int, size: int) -> bool:
        return self._out is not None and (len(self._out) > frames or self._size > size)
