"""The feed: reads the streams this process holds, once for all its consumers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain import broker
from domain.events import Happened
from workers.inbox import Inbox

COUNT = 64
"""Entries read of each stream at once: with 32 streams, about 20 ms of decoding at most."""


class Feed:
    """Puts each event into the inboxes of those who hear it. `read_to` is how far it has read."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        """On no stream."""
        self.read_to: dict[int, int] = {}
        self._hearing: dict[str, list[Inbox]] = {}
        for inbox in inboxes:
            for kind in inbox.consumer.hears:
                self._hearing.setdefault(kind, []).append(inbox)

    def begin(self, streams: Iterable[int], position: int) -> None:
        """Read these streams too, after a position."""
        self.read_to |= dict.fromkeys(streams, position)

    def let_go(self, streams: Iterable[int]) -> None:
        """Read these streams no more."""
        for stream in streams:
            self.read_to.pop(stream, None)

    async def read(self, block_ms: int) -> int:
        """Read once, waiting up to `block_ms`; how many events came.

        Raises one of `broker.Unreachable`. There must be a stream to read.
        """
        came = 0
        for stream, position, body in await broker.read(
            self.read_to, count=COUNT, block_ms=block_ms
        ):
            # A stream may have been let go, or begun anew, while we waited.
            if position > self.read_to.get(stream, position):
                self._put(Happened.decode(body))
                self.read_to[stream] = position
                came += 1
        return came

    def _put(self, event: Happened) -> None:
        for inbox in self._hearing.get(event.kind, ()):
            inbox.put(event)
