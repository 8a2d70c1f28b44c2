"""Positions, leases and checkpoints: who publishes, who handles which stream, and how far it got.

The rows here are the truth of delivery; Redis only carries it. See
docs/decisions/0001-one-sequencer.md and 0002-checkpoints-in-postgresql.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain import db
from domain.clock import now
from domain.connections import Connection
from domain.events import STREAMS, Happened

BATCH = 500
SHARE = 64
"""Rows of each stream that are caught up with at once."""
LEASE = timedelta(seconds=3)
TRIES = 5
_LOCK = "SELECT pg_try_advisory_lock(hashtext('zaide:sequencer'))"

# A window numbers the committed rows by order of insertion; rows of a transaction still open are
# not seen, and get a later position when it commits: nothing is ever published behind a cursor.
_ASSIGN = f"""
WITH waiting AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT id FROM events WHERE position IS NULL ORDER BY id LIMIT {BATCH}) w
), given AS (
    UPDATE sequence SET position = position + (SELECT count(*) FROM waiting)
    WHERE id = 1 AND term = $1 AND EXISTS (SELECT FROM waiting)
    RETURNING position - (SELECT count(*) FROM waiting) AS base
)
UPDATE events e SET position = given.base + waiting.n FROM waiting, given
WHERE e.id = waiting.id RETURNING e.*
"""


async def take_office(connection: Connection) -> int | None:
    """Become the sequencer on this connection, until it closes; the term, or None if taken."""
    if not await connection.fetchval(_LOCK):
        return None
    term: int = await connection.fetchval(
        "UPDATE sequence SET term = term + 1 WHERE id = 1 RETURNING term"
    )
    return term


async def assign(connection: Connection, term: int) -> list[Happened]:
    """Give up to 500 committed events their positions; those events, by position."""
    rows = await connection.fetch(_ASSIGN, term)
    return sorted((Happened.of(dict(row)) for row in rows), key=lambda event: event.position)


async def unpublished(tips: Mapping[int, int], limit: int = BATCH) -> list[Happened]:
    """Events whose stream ends before them and that somebody has yet to handle, by position.

    `tips` are the last positions of the streams as Redis has them. An empty stream is filled from
    the slowest consumer's checkpoint on: older events were handled by all.
    """
    rows = await db.sql(
        "SELECT e.* FROM unnest($1::smallint[], $2::bigint[]) AS s(stream, tip) "
        "JOIN LATERAL (SELECT COALESCE(min(position), 0) AS done FROM checkpoints c "
        "              WHERE c.stream = s.stream) c ON TRUE "
        "JOIN events e ON e.stream = s.stream AND e.position > GREATEST(s.tip, c.done) "
        f"ORDER BY e.position LIMIT {int(limit)}",
        list(tips),
        list(tips.values()),
    )
    return [Happened.of(row) for row in rows]


async def handled_by_all() -> dict[int, int]:
    """Per stream, the position below which every consumer has handled everything."""
    rows = await db.sql("SELECT stream, min(position) AS done FROM checkpoints GROUP BY stream")
    return {row["stream"]: row["done"] for row in rows}


# Leases


async def renew(holder: str, share: int) -> dict[int, int]:
    """Keep and claim streams for `holder`, up to `share` of them; stream -> fencing token.

    Streams above the share are let go, so that a newcomer gets its part.
    """
    until = now() + LEASE
    rows = await db.sql(
        "UPDATE leases SET expires_at = $3, holder = $1, "
        "token = CASE WHEN holder = $1 THEN token ELSE token + 1 END "
        "WHERE id IN (SELECT id FROM leases WHERE holder = $1 AND expires_at > $2 OR "
        "             holder = '' OR expires_at IS NULL OR expires_at <= $2 "
        "             ORDER BY (holder = $1) DESC, id LIMIT $4 FOR UPDATE SKIP LOCKED) "
        "RETURNING id, token",
        holder,
        now(),
        until,
        share,
    )
    held = {row["id"]: row["token"] for row in rows}
    await db.sql(
        "UPDATE leases SET holder = '', expires_at = NULL "
        "WHERE holder = $1 AND NOT (id = ANY($2::smallint[]))",
        holder,
        list(held),
    )
    return held


async def release(holder: str) -> None:
    """Let go of all streams, so that another worker need not wait for the lease to run out."""
    await db.sql("UPDATE leases SET holder = '', expires_at = NULL WHERE holder = $1", holder)


# Checkpoints


async def checkpoints(
    consumers: Sequence[str], streams: Sequence[int]
) -> dict[str, dict[int, int]]:
    """How far each consumer has handled each stream, made at 0 where there is none.

    consumer -> stream -> position.
    """
    await db.sql(
        "INSERT INTO checkpoints (id, consumer, stream, position) SELECT c || ':' || s, c, s, 0 "
        "FROM unnest($1::text[]) c, unnest($2::smallint[]) s ON CONFLICT DO NOTHING",
        list(consumers),
        list(streams),
    )
    rows = await db.sql(
        "SELECT consumer, stream, position FROM checkpoints "
        "WHERE consumer = ANY($1::text[]) AND stream = ANY($2::smallint[])",
        list(consumers),
        list(streams),
    )
    return _by_consumer(rows)


async def acknowledge(
    done: Mapping[str, Mapping[int, int]], held: Mapping[int, int]
) -> dict[str, dict[int, int]]:
    """Note how far consumers got (consumer -> stream -> position); what was noted, alike.

    `held` are the streams held with their tokens. They fence: a worker that lost its lease in the
    meantime moves nothing.
    """
    moved = [(name, s, at, held.get(s, -1)) for name, to in done.items() for s, at in to.items()]
    if not moved:
        return {}
    rows = await db.sql(
        "UPDATE checkpoints c SET position = d.position FROM unnest("
        "$1::text[], $2::smallint[], $3::bigint[], $4::bigint[]"
        ") AS d(consumer, stream, position, token) "
        "JOIN leases l ON l.id = d.stream AND l.token = d.token "
        "WHERE c.id = d.consumer || ':' || d.stream AND c.position <= d.position "
        "RETURNING c.consumer, c.stream, c.position",
        *(list(column) for column in zip(*moved, strict=True)),
    )
    return _by_consumer(rows)


def _by_consumer(rows: Iterable[db.Row]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for row in rows:
        found.setdefault(row["consumer"], {})[row["stream"]] = row["position"]
    return found


async def after(
    done: Mapping[int, int], kinds: Iterable[str], limit: int = SHARE
) -> list[Happened]:
    """Events of some kinds after a position in each stream, by position, up to `limit` of each.

    From their rows: what a new holder of the streams catches up with.
    """
    rows = await db.sql(
        "SELECT e.* FROM unnest($1::smallint[], $2::bigint[]) AS s(stream, done) "
        "CROSS JOIN LATERAL (SELECT * FROM events WHERE stream = s.stream "
        "AND position > s.done AND kind = ANY($3::text[]) ORDER BY position "
        f"LIMIT {int(limit)}) e ORDER BY e.position",
        list(done),
        list(done.values()),
        list(kinds),
    )
    return [Happened.of(row) for row in rows]


# What could not be handled


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parked event that is due, with how often it was tried."""

    event: Happened
    tries: int


