"""The verbs of routing: be present, and drain a shop's queue."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import db
from domain.actors import Actor, system
from domain.clock import now
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation, Holder
from domain.errors import Invalid, NotAllowed
from domain.events import Kind, record
from domain.people.models import Grant, Presence
from domain.routing import policy, queries, rules
from domain.tickets import actions as tickets

ALREADY_LATE = timedelta()


async def set_presence(actor: Actor, presence: str) -> Grant:
    """An agent says: online, away or offline. Raises NotAllowed, Invalid."""
    if not policy.may_be_present(actor):
        raise NotAllowed()
    if presence not in {p.value for p in Presence}:
        raise Invalid(field="presence")
    async with db.unit_of_work():
        grant = await db.lock(Grant, actor.scope, actor.id)
        before, grant.presence, grant.seen_at = grant.presence, presence, now()
        await grant.save(update_fields=["presence", "seen_at"])
        if before != presence:
            record(
                Kind.PRESENCE_CHANGED,
                shop=grant.shop_id,
                by=actor.ref,
                key=grant.id,
                agent_id=grant.id,
                presence=presence,
            )
    return grant


async def heartbeat(*actors: Actor) -> None:
    """Open consoles say that their agents are still there: one statement, however many they are."""
    ids = [actor.id for actor in actors if policy.may_be_present(actor)]
    if ids:
        # Locked in one order, so that two processes cannot wait for each other.
        await db.sql(
            "UPDATE grants SET seen_at = $2 WHERE id IN"
            " (SELECT id FROM grants WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE)",
            ids,
            now(),
        )


async def drain(shop: UUID) -> list[tuple[UUID, UUID]]:
    """Give what waits to whoever is free; (conversation, agent) pairs.

    One drain of a shop at a time, whichever worker runs it, so that capacity holds.
    """
    async with db.unit_of_work():
        await db.sql("SELECT pg_advisory_xact_lock(hashtext($1))", f"route:{shop}")
        await _requeue(shop)
        queue = await queries.queue(shop)
        if not queue:
            return []
        given = rules.assignments(queue, await queries.seats(shop))
        return [pair for pair in given if await _assign(shop, *pair)]


async def _requeue(shop: UUID) -> None:
    """What somebody had who is no longer of this shop waits again, for the same team."""
    for conversation_id, team_id in await queries.abandoned(shop):
        conversation = await db.lock(Conversation, system(shop).scope, conversation_id)
        await conversations.hand_over(conversation, team_id, ["agent_gone"], ALREADY_LATE)


async def _assign(shop: UUID, conversation_id: UUID, agent_id: UUID) -> bool:
    """Assign if it still waits; somebody may have claimed it since the queue was read."""
    conversation = await db.lock(Conversation, system(shop).scope, conversation_id)
    if conversation.holder != Holder.QUEUE.value or conversation.state != "open":
        return False
    await conversations.assign(conversation, agent_id)
    await tickets.follow(conversation)
    return True
