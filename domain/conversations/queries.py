"""Reads of conversations, each starting from a scope."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actors import Scope
from domain.conversations.models import Conversation, Message


async def open_of_customer(scope: Scope, customer: UUID) -> db.Row | None:
    """A customer's open conversation, the latest if there is one per channel."""
    rows = await db.select(
        Conversation,
        scope,
        [("t.customer_id = {}", customer), ("t.state = 'open'", ...)],
        order="t.last_message_at DESC, t.id DESC",
        limit=1,
    )
    return rows[0] if rows else None


async def said(
    scope: Scope, conversation: UUID, *, after: int = 0, limit: int = 200
) -> list[db.Row]:
    """The messages of a conversation after a `seq`, in order."""
    return await db.select(
        Message,
        scope,
        [("t.conversation_id = {}", conversation), ("t.seq > {}", after)],
        order="t.seq",
        limit=limit,
    )


async def last_said(scope: Scope, conversation: UUID, limit: int = 50) -> list[db.Row]:
    """The newest messages of a conversation, in order."""
    rows = await db.select(
        Message,
        scope,
        [("t.conversation_id = {}", conversation)],
        order="t.seq DESC",
        limit=limit,
    )
    return rows[::-1]


async def said_to_customer(scope: Scope, customer: UUID, limit: int = 50) -> list[db.Row]:
    """The newest messages of a whole timeline, in order: what the widget shows on opening."""
    rows = await db.select(
        Message,
        scope,
        [("t.customer_id = {}", customer)],
        order="t.created_at DESC, t.seq DESC",
        limit=limit,
    )
    return rows[::-1]


async def waiting_before(scope: Scope, conversation: Conversation) -> int:
    """How many queued conversations are ahead of this one in its team."""
    return await db.count(
        Conversation,
        scope,
        [
            ("t.holder = 'queue'", ...),
            ("t.team_id = {}", conversation.team_id),
            ("t.id <> {}", conversation.id),
            ("t.priority > {}", conversation.priority),
        ],
    ) + await db.count(
        Conversation,
        scope,
        [
            ("t.holder = 'queue'", ...),
            ("t.team_id = {}", conversation.team_id),
            ("t.priority = {}", conversation.priority),
            ("t.queued_at < {}", conversation.queued_at),
        ],
    )


async def merchants_in(conversation: UUID) -> list[UUID]:
    """The merchants whose orders a conversation touched: those who see it. For events only."""
    rows = await db.sql(
        "SELECT DISTINCT merchant_id FROM messages WHERE conversation_id = $1 "
        "AND merchant_id IS NOT NULL AND author <> 'note'",
        conversation,
    )
    return [row["merchant_id"] for row in rows]
