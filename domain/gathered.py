"""Look-ups by one key, made together for all who ask at the same moment.

Every request begins with one: whose session, whose token is this? Alone each costs a round trip and
as much Python as a short answer; of those that wait, all go in one statement. Nobody is told what
was read before they asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from domain import db

FLIGHTS = 2
"""Statements under way at a time: who asks meanwhile waits for the next one."""
MOST = 500
"""Keys in one statement."""
Waiting = dict[str, list[asyncio.Future[Any]]]


class Gathered:
    """Rows of `query`, which selects by `= ANY($1)` and has what it was found by as `key`."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._waiting: Waiting = {}
        self._flights: set[asyncio.Task[None]] = set()

    async def find(self, key: str) -> Mapping[str, Any] | None:
        """The row of a key, None without one. Raises what the database raises."""
        if db.in_unit():
            return next(iter(await db.sql(self._query, [key])), None)
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if len(self._flights) < FLIGHTS:
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        found: Mapping[str, Any] | None = await future
        return found

    async def _fly(self) -> None:
        while asked := self._next():
            waiting = [(key, future) for key, futures in asked.items() for future in futures]
            try:
                found = {row["key"]: row for row in await db.lookup(self._query, list(asked))}
                for key, future in waiting:
                    if not future.done():
                        future.set_result(found.get(key))
            except Exception as error:
                for _, future in waiting:
                    if not future.done():
                        future.set_exception(error)
            finally:
                # Of a flight that was torn off: nobody is left waiting.
                for _, future in waiting:
                    future.cancel()

    def _next(self) -> Waiting:
        keys = list(self._waiting)[:MOST]
        return {key: self._waiting.pop(key) for key in keys}
