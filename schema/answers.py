"""Answers that several may share, kept while the database stays as it was.

The key of an answer is its document, variables, Scope and language, and the state of the database
that the asker was looked up in (`Actor.as_of`). Two equal states have seen exactly the same
transactions commit (https://www.postgresql.org/docs/current/functions-info.html, pg_snapshot), so
that nothing stale is ever given, not even right after one's own write. Of many who ask the same at
once, one reads; the others wait for it. An answer that depends on who asks, or on the time, is not
kept.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable


class Answers:
    """At most `most` bytes of answers, the ones not asked for longest dropped first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._flights: dict[Hashable, asyncio.Task[bytes | None]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """The answer of a key, made if it is not kept; None for one that cannot be shared.

        Raises what `make` raises.
        """
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._made(key, make))
        # Whoever goes away leaves the reading to the others.
        return await asyncio.shield(flight)

    async def _made(
        self, key: Hashable, make: Callable[[], Awaitable[bytes | None]]
    ) -> bytes | None:
        try:
            made = await make()
        finally:
            del self._flights[key]
        if made is not None and len(made) <= self.most // 8:
            self._kept[key] = made
            self.size += len(made)
            while self.size > self.most:
                self.size -= len(self._kept.popitem(last=False)[1])
        return made

    def __len__(self) -> int:
        return len(self._kept)