def backoff(tries: int) -> timedelta:
    """How long to wait after the n-th failure: 0.2 s, then four times longer each time."""
    return timedelta(seconds=0.2 * 4 ** (max(tries, 1) - 1))


async def park(consumer: str, event: Happened, error: str, tries: int = 1) -> None:
    """Put an event aside until it is due again; what follows on its key waits behind it."""
    await db.sql(
        "INSERT INTO parked (consumer, stream, position, key, state, tries, due_at, error, "
        "created_at) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8) "
        "ON CONFLICT (consumer, position) DO UPDATE SET tries = EXCLUDED.tries, "
        "due_at = EXCLUDED.due_at, error = EXCLUDED.error, state = 'waiting'",
        consumer,
        event.stream,
        event.position,
        event.key,
        tries,
        now() + (backoff(tries) if tries else timedelta()),
        error[:120],
        now(),
    )


async def parked_keys(consumer: str, streams: Sequence[int]) -> set[object]:
    """The keys (conversations) of these streams that are held back."""
    rows = await db.sql(
        "SELECT DISTINCT key FROM parked WHERE consumer = $1 AND state = 'waiting' "
        "AND stream = ANY($2::smallint[])",
        consumer,
        list(streams),
    )
    return {row["key"] for row in rows}


async def troubled(streams: Iterable[int]) -> set[str]:
    """The consumers that have something parked, and not given up, on these streams."""
    rows = await db.sql(
        "SELECT DISTINCT consumer FROM parked WHERE state = 'waiting' "
        "AND stream = ANY($1::smallint[])",
        list(streams),
    )
    return {row["consumer"] for row in rows}


