"""The verb of deadlines: mark what is due, warned first, breached when the grace is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain import db
from domain.actors import system
from domain.clock import now
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation
from domain.shops.models import Shop
from domain.sla import rules
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket

BATCH = 200


async def tick() -> int:
    """Mark the deadlines of conversations and tickets that have passed; how many were marked.

    Rows are claimed with SKIP LOCKED, so that any number of workers may tick at once.
    """
    return await _conversations() + await _tickets()


async def _conversations() -> int:
    async def mark(row: db.Row) -> bool:
        shop = await Shop.get(id=row["shop_id"])
        grace = rules.alarm(shop.settings) - rules.first_response(shop.settings)
        state = rules.state(row["first_due_at"], row["deadline"] == "warned", now(), grace)
        if state:
            conversation = await db.lock(Conversation, system(shop.id).scope, row["id"])
            await conversations.mark_deadline(conversation, state)
        return bool(state)

    live = "t.answered_at IS NULL AND t.state = 'open'"
    return await _marked("conversations", "first_due_at", live, mark)


async def _tickets() -> int:
    async def mark(row: db.Row) -> bool:
        state = rules.state(row["due_at"], row["deadline"] == "warned", now(), _grace(row))
        if state:
            ticket = await db.lock(Ticket, system(row["shop_id"]).scope, row["id"])
            await tickets.mark_deadline(ticket, state)
        return bool(state)

    return await _marked("tickets", "due_at", "t.state IN ('open', 'pending')", mark)


def _grace(row: db.Row) -> timedelta:
    """A ticket is breached a tenth of its time after it was due."""
    span: timedelta = row["due_at"] - row["opened_at"]
    return span / 10


async def _marked(
    table: str, column: str, live: str, mark: Callable[[db.Row], Awaitable[bool]]
) -> int:
    """Call `mark` with all that is due, the longest first; how often it marked something.

    Each batch is a unit of work and begins after the one before: those who were warned and still
    have their grace come again and again, and must not stand in the way of others.
    """
    marked, after = 0, (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    while True:
        async with db.unit_of_work():
            rows = await db.sql(
                f"SELECT t.* FROM {table} t WHERE t.{column} <= $1 "
                f"AND t.deadline IN ('running', 'warned') AND {live} "
                f"AND (t.{column}, t.id) > ($2, $3) "
                f"ORDER BY t.{column}, t.id LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
                now(),
                *after,
            )
            for row in rows:
                marked += await mark(row)
        if len(rows) < BATCH:
            return marked
        after = rows[-1][column], rows[-1]["id"]
