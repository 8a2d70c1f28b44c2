"""Reads of tickets, each starting from a scope."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actors import Scope
from domain.tickets import rules
from domain.tickets.models import Ticket


async def by_number(scope: Scope, number: str) -> db.Row | None:
    """The ticket with a number, written with or without its dashes."""
    wanted = ("t.number = {}", rules.whole_number(number))
    rows = await db.select(Ticket, scope, [wanted], limit=1)
    return rows[0] if rows else None


async def of_conversation(scope: Scope, conversation: UUID) -> list[db.Row]:
    """The tickets of a conversation, newest first."""
    return await db.select(
        Ticket,
        scope,
        [("t.conversation_id = {}", conversation)],
        order="t.opened_at DESC, t.id DESC",
    )
