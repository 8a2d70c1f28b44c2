"""Connections to PostgreSQL outside the pool: how one is made, and the few that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import asyncpg

from domain.settings import settings

Connection = asyncpg.Connection


def credentials(url: str) -> dict[str, Any]:
    """The parts of a PostgreSQL URL, as asyncpg takes them.

    A `host=` in the query is a folder holding a unix socket, as libpq has it.
    """
    parts = urlparse(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "host": query.get("host") or parts.hostname or "localhost",
        "port": parts.port or int(query.get("port", 5432)),
        "user": unquote(parts.username or query.get("user", "postgres")),
        "password": unquote(parts.password) if parts.password else None,
        "database": parts.path.lstrip("/") or "zaide",
    }


async def dedicated(url: str | None = None) -> asyncpg.Connection:
    """A connection of its own, outside the pool: for LISTEN and session locks."""
    connection: asyncpg.Connection = await asyncpg.connect(
        **credentials(url or settings().database_url)
    )
    return connection


@asynccontextmanager
async def listening(channel: str, wake: asyncio.Event) -> AsyncIterator[asyncpg.Connection]:
    """A dedicated connection that sets `wake` at every NOTIFY on `channel`."""
    connection = await dedicated()
    try:
        await connection.add_listener(channel, lambda *_: wake.set())
        yield connection
    finally:
        await connection.close(timeout=2)


class Kept:
    """A few connections, each taken for one statement only: for short reads.

    A pool's acquire and release cost 15 µs of CPU, as much as the look-up itself. Theirs is a
    place in a queue: opened when first needed, and anew when they were lost.
    """

    def __init__(self, url: str | None, most: int) -> None:
        """Up to `most` of them, to the database at `url` (default: the settings')."""
        self._url = url
        self._free: asyncio.LifoQueue[asyncpg.Connection | None] = asyncio.LifoQueue()
        for _ in range(most):
            self._free.put_nowait(None)

    async def rows(self, query: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        """The rows of a statement, over one of them, which keeps it prepared."""
        connection = await self._taken()
        try:
            # Of one that was cancelled, the driver awaits the end before the next statement.
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
            return found
        finally:
            self._free.put_nowait(connection)

    async def _taken(self) -> asyncpg.Connection:
        free = self._free
        connection = await free.get() if free.empty() else free.get_nowait()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await dedicated(self._url)
        except BaseException:
            free.put_nowait(None)
            raise

    async def close(self) -> None:
        """Close those that are free."""
        while not self._free.empty():
            if (connection := self._free.get_nowait()) is not None:
                await connection.close(timeout=2)
