"""The verbs of holding: claim, assign, hand over, transfer, give back, close, and what is kept
on a conversation of what was understood."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import db
from domain.actors import Actor, system
from domain.clock import now
from domain.conversations import policy, queries, rules
from domain.conversations.messages.actions import write
from domain.conversations.models import Author, Conversation, Holder, Message
from domain.errors import AlreadyClaimed, AlreadyClosed, Invalid, NotAllowed
from domain.events import Kind, record
from domain.people.models import Grant, Team


async def claim(actor: Actor, conversation_id: UUID) -> Conversation:
    """Take a conversation. Of many at once exactly one wins; the rest are told who has it."""
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id)
        if conversation.holder == Holder.AGENT.value and conversation.agent_id != actor.id:
            raise AlreadyClaimed(by=await name_of(conversation.agent_id))
        if conversation.agent_id != actor.id:
            await give_to(conversation, actor.id, by=actor.ref)
    return conversation


async def assign(conversation: Conversation, agent_id: UUID) -> None:
    """Routing gives a locked, queued conversation to an agent."""
    await give_to(conversation, agent_id, by=system(conversation.shop_id).ref)


async def hand_over(
    conversation: Conversation, team_id: UUID, why: list[str], wait: timedelta
) -> None:
    """The bot hands a locked conversation to a team's queue; a person is due within `wait`."""
    conversation.holder, conversation.agent_id = Holder.QUEUE.value, None
    conversation.team_id, conversation.queued_at = team_id, now()
    if conversation.answered_at is None and conversation.first_due_at is None:
        conversation.first_due_at, conversation.deadline = now() + wait, "running"
    await conversation.save()
    await tell(Kind.CONVERSATION_QUEUED, conversation, None, team_id=team_id, reasons=why)


async def redirect(conversation: Conversation, team_id: UUID, why: list[str]) -> None:
    """A locked conversation that waits does so for another team, and keeps its place."""
    conversation.team_id = team_id
    await conversation.save(update_fields=["team_id"])
    await tell(Kind.CONVERSATION_QUEUED, conversation, None, team_id=team_id, reasons=why)


async def transfer(actor: Actor, conversation_id: UUID, team_id: UUID, reason: str) -> Conversation:
    """Hand a conversation to another team's queue, with a reason that staff can read."""
    why = rules.clean(reason, 500)
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id)
        if not policy.may_reply(actor, conversation):
            raise NotAllowed()
        team = await db.find(Team, actor.scope, team_id)
        await write(conversation, Author.NOTE, why, actor=actor)
        conversation.holder, conversation.agent_id = Holder.QUEUE.value, None
        conversation.team_id, conversation.queued_at = team.id, now()
        await conversation.save()
        await tell(Kind.CONVERSATION_QUEUED, conversation, actor, team_id=team.id)
    return conversation


async def give_back(actor: Actor, conversation_id: UUID) -> Conversation:
    """Give a conversation back to the bot; its tickets keep their owner."""
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id)
        if not policy.may_reply(actor, conversation):
            raise AlreadyClaimed(by=await name_of(conversation.agent_id))
        if conversation.holder != Holder.BOT.value:
            conversation.holder, conversation.agent_id = Holder.BOT.value, None
            conversation.queued_at, conversation.bot = None, {}
            await conversation.save()
            await tell(Kind.CONVERSATION_RETURNED, conversation, actor)
    return conversation


async def close(actor: Actor, conversation_id: UUID) -> Conversation:
    """End the episode. The customer's next message opens another on the same timeline."""
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id, closed=True)
        if conversation.state == "closed":
            raise AlreadyClosed()
        if not policy.may_reply(actor, conversation):
            raise AlreadyClaimed(by=await name_of(conversation.agent_id))
        await end(conversation, actor)
    return conversation


async def link_order(conversation: Conversation, message_id: UUID, order: db.Row) -> None:
    """Tie a locked conversation, and the message that named it, to an order of its customer."""
    await Message.filter(id=message_id).update(
        order_id=order["id"], merchant_id=order["merchant_id"]
    )
    if conversation.order_id == order["id"]:
        return
    conversation.order_id = order["id"]
    await conversation.save(update_fields=["order_id"])
    record(
        Kind.ORDER_LINKED,
        shop=conversation.shop_id,
        by=system(conversation.shop_id).ref,
        conversation=conversation.id,
        order=order["id"],
        customers=[conversation.customer_id],
        # Whose order it was about no longer sees one there.
        merchants=[order["merchant_id"], *await queries.merchants_in(conversation.id)],
        message=message_id,
    )


