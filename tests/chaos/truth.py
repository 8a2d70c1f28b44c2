"""What must hold after anything was killed, read from PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import asyncpg

from bench.installation import Installation
from domain import db
from tests.chaos.crowd import Crowd
from tests.chaos.follower import Follower

# What a handler did is committed before its checkpoint moves, so a moment in which nothing waits
# anywhere is the end: nothing more will come of what was said.
_LEFT = """
SELECT (SELECT count(*) FROM events WHERE position IS NULL)
     + (SELECT count(*) FROM parked WHERE state = 'waiting')
     + (SELECT count(*) FROM checkpoints c JOIN events e
        ON e.stream = c.stream AND e.position > c.position)
     + (SELECT count(*) FROM messages m WHERE m.author = 'customer' AND NOT EXISTS
        (SELECT 1 FROM readings r WHERE r.message_id = m.id))
"""

# Every customer message that nobody answered, and in whose conversation nobody is asked to.
_FORGOTTEN = """
SELECT m.seq, m.text, c.holder FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.author = 'customer' AND m.customer_id = ANY($1::uuid[]) AND c.holder = 'bot'
AND NOT EXISTS (SELECT 1 FROM messages b WHERE b.reply_to = m.id AND b.author = 'bot')
"""
_TWICE = """
SELECT conversation_id, reply_to, count(*) FROM messages
WHERE author = 'bot' AND reply_to IS NOT NULL
GROUP BY 1, 2 HAVING count(*) > 1
"""
# A screen of all conversations is told of these.
_TOLD = """
SELECT position FROM events WHERE conversation_id IS NOT NULL AND ticket_id IS NULL
AND position > $1 ORDER BY position
"""


async def settled(here: Installation, seconds: float = 20.0) -> None:
    """Wait until nothing is left to do. Raises AssertionError with what is."""
    deadline = time.monotonic() + seconds
    left: object = "no answer"
    while time.monotonic() < deadline:
        try:
            async with here.database() as connection:
                left = await connection.fetchval(_LEFT)
                if left == 0:
                    return
        except (*db.Unreachable, TimeoutError) as error:
            left = type(error).__name__
        await asyncio.sleep(0.1)
    raise AssertionError(f"left after {seconds} s: {left}")


async def holds(here: Installation, crowd: Crowd, follower: Follower) -> None:
    """All of it."""
    async with here.database() as connection:
        await _stored_once_in_order(connection, crowd)
        await _read_once(connection, crowd)
        await _counted_without_gaps(connection, crowd)
        await _answered_or_with_a_person(connection, crowd)
        await _events_are_gapless(connection, crowd)
        await _told_exactly_once(connection, follower)
        await _heard_exactly_once(connection, crowd)


async def _stored_once_in_order(connection: asyncpg.Connection, crowd: Crowd) -> None:
    for shopper in crowd.shoppers:
        rows = await connection.fetch(
            "SELECT client_id FROM messages WHERE customer_id = $1 AND author = 'customer' "
            "ORDER BY created_at, seq",
            shopper.id,
        )
        assert [row["client_id"] for row in rows] == shopper.acknowledged


async def _read_once(connection: asyncpg.Connection, crowd: Crowd) -> None:
    readings = await connection.fetch(
        "SELECT m.id, count(r.id) AS n FROM messages m LEFT JOIN readings r ON r.message_id = m.id "
        "WHERE m.author = 'customer' AND m.customer_id = ANY($1::uuid[]) GROUP BY m.id",
        [shopper.id for shopper in crowd.shoppers],
    )
    assert Counter(row["n"] for row in readings) == {1: crowd.acknowledged}


async def _counted_without_gaps(connection: asyncpg.Connection, crowd: Crowd) -> None:
    for shopper in crowd.shoppers:
        talks = await connection.fetch(
            "SELECT c.last_seq, array_agg(m.seq ORDER BY m.seq) AS seqs, "
            "array_agg(m.client_id ORDER BY m.seq) FILTER (WHERE m.author = 'customer') AS said "
            "FROM conversations c JOIN messages m ON m.conversation_id = c.id "
            "WHERE c.customer_id = $1 GROUP BY c.id ORDER BY c.opened_at",
            shopper.id,
        )
        assert len(talks) == 1
        for talk in talks:
            assert talk["seqs"] == list(range(1, talk["last_seq"] + 1))
            assert talk["said"] == shopper.acknowledged


async def _answered_or_with_a_person(connection: asyncpg.Connection, crowd: Crowd) -> None:
    ids = [shopper.id for shopper in crowd.shoppers]
    assert await connection.fetch(_FORGOTTEN, ids) == []
    assert await connection.fetch(_TWICE) == []


async def _events_are_gapless(connection: asyncpg.Connection, crowd: Crowd) -> None:
    row = await connection.fetchrow(
        "SELECT count(*) AS n, min(e.position) AS low, max(e.position) AS high, "
        "(SELECT position FROM sequence) AS given FROM events e"
    )
    assert row is not None
    assert (row["low"], row["high"], row["given"]) == (1, row["n"], row["n"])
    assert await connection.fetch("SELECT consumer, position, state, error FROM parked") == []
    kinds = await connection.fetch(
        "SELECT kind, count(*) AS n FROM events WHERE customer_ids && $1::uuid[] AND kind IN "
        "('MessageReceived', 'MessageUnderstood') GROUP BY kind",
        [shopper.id for shopper in crowd.shoppers],
    )
    assert {row["n"] for row in kinds} == {crowd.acknowledged}


async def _told_exactly_once(connection: asyncpg.Connection, follower: Follower) -> None:
    """Each event once, in order; or, where rows could not be read, the word to fetch anew."""
    rows = await connection.fetch(_TOLD, follower.began)
    due = [row["position"] for row in rows]
    await _until(lambda: follower.position >= due[-1])
    assert follower.seen == sorted(set(follower.seen))
    untold = set(due) - set(follower.seen)
    fetched = {p for p in untold if any(low < p <= high for low, high in follower.resyncs)}
    assert untold - fetched == set()
    assert set(follower.seen) <= set(due)


async def _heard_exactly_once(connection: asyncpg.Connection, crowd: Crowd) -> None:
    """Each customer's page was told each of their messages and answers once, in order."""
    for shopper in crowd.shoppers:
        rows = await connection.fetch(
            "SELECT position FROM events WHERE kind IN ('MessageReceived', 'MessageSent') "
            "AND customer_ids @> ARRAY[$1::uuid] ORDER BY position",
            shopper.id,
        )
        due = [row["position"] for row in rows]
        await _until(partial(shopper.heard.__contains__, due[-1]))
        assert shopper.heard == due


async def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Give streams the time to arrive; who asserts says what is missing."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