async def due(consumer: str, streams: Sequence[int], limit: int = 50) -> list[Waiting]:
    """Parked events that may be tried now: the first of each key, if its time has come."""
    rows = await db.sql(
        "SELECT e.*, p.tries AS tries FROM (SELECT DISTINCT ON (key) * FROM parked "
        "WHERE consumer = $1 AND state = 'waiting' AND stream = ANY($2::smallint[]) "
        "ORDER BY key, position) p JOIN events e ON e.position = p.position "
        f"WHERE p.due_at <= $3 ORDER BY e.position LIMIT {int(limit)}",
        consumer,
        list(streams),
        now(),
    )
    return [Waiting(Happened.of(row), row["tries"]) for row in rows]


async def unpark(consumer: str, position: int) -> None:
    """A parked event was handled."""
    await db.sql("DELETE FROM parked WHERE consumer = $1 AND position = $2", consumer, position)


async def bury(consumer: str, position: int, error: str) -> None:
    """Give an event up: a dead letter, kept to be looked at and replayed."""
    await db.sql(
        "UPDATE parked SET state = 'dead', error = $3 WHERE consumer = $1 AND position = $2",
        consumer,
        position,
        error[:120],
    )


async def dead(limit: int = 100) -> list[db.Row]:
    """The dead letters, newest first: consumer, position, kind, conversation, tries, error."""
    return await db.sql(
        "SELECT p.consumer, p.position, e.kind, p.key, p.tries, p.error, p.created_at "
        "FROM parked p JOIN events e ON e.position = p.position WHERE p.state = 'dead' "
        f"ORDER BY p.position DESC LIMIT {int(limit)}"
    )


async def dead_letter(position: int) -> list[db.Row]:
    """The dead letters of one event, with the event's facts; one per consumer that gave it up."""
    return await db.sql(
        "SELECT p.consumer, p.tries, p.error, p.created_at, e.position, e.kind, e.at, e.actor, "
        "e.shop_id, e.conversation_id, e.ticket_id, e.order_id, e.data "
        "FROM parked p JOIN events e ON e.position = p.position "
        "WHERE p.state = 'dead' AND p.position = $1",
        position,
    )


async def replay(position: int | None = None) -> int:
    """Let dead letters be tried again, one or all; how many."""
    rows = await db.sql(
        "UPDATE parked SET state = 'waiting', tries = 0, due_at = $1 "
        "WHERE state = 'dead' AND ($2::bigint IS NULL OR position = $2) RETURNING position",
        now(),
        position,
    )
    return len(rows)


def fair_share(workers: int) -> int:
    """How many streams one of `workers` holds, rounded up."""
    return -(-STREAMS // max(workers, 1))