async def understood(
    conversation: Conversation, intent: str, sentiment: str, level: int, why: list[str]
) -> None:
    """Keep the last understanding on a locked conversation; raise its priority, never lower it."""
    changed = (conversation.intent, conversation.sentiment) != (intent, sentiment)
    conversation.intent, conversation.sentiment = intent, sentiment
    reasons = rules.raised(conversation.priority, conversation.reasons, level, why)
    if reasons is not None:
        conversation.priority, conversation.reasons = level, reasons
    await conversation.save(update_fields=["intent", "sentiment", "priority", "reasons"])
    if reasons is not None:
        await tell(Kind.CONVERSATION_RAISED, conversation, None, priority=level, reasons=reasons)
    elif changed:
        await tell(Kind.CONVERSATION_UNDERSTOOD, conversation, None, intent=intent)


async def remember(conversation: Conversation, memory: dict[str, Any]) -> None:
    """Keep the dialogue's memory of a locked conversation."""
    conversation.bot = memory
    await conversation.save(update_fields=["bot"])


async def mark_deadline(conversation: Conversation, state: str) -> None:
    """A locked conversation's deadline was warned or breached; say so."""
    conversation.deadline = state
    await conversation.save(update_fields=["deadline"])
    kind = Kind.DEADLINE_WARNED if state == "warned" else Kind.DEADLINE_BREACHED
    await tell(kind, conversation, None, due_at=conversation.first_due_at)


async def working(actor: Actor, conversation_id: UUID, closed: bool = False) -> Conversation:
    """A conversation locked for staff. Raises NotFound, NotAllowed, AlreadyClosed."""
    conversation = await db.lock(Conversation, policy.visible_to(actor), conversation_id)
    if not policy.may_work(actor):
        raise NotAllowed()
    if conversation.state == "closed" and not closed:
        raise AlreadyClosed()
    return conversation


async def give_to(conversation: Conversation, agent_id: UUID, by: str) -> None:
    grant = await Grant.get_or_none(id=agent_id, shop_id=conversation.shop_id)
    if grant is None:
        raise Invalid(field="agent")
    conversation.holder, conversation.agent_id = Holder.AGENT.value, agent_id
    conversation.queued_at = None
    await conversation.save()
    record(
        Kind.CONVERSATION_ASSIGNED,
        shop=conversation.shop_id,
        by=by,
        conversation=conversation.id,
        customers=[conversation.customer_id],
        merchants=await queries.merchants_in(conversation.id),
        agent_id=agent_id,
    )


async def first_answer(conversation: Conversation, actor: Actor) -> None:
    """A person's first answer meets the deadline, and is timed from when a person was due."""
    if conversation.answered_at is not None:
        return
    since = conversation.first_due_at or conversation.opened_at
    conversation.answered_at = now()
    waited = now() - (conversation.queued_at or conversation.opened_at)
    if conversation.deadline in ("running", "warned"):
        conversation.deadline = "met" if now() <= since else "breached"
    await tell(
        Kind.FIRST_ANSWERED,
        conversation,
        actor,
        seconds=round(waited.total_seconds(), 3),
        met=conversation.deadline != "breached",
    )


async def end(conversation: Conversation, actor: Actor) -> None:
    conversation.state, conversation.closed_at = "closed", now()
    if conversation.deadline in ("running", "warned"):
        conversation.deadline = "none"
    await conversation.save()
    await tell(Kind.CONVERSATION_CLOSED, conversation, actor)


async def tell(kind: Kind, conversation: Conversation, actor: Actor | None, **facts: Any) -> None:
    record(
        kind,
        shop=conversation.shop_id,
        by=(actor or system(conversation.shop_id)).ref,
        conversation=conversation.id,
        customers=[conversation.customer_id],
        merchants=await queries.merchants_in(conversation.id),
        **facts,
    )


async def name_of(agent_id: UUID | None) -> str:
    rows = await db.sql(
        "SELECT p.name FROM grants g JOIN people p ON p.id = g.person_id WHERE g.id = $1", agent_id
    )
    return rows[0]["name"] if rows else ""
