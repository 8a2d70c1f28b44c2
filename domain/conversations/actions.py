"""The verbs of conversations. A customer writes, an agent answers or notes; the others have rooms
of their own, and are named here too, so that a caller knows one place."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actors import Actor, system
from domain.channels.models import Channel
from domain.clock import now
from domain.conversations import policy, rules
from domain.conversations.holding.actions import (
    assign,
    claim,
    close,
    end,
    first_answer,
    give_back,
    give_to,
    hand_over,
    link_order,
    mark_deadline,
    name_of,
    redirect,
    remember,
    tell,
    transfer,
    understood,
    working,
)
from domain.conversations.messages.actions import answer, known, reveal, sent, write
from domain.conversations.models import Author, Conversation, Holder, Message, Timeline
from domain.errors import AlreadyClaimed, Conflict, NotAllowed, NotFound
from domain.events import Kind, record
from domain.orders.models import Order
from domain.settings import settings
from domain.understanding.entities import LOOKUPS, entities

__all__ = [
    "answer",
    "assign",
    "claim",
    "close",
    "give_back",
    "hand_over",
    "link_order",
    "mark_deadline",
    "note",
    "receive",
    "redirect",
    "remember",
    "reply",
    "reveal",
    "transfer",
    "understood",
]


async def receive(
    actor: Actor, text: str, client_id: str | None = None, channel_id: UUID | None = None
) -> Message:
    """A customer said something. Stored once per `client_id`; what is secret is sealed first.

    Raises Invalid or TooLong for a text that cannot be taken, NotFound for another shop's channel.
    """
    if not policy.may_write(actor):
        raise NotAllowed()
    said = rules.clean(text, settings().max_message)
    client_id = rules.clean_id(client_id)
    async with db.unit_of_work():
        await _hold_customer(actor.id)
        if client_id and (stored := await known(actor.id, Author.CUSTOMER, client_id)):
            return stored
        conversation = await _current(actor, channel_id)
        message = await _customer_message(actor, conversation, said, client_id)
        conversation.last_message_at = message.created_at
        await conversation.save(update_fields=["last_message_at", "last_seq"])
        record(
            Kind.MESSAGE_RECEIVED,
            shop=conversation.shop_id,
            by=actor.ref,
            conversation=conversation.id,
            customers=[conversation.customer_id],
            merchants=[message.merchant_id],
            message=message.id,
        )
    return message


async def reply(
    actor: Actor, conversation_id: UUID, text: str, client_id: str | None = None
) -> Message:
    """An agent answers, and has the conversation from then on.

    Raises NotFound, NotAllowed, AlreadyClaimed (somebody else has it), AlreadyClosed, Invalid.
    """
    said = rules.clean(text, settings().max_message)
    client_id = rules.clean_id(client_id)
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id)
        if client_id and (stored := await known(conversation.customer_id, Author.AGENT, client_id)):
            if stored.agent_id != actor.id:
                raise Conflict(field="clientId")
            return stored
        if not policy.may_reply(actor, conversation):
            raise AlreadyClaimed(by=await name_of(conversation.agent_id))
        if conversation.holder != Holder.AGENT.value:
            await give_to(conversation, actor.id, by=actor.ref)
        message = await write(conversation, Author.AGENT, said, actor=actor, client_id=client_id)
        await first_answer(conversation, actor)
        await sent(conversation, message, actor.ref)
    return message


async def note(actor: Actor, conversation_id: UUID, text: str) -> Message:
    """Staff write a note to staff. Customers, merchants and partners never see it."""
    said = rules.clean(text, settings().max_message)
    async with db.unit_of_work():
        conversation = await working(actor, conversation_id, closed=True)
        message = await write(conversation, Author.NOTE, said, actor=actor)
        await conversation.save(update_fields=["last_seq"])
        record(
            Kind.NOTE_ADDED,
            shop=conversation.shop_id,
            by=actor.ref,
            conversation=conversation.id,
            message=message.id,
        )
    return message


async def _hold_customer(customer_id: UUID) -> None:
    """Take turns: two messages of one customer are stored one after the other."""
    rows = await db.sql("SELECT id FROM customers WHERE id = $1 FOR NO KEY UPDATE", customer_id)
    if not rows:
        raise NotFound(noun="customer")


async def _current(actor: Actor, channel_id: UUID | None) -> Conversation:
    """The customer's open conversation in the channel, locked; a new one if there is none."""
    channel = await _channel(actor, channel_id)
    rows = await db.sql(
        "SELECT * FROM conversations WHERE shop_id = $1 AND customer_id = $2 AND channel_id = $3 "
        "AND state = 'open' FOR UPDATE",
        actor.shop,
        actor.id,
        channel.id,
    )
    if rows:
        conversation = db.hydrate(Conversation, rows[0])
        if not rules.is_idle(conversation.last_message_at, now()):
            return conversation
        await end(conversation, system(actor.shop))
    return await _open(actor, channel)


async def _channel(actor: Actor, channel_id: UUID | None) -> Channel:
    wanted = {"id": channel_id} if channel_id else {"kind": "webchat"}
    channel = await Channel.filter(shop_id=actor.shop, **wanted).order_by("id").first()
    if channel is None:
        raise NotFound(noun="channel")
    return channel


async def _open(actor: Actor, channel: Channel) -> Conversation:
    timeline, _ = await Timeline.get_or_create(shop_id=actor.shop, customer_id=actor.id)
    at = now()
    conversation = await Conversation.create(
        shop_id=actor.shop,
        timeline_id=timeline.id,
        customer_id=actor.id,
        channel_id=channel.id,
        opened_at=at,
        last_message_at=at,
    )
    await tell(Kind.CONVERSATION_OPENED, conversation, actor, channel=channel.kind)
    return conversation


async def _customer_message(
    actor: Actor, conversation: Conversation, text: str, client_id: str | None
) -> Message:
    """Read what must be read before redaction, keep the customer's own order numbers, seal."""
    found = entities(text, at=now())
    own: list[db.Row] = []
    if found.orders:
        own = await db.select(
            Order, actor.scope, [("t.number = ANY({})", list(found.orders[:LOOKUPS]))]
        )
    facts = {
        **found.facts([row["number"] for row in own]),
        "own_orders": [str(row["id"]) for row in own],
    }
    return await write(
        conversation,
        Author.CUSTOMER,
        text,
        actor=actor,
        client_id=client_id,
        keep=[row["number"] for row in own],
        entities=facts,
        order=own[0] if own else None,
    )
