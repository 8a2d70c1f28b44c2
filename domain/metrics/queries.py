"""Figures: counts and times, all of them from events and from what waits now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain import db
from domain.actors import STAFF, Role, Scope
from domain.conversations.models import Conversation
from domain.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts in [since, until), times in seconds; `waiting` and `with_agents` are of now."""

    conversations: int
    messages: int
    answered_by_bot: int
    handed_over: int
    tickets_opened: int
    tickets_solved: int
    breaches: int
    waiting: int
    with_agents: int
    first_response_avg: float | None
    first_response_p50: float | None
    first_response_p95: float | None
    resolution_avg: float | None


_FIGURES = """
SELECT count(*) FILTER (WHERE kind = 'ConversationOpened') AS conversations,
       count(*) FILTER (WHERE kind = 'MessageReceived') AS messages,
       count(*) FILTER (WHERE kind = 'MessageSent' AND data->>'author' = 'bot') AS answered_by_bot,
       count(*) FILTER (WHERE kind = 'ConversationQueued') AS handed_over,
       count(*) FILTER (WHERE kind = 'TicketOpened') AS tickets_opened,
       count(*) FILTER (WHERE kind = 'TicketSolved') AS tickets_solved,
       count(*) FILTER (WHERE kind = 'DeadlineBreached') AS breaches,
       avg((data->>'seconds')::float8) FILTER (WHERE kind = 'FirstAnswered') AS first_response_avg,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY (data->>'seconds')::float8)
           FILTER (WHERE kind = 'FirstAnswered') AS first_response_p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY (data->>'seconds')::float8)
           FILTER (WHERE kind = 'FirstAnswered') AS first_response_p95,
       avg((data->>'seconds')::float8) FILTER (WHERE kind = 'TicketSolved') AS resolution_avg
FROM events WHERE shop_id = $1 AND at >= $2 AND at < $3
"""


def may_see(scope: Scope) -> bool:
    """Staff see their shop's figures, merchants their own part, partners what was granted."""
    if scope.reads is not None and "metrics" not in scope.reads:
        return False
    return scope.role in STAFF or scope.merchant_id is not None or scope.role is Role.PARTNER


async def figures(scope: Scope, since: datetime, until: datetime) -> Figures:
    """The figures of a shop, or of a merchant's part of it. Raises NotAllowed."""
    if not may_see(scope) or scope.shop_id is None:
        raise NotAllowed()
    values: list[object] = [scope.shop_id, since, until]
    query = _FIGURES
    if scope.merchant_id is not None:
        values.append(scope.merchant_id)
        query += " AND $4 = ANY(merchant_ids)"
    row = (await db.sql(query, *values))[0]
    waiting, with_agents = await _at_present(scope)
    return Figures(**row, waiting=waiting, with_agents=with_agents)


async def _at_present(scope: Scope) -> tuple[int, int]:
    is_open = ("t.state = 'open'", ...)
    held = Scope(scope.shop_id, scope.role, scope.merchant_id, scope.customer_id)
    return (
        await db.count(Conversation, held, [("t.holder = 'queue'", ...), is_open]),
        await db.count(Conversation, held, [("t.holder = 'agent'", ...), is_open]),
    )
