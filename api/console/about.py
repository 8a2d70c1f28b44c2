"""What stands beside a conversation: customer, orders, tickets, what happened, what to say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.console.pages import draw
from api.console.queue import names_of_agents
from domain import db, events
from domain.actors import Actor
from domain.conversations.models import Conversation
from domain.events import Kind
from domain.knowledge.models import Template
from domain.orders import queries as orders
from domain.people import queries as people
from domain.people.models import Customer
from domain.tickets import policy as ticket_policy
from domain.tickets import queries as tickets
from domain.tickets.models import Ticket

CHATTER = frozenset({Kind.MESSAGE_RECEIVED, Kind.MESSAGE_SENT, Kind.MESSAGE_UNDERSTOOD})
LATEST_EVENTS = 14
MOST_PHRASES = 8


async def draw_side(actor: Actor, id: UUID) -> str:
    """The panel beside a conversation, as far as the viewer's scope goes."""
    conversation = await db.find(Conversation, actor.scope, id)
    bought = await orders.of_customer(actor.scope, conversation.customer_id, 8)
    linked = await orders.by_ids(actor.scope, _known(conversation.order_id))
    names = await names_of_agents(actor)
    return draw(
        "conversations/_side.html",
        actor.locale,
        conversation=conversation,
        customer=await customer_of(actor, conversation.customer_id),
        identities=await people.identities(actor, conversation.customer_id),
        order=with_evidence(linked[0]) if linked else None,
        others=[row for row in bought if row["id"] != conversation.order_id],
        tickets=[
            ticket_row(actor, row, names) for row in await tickets.of_conversation(actor.scope, id)
        ],
        happened=await happened(actor, names, conversation=id),
        staff=actor.is_staff,
    )


def _known(id: UUID | None) -> list[UUID]:
    return [id] if id else []


async def customer_of(actor: Actor, id: UUID) -> db.Row | None:
    """The customer, if the viewer may know them."""
    found = await db.select(Customer, actor.scope, [("t.id = {}", id)])
    return found[0] if found else None


def with_evidence(order: db.Row) -> db.Row:
    """An order whose evidence is a value and not text."""
    return {**order, "evidence": db.json(order["evidence"])}


def ticket_row(actor: Actor, row: db.Row, names: dict[UUID, str]) -> dict[str, Any]:
    """A ticket with its owner's name and whether the viewer may work on it."""
    return {
        **row,
        "reasons": db.json(row["reasons"]),
        "owner": names.get(row["owner_id"], ""),
        "mine": row["owner_id"] == actor.id,
        "may_work": ticket_policy.may_work(actor, db.hydrate(Ticket, dict(row))),
    }


async def happened(
    actor: Actor,
    names: dict[UUID, str],
    *,
    conversation: UUID | None = None,
    ticket: UUID | None = None,
) -> list[dict[str, Any]]:
    """The newest events of a conversation or ticket, for staff; who did them in words."""
    if not actor.is_staff:
        return []
    found = await events.history(actor.shop, conversation=conversation, ticket=ticket)
    told = [event for event in found if event.kind not in CHATTER][-LATEST_EVENTS:]
    return [
        {"kind": event.kind, "at": event.at, "who": _who(event.actor, names), "data": event.data}
        for event in reversed(told)
    ]


def _who(ref: str, names: dict[UUID, str]) -> tuple[str, str]:
    """(role, name) of an event's actor; the name is empty where the role says enough."""
    role, _, id = ref.partition(":")
    try:
        return role, names.get(UUID(id), "")
    except ValueError:
        return role, ""


async def teams(actor: Actor) -> list[db.Row]:
    """The teams to transfer to; staff alone see them."""
    return await people.teams(actor) if actor.is_staff else []


async def draw_phrases(actor: Actor, id: UUID) -> str:
    """What one says in this matter, with the names and numbers filled in."""
    conversation = await db.find(Conversation, actor.scope, id)
    wanted = [conversation.intent or "small_talk", "small_talk", "human_handoff"]
    found = await db.select(
        Template,
        actor.scope,
        [("t.intent = ANY({})", wanted)],
        order="t.key",
    )
    found.sort(key=lambda row: wanted.index(row["intent"]))
    filled = await _variables(actor, conversation)
    phrases = [_filled(row, actor.locale, filled) for row in found[:MOST_PHRASES]]
    return draw("conversations/_phrases.html", actor.locale, phrases=phrases)


async def _variables(actor: Actor, conversation: Conversation) -> dict[str, str]:
    customer = await customer_of(actor, conversation.customer_id)
    linked = await orders.by_ids(actor.scope, _known(conversation.order_id))
    numbers = await tickets.of_conversation(actor.scope, conversation.id)
    order = linked[0] if linked else None
    return {
        "customer": customer["name"] if customer else "",
        "agent": actor.name,
        "order": order["number"] if order else "",
        "product": order["product"] if order else "",
        "amount": f"{order['amount']:.2f}" if order else "",
        "ticket": numbers[0]["number"] if numbers else "",
    }


def _filled(row: db.Row, locale: str, values: dict[str, str]) -> dict[str, str]:
    """A template with what is known put in; what is not stays in braces for the agent to see."""
    text = (row["text_en"] if locale == "en" else "") or row["text"]
    for name, value in values.items():
        if value:
            text = text.replace(f"{{{name}}}", value)
    return {"intent": row["intent"], "text": text}
