"""The verb of deadlines: mark what is due, warned first, breached when the grace is over."""

from __future__ import annotations

from datetime import timedelta

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
    async with db.unit_of_work():
        rows = await _due(
            "conversations", "first_due_at", "t.answered_at IS NULL AND t.state = 'open'"
        )
        marked = 0
        for row in rows:
            shop = await Shop.get(id=row["shop_id"])
            grace = rules.alarm(shop.settings) - rules.first_response(shop.settings)
            state = rules.state(row["first_due_at"], row["deadline"] == "warned", now(), grace)
            if state:
                scope = system(row["shop_id"]).scope
                conversation = await db.lock(Conversation, scope, row["id"])
                await conversations.mark_deadline(conversation, state)
                marked += 1
    return marked


async def _tickets() -> int:
    async with db.unit_of_work():
        rows = await _due("tickets", "due_at", "t.state IN ('open', 'pending')")
        marked = 0
        for row in rows:
            warned = row["deadline"] == "warned"
            state = rules.state(row["due_at"], warned, now(), _grace(row))
            if state:
                ticket = await db.lock(Ticket, system(row["shop_id"]).scope, row["id"])
                await tickets.mark_deadline(ticket, state)
                marked += 1
    return marked


def _grace(row: db.Row) -> timedelta:
    """A ticket is breached a tenth of its time after it was due."""
    span: timedelta = row["due_at"] - row["opened_at"]
    return span / 10


async def _due(table: str, column: str, live: str) -> list[db.Row]:
    return await db.sql(
        f"SELECT t.* FROM {table} t WHERE t.{column} <= $1 "
        f"AND t.deadline IN ('running', 'warned') AND {live} "
        f"ORDER BY t.{column} LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
        now(),
    )
