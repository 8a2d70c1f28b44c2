"""A migrated database filled with tickets and all they hang on, by set-based SQL.

Eight shops share the tickets unevenly; the largest has 40 of 100, and it is the one that is asked.
The same `tickets` give the same rows each time. Meant for a database of its own: while it is filled
no foreign key is checked, and plain indexes are dropped, to be built again at the end.
`python -m bench.fill URL TICKETS` migrates first.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from domain import connections, db
from domain.people.queries import MARK
from domain.people.rules import digest
from domain.understanding.intents import INTENTS

SHARES = (40, 20, 12, 8, 8, 4, 4, 4)
"""Of 100 tickets, how many are each shop's."""
AGENTS, MERCHANTS = 24, 20
"""How many a shop has of them."""
STATEMENTS = Path(__file__).with_suffix(".sql")
SKILLS = ("general", "finance", "technical", "security", "merchant")
SESSION, PARTNER, MERCHANT = "bench-session", f"{MARK}bench-partner", f"{MARK}bench-merchant"
"""The secrets of an agent's log-in and of two tokens, all of the largest shop."""
READS = ["conversations:read", "customers:read", "merchants:read", "orders:read", "tickets:read"]

_FUNCTIONS = """
-- When row `n` of `total` came: over one year, to 30 June 2026.
CREATE FUNCTION pg_temp.moment(n bigint, total bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT timestamptz '2025-07-01 00:00+00'
           + (31536000000000 / greatest(total, 1) * n + n % 999) * interval '1 microsecond'
$$;
-- The key of row `n` of a kind, in the shape of a UUIDv7 of when it came.
CREATE FUNCTION pg_temp.key(kind text, shop int, n bigint, total bigint) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT overlay(overlay(
        lpad(to_hex(1751328000000 + coalesce(31536000000 / nullif(total, 0) * n, 0)), 12, '0')
        || substr(md5(kind || shop || ':' || n), 1, 20) placing '7' from 13)
        placing '8' from 17)::uuid
$$;
-- Whose order `o` is: the shop's own, each fifth.
CREATE FUNCTION pg_temp.merchant(shop int, o bigint, total bigint) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN o % 5 > 0 THEN pg_temp.key('merchant', shop, o * 53 % total, 0) END
$$;
-- A ticket's number; nobody types these, so that their last character checks nothing.
CREATE FUNCTION pg_temp.number(t bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'T-' || substr(n, 1, 5) || '-' || substr(n, 6) || 'X' FROM (
        SELECT translate(lpad(to_hex(t * 2654435761 % 68719476736), 9, '0'), '01abcdef',
                         'GHABCDEF') AS n) mixed
$$;
"""
_PLAIN = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT i.indisunique AND t.relnamespace = 'public'::regnamespace
  AND t.relname IN ('customers', 'orders', 'conversations', 'messages', 'tickets')
"""
_LIVES = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Filled:
    """What a filled database holds, and who may be asked for: the largest shop's agent."""

    tickets: int
    shop_id: UUID
    waiting: int
    """How many tickets of the largest shop are open or pending."""


async def fill(url: str, tickets: int, step: Callable[[str], None] = lambda _: None) -> Filled:
    """Fill the migrated, empty database at `url`; `step` hears what is being made.

    A million tickets take about two minutes on one core, with 1.1 million conversations and 4.4
    million messages. Raises asyncpg's UniqueViolationError for one that was filled before.
    """
    connection = await connections.dedicated(url)
    try:
        await connection.execute("SET session_replication_role = replica; SET work_mem = '64MB'")
        await connection.execute("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
        await connection.execute(_FUNCTIONS)
        async with _without_indexes(connection, step):
            for n, share in enumerate(SHARES):
                await _shop(connection, n, max(tickets * share // 100, 1), step)
        largest = await _key(connection, "shop", 0, 0)
        await _credentials(connection, largest)
        step("statistics")
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
        waiting = await connection.fetchval(
            "SELECT count(*) FROM tickets WHERE shop_id = $1 AND state IN ('open', 'pending')",
            largest,
        )
        return Filled(tickets, largest, waiting)
    finally:
        await connection.close(timeout=5)


async def _shop(
    connection: asyncpg.Connection, n: int, tickets: int, step: Callable[[str], None]
) -> None:
    sizes = {
        "n": n,
        "shop": await _key(connection, "shop", n, n),
        "tickets": tickets,
        "conversations": tickets + tickets // 10,
        "orders": tickets + tickets // 5,
        "customers": max(tickets * 2 // 5, 1),
        "agents": AGENTS,
        "merchants": MERCHANTS,
        "kinds": len(INTENTS),
        "skills": list(SKILLS),
        "intents": [intent.code for intent in INTENTS.values()],
        "categories": [intent.category for intent in INTENTS.values()],
    }
    for part in STATEMENTS.read_text(encoding="utf-8").split("\n-- ")[1:]:
        title, _, statement = part.partition("\n")
        if "INSERT" in statement:
            step(f"shop {n + 1} of {len(SHARES)}: {title}")
            await connection.execute(statement.format(**sizes))


async def _credentials(connection: asyncpg.Connection, shop: UUID) -> None:
    """An agent's session, a partner's token, and one of a merchant."""
    began = datetime.now(UTC)
    await connection.execute(
        "INSERT INTO sessions (id, person_id, grant_id, token_hash, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        await _key(connection, "session", 0, 0),
        await _key(connection, "person", 0, 0),
        await _key(connection, "grant", 0, 0),
        digest(SESSION),
        began,
        began + _LIVES,
    )
    merchant = await _key(connection, "merchant", 0, 1)
    roles: list[tuple[str, str, UUID | None]] = [
        ("partner", PARTNER, None),
        ("merchant_owner", MERCHANT, merchant),
    ]
    for n, (role, raw, bound) in enumerate(roles):
        await connection.execute(
            "INSERT INTO tokens (id, shop_id, merchant_id, name, role, token_hash, hint, scopes,"
            " created_at) VALUES ($1, $2, $3, $4, $4, $5, '', $6, $7)",
            *(await _key(connection, "token", 0, n), shop, bound, role, digest(raw)),
            *(orjson.dumps(READS).decode(), began),
        )


async def _key(connection: asyncpg.Connection, kind: str, shop: int, n: int) -> Any:
    return await connection.fetchval("SELECT pg_temp.key($1, $2, $3, 0)", kind, shop, n)


@asynccontextmanager
async def _without_indexes(
    connection: asyncpg.Connection, step: Callable[[str], None]
) -> AsyncIterator[None]:
    """Building an index of what is there is several times quicker than adding row by row."""
    plain = await connection.fetch(_PLAIN)
    for index in plain:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for n, index in enumerate(plain, 1):
        step(f"index {n} of {len(plain)}")
        await connection.execute(index["definition"])


async def main(url: str, tickets: int) -> None:
    """Migrate and fill, saying what is made."""
    await db.migrate(url)
    print(await fill(url, tickets, print))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
