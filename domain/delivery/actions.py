"""The verbs of delivery: take in a verified message, hand one over, try again what failed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import db
from domain.actors import Actor, Role, system
from domain.channels.base import InboundMessage, SendFailed, SendRefused, SendUncertain
from domain.channels.models import Channel, Delivery, DeliveryState
from domain.channels.registry import outside
from domain.clock import now
from domain.conversations import actions as conversations
from domain.conversations.models import Message
from domain.events import Kind, record
from domain.orders import actions as orders
from domain.people import actions as people
from domain.shops.queries import shop_by_id

TRIES = 6


async def take_in(channel: Channel, inbound: InboundMessage) -> Message:
    """Store a message that came in by a channel, once per the channel's own id of it."""
    shop = await shop_by_id(channel.shop_id)
    customer = await people.external(shop, channel.id, inbound.sender, inbound.name, inbound.locale)
    await orders.claim_for(channel.shop_id, customer.id)
    actor = Actor(
        role=Role.CUSTOMER,
        shop_id=channel.shop_id,
        id=customer.id,
        customer_id=customer.id,
        name=customer.name,
        locale=customer.locale,
    )
    return await conversations.receive(actor, inbound.text, inbound.external_id, channel.id)


async def enqueue(message_id: UUID) -> Delivery | None:
    """Note that a message has to be handed over, if its channel has to be called at all."""
    rows = await db.sql(
        "SELECT m.shop_id, c.channel_id, ch.kind FROM messages m "
        "JOIN conversations c ON c.id = m.conversation_id "
        "JOIN channels ch ON ch.id = c.channel_id WHERE m.id = $1",
        message_id,
    )
    if not rows or rows[0]["kind"] == "webchat":
        return None
    async with db.unit_of_work():
        delivery, _ = await Delivery.get_or_create(
            message_id=message_id,
            defaults={
                "shop_id": rows[0]["shop_id"],
                "channel_id": rows[0]["channel_id"],
                "due_at": now(),
            },
        )
    return delivery


async def hand_over(delivery_id: UUID) -> str:
    """Try one delivery; its state afterwards. A failed one is due again later, six times in all."""
    claimed = await _claim(delivery_id)
    if claimed is None:
        return DeliveryState.PENDING.value
    delivery, channel, message = claimed
    body = {
        "id": str(message.id),
        "conversation": str(message.conversation_id),
        "author": message.author,
        "name": message.author_name,
        "text": message.text,
        "at": message.created_at.isoformat(),
    }
    state, error = DeliveryState.SENT, ""
    try:
        await outside(channel.kind).send(channel, body)
    except SendUncertain as unsure:
        state, error = DeliveryState.UNCERTAIN, str(unsure)
    except SendRefused as refused:
        state, error = DeliveryState.FAILED, str(refused)
    except SendFailed as failed:
        last = delivery.tries >= TRIES
        state, error = (DeliveryState.FAILED if last else DeliveryState.PENDING), str(failed)
    await _note(delivery, message, state, error)
    return state.value


async def due(limit: int = 50) -> list[UUID]:
    """Deliveries whose time has come."""
    rows = await db.sql(
        "SELECT id FROM deliveries WHERE state = 'pending' AND due_at <= $1 "
        f"ORDER BY due_at LIMIT {int(limit)}",
        now(),
    )
    return [row["id"] for row in rows]


async def _claim(delivery_id: UUID) -> tuple[Delivery, Channel, Message] | None:
    """Take one try of a delivery: whoever moves `due_at` forward first has it."""
    async with db.unit_of_work():
        rows = await db.sql(
            "UPDATE deliveries SET tries = tries + 1, due_at = $2 WHERE id = $1 "
            "AND state = 'pending' AND due_at <= $3 RETURNING *",
            delivery_id,
            now() + timedelta(seconds=30),
            now(),
        )
    if not rows:
        return None
    delivery = db.hydrate(Delivery, rows[0])
    channel = await Channel.get(id=delivery.channel_id)
    return delivery, channel, await Message.get(id=delivery.message_id)


async def _note(delivery: Delivery, message: Message, state: DeliveryState, error: str) -> None:
    async with db.unit_of_work():
        delivery.state, delivery.error = state.value, error[:64]
        if state is DeliveryState.PENDING:
            delivery.due_at = now() + timedelta(seconds=2**delivery.tries)
        delivery.sent_at = now() if state is DeliveryState.SENT else None
        await delivery.save()
        if state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN):
            record(
                Kind.DELIVERY_FAILED,
                shop=delivery.shop_id,
                by=system(delivery.shop_id).ref,
                conversation=message.conversation_id,
                message=message.id,
                state=state.value,
            )
