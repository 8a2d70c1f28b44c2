"""Reads of routing: who waits, and who could take it."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.clock import now
from domain.routing.rules import ABSENT_AFTER, Seat, Waiting


async def queue(shop: UUID, limit: int = 200) -> list[Waiting]:
    """What waits in a shop: most urgent first, then oldest."""
    rows = await db.sql(
        "SELECT id, team_id FROM conversations WHERE shop_id = $1 AND holder = 'queue' "
        "AND state = 'open' AND team_id IS NOT NULL "
        f"ORDER BY priority DESC, queued_at, id LIMIT {int(limit)}",
        shop,
    )
    return [Waiting(row["id"], row["team_id"]) for row in rows]


async def seats(shop: UUID) -> list[Seat]:
    """The agents on shift, with their load and teams."""
    rows = await db.sql(
        "SELECT g.id, g.capacity, (SELECT count(*) FROM conversations c WHERE c.agent_id = g.id "
        "AND c.state = 'open' AND c.holder = 'agent') AS load, "
        "array_agg(m.team_id) AS teams FROM grants g JOIN memberships m ON m.grant_id = g.id "
        "WHERE g.shop_id = $1 AND g.presence = 'online' AND g.revoked_at IS NULL "
        "AND g.role IN ('agent', 'supervisor') AND g.seen_at > $2 GROUP BY g.id",
        shop,
        now() - ABSENT_AFTER,
    )
    return [Seat(r["id"], r["load"], r["capacity"], frozenset(r["teams"])) for r in rows]


async def abandoned(shop: UUID) -> list[tuple[UUID, UUID]]:
    """Open conversations whose agent has lost the grant, with the team that takes over.

    That is the team it waited for; where an agent took it straight from the bot, the general one.
    """
    rows = await db.sql(
        "SELECT c.id, COALESCE(c.team_id, t.id) AS team_id FROM conversations c "
        "JOIN grants g ON g.id = c.agent_id "
        "JOIN teams t ON t.shop_id = c.shop_id AND t.key = 'general' "
        "WHERE c.shop_id = $1 AND c.state = 'open' AND c.holder = 'agent' "
        "AND g.revoked_at IS NOT NULL",
        shop,
    )
    return [(row["id"], row["team_id"]) for row in rows]


async def is_staffed(shop: UUID, team: UUID) -> bool:
    """Whether anybody of a team is on shift."""
    return any(team in seat.team_ids for seat in await seats(shop))
