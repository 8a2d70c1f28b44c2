"""The verbs of tickets: open, own, solve, close, reopen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import db
from domain.actors import Actor, system
from domain.clock import now
from domain.conversations import actions as conversations
from domain.conversations import rules as talk
from domain.conversations.models import Conversation, Holder
from domain.errors import (
    AlreadyClaimed,
    AlreadyClosed,
    Invalid,
    NotAllowed,
    NotYourTeam,
    UnknownIntent,
)
from domain.events import Kind, record
from domain.orders.models import Order
from domain.people.models import Merchant, Team
from domain.shops.models import Shop
from domain.sla import rules as sla
from domain.tickets import policy, rules
from domain.tickets.models import Ticket, TicketState
from domain.understanding.intents import INTENTS

LIVE = (TicketState.OPEN.value, TicketState.PENDING.value)


async def open(actor: Actor, conversation_id: UUID, intent: str | None = None) -> Ticket:
    """Open a ticket from a conversation; the one that is open already, if there is one.

    Category, team and urgency come from `intent`, by default the conversation's last one.
    Raises NotFound, NotAllowed, Invalid (an intent nobody knows).
    """
    if not policy.may_open(actor):
        raise NotAllowed()
    async with db.unit_of_work():
        conversation = await db.lock(Conversation, actor.scope, conversation_id)
        code = intent or conversation.intent or "other"
        if code not in INTENTS:
            raise UnknownIntent(field="intent", known=", ".join(INTENTS))
        return await open_for(conversation, code, actor)


async def open_for(conversation: Conversation, intent: str, actor: Actor) -> Ticket:
    """Open the ticket of a locked conversation, or give the one that is open."""
    known = await Ticket.get_or_none(conversation_id=conversation.id, state__in=LIVE)
    if known is not None:
        return known
    order = await Order.get_or_none(id=conversation.order_id) if conversation.order_id else None
    level, reasons = await _priority(conversation, intent, order)
    shop = await Shop.get(id=conversation.shop_id)
    team = await Team.get(shop_id=shop.id, key=INTENTS[intent].skill_group)
    ticket = await Ticket.create(
        shop_id=shop.id,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        merchant_id=order.merchant_id if order else None,
        order_id=order.id if order else None,
        team_id=team.id,
        owner_id=conversation.agent_id,
        number=rules.number(),
        category=INTENTS[intent].category,
        intent=intent,
        priority=level,
        reasons=reasons,
        opened_by=actor.ref,
        opened_at=now(),
        due_at=now() + sla.resolution(level, shop.settings),
    )
    _tell(Kind.TICKET_OPENED, ticket, actor, intent=intent, priority=level)
    return ticket


async def own(shop: UUID, conversation_id: UUID) -> None:
    """After a claim: the ticket of a conversation follows the conversation's agent."""
    async with db.unit_of_work():
        await follow(await db.lock(Conversation, system(shop).scope, conversation_id))


async def follow(conversation: Conversation) -> None:
    """A conversation's agent becomes the owner of its unowned ticket (first contact owns it)."""
    ticket = await Ticket.get_or_none(conversation_id=conversation.id, state__in=LIVE)
    if ticket is None or ticket.owner_id is not None or conversation.agent_id is None:
        return
    ticket.owner_id = conversation.agent_id
    await ticket.save(update_fields=["owner_id"])
    _tell(Kind.TICKET_ASSIGNED, ticket, None, owner_id=ticket.owner_id)


async def relink(conversation: Conversation) -> None:
    """An order was linked after the ticket was opened: the ticket is about that order."""
    ticket = await Ticket.get_or_none(conversation_id=conversation.id, state__in=LIVE)
    if ticket is None or ticket.order_id is not None or conversation.order_id is None:
        return
    order = await Order.get(id=conversation.order_id)
    ticket.order_id, ticket.merchant_id = order.id, order.merchant_id
    await ticket.save(update_fields=["order_id", "merchant_id"])
    _tell(Kind.TICKET_LINKED, ticket, None, order_id=order.id)


async def refile(conversation: Conversation, intent: str) -> None:
    """A locked conversation is about something else; so is its newest ticket, if it is not closed.

    It goes to the team that can help, and so does the conversation while it waits with it; it may
    become more urgent, never less.
    """
    ticket = await Ticket.filter(conversation_id=conversation.id).order_by("-opened_at").first()
    if ticket is None or ticket.state == TicketState.CLOSED.value or ticket.intent == intent:
        return
    team = await Team.get(shop_id=ticket.shop_id, key=INTENTS[intent].skill_group)
    before, ticket.team_id = ticket.team_id, team.id
    ticket.intent, ticket.category = intent, INTENTS[intent].category
    await _raise(ticket, conversation)
    await ticket.save(
        update_fields=["intent", "category", "team_id", "priority", "reasons", "due_at"]
    )
    _tell(Kind.TICKET_REFILED, ticket, None, intent=intent, team_id=team.id)
    waits = conversation.state == "open" and conversation.holder == Holder.QUEUE.value
    if waits and conversation.team_id == before != team.id:
        await conversations.redirect(conversation, team.id, ["corrected"])


async def claim(actor: Actor, ticket_id: UUID) -> Ticket:
    """Own a ticket. Of many at once exactly one wins; the rest are told that it is owned."""
    async with db.unit_of_work():
        ticket = await _working(actor, ticket_id)
        if ticket.owner_id not in (None, actor.id):
            raise AlreadyClaimed(owner=str(ticket.owner_id))
        if ticket.owner_id is None:
            ticket.owner_id = actor.id
            await ticket.save(update_fields=["owner_id"])
            _tell(Kind.TICKET_ASSIGNED, ticket, actor, owner_id=actor.id)
    return ticket


async def solve(actor: Actor, ticket_id: UUID) -> Ticket:
    """The work is done; the customer may still say otherwise."""
    async with db.unit_of_work():
        ticket = await _working(actor, ticket_id)
        if ticket.state != TicketState.SOLVED.value:
            ticket.state, ticket.solved_at = TicketState.SOLVED.value, now()
            ticket.deadline = _met(ticket)
            await ticket.save(update_fields=["state", "solved_at", "deadline"])
            waited = (now() - ticket.opened_at).total_seconds()
            _tell(Kind.TICKET_SOLVED, ticket, actor, seconds=round(waited, 3))
    return ticket


async def close(actor: Actor, ticket_id: UUID) -> Ticket:
    """Nothing remains. Raises AlreadyClosed at the second time."""
    async with db.unit_of_work():
        ticket = await _working(actor, ticket_id)
        ticket.state, ticket.closed_at = TicketState.CLOSED.value, now()
        ticket.closed_by, ticket.deadline = actor.ref, _met(ticket)
        await ticket.save(update_fields=["state", "closed_at", "closed_by", "deadline"])
        _tell(Kind.TICKET_CLOSED, ticket, actor)
    return ticket


async def reopen(actor: Actor, ticket_id: UUID) -> Ticket:
    """Work remains after all. Raises NotAllowed while another ticket of the talk is open."""
    async with db.unit_of_work():
        ticket = await db.lock(Ticket, policy.visible_to(actor), ticket_id)
        _require(actor, ticket)
        if ticket.state in LIVE:
            return ticket
        if await Ticket.filter(conversation_id=ticket.conversation_id, state__in=LIVE).exists():
            raise Invalid(field="id", reason="another_open")
        ticket.state, ticket.solved_at, ticket.closed_at = TicketState.OPEN.value, None, None
        ticket.closed_by = None
        await ticket.save(update_fields=["state", "solved_at", "closed_at", "closed_by"])
        _tell(Kind.TICKET_REOPENED, ticket, actor)
    return ticket


async def mark_deadline(ticket: Ticket, state: str) -> None:
    """A locked ticket's deadline was warned or breached; say so."""
    ticket.deadline = state
    await ticket.save(update_fields=["deadline"])
    kind = Kind.DEADLINE_WARNED if state == "warned" else Kind.DEADLINE_BREACHED
    _tell(kind, ticket, None, due_at=ticket.due_at)


def _met(ticket: Ticket) -> str:
    late = ticket.deadline == "breached" or (ticket.due_at is not None and now() > ticket.due_at)
    return "breached" if late else "met"


async def _priority(
    conversation: Conversation, intent: str, order: Order | None
) -> tuple[int, list[str]]:
    merchant = (
        await Merchant.get_or_none(id=order.merchant_id) if order and order.merchant_id else None
    )
    amount = Decimal(order.amount) if order else None
    tier = merchant.tier if merchant and INTENTS[intent].category == "merchant" else None
    level, why = talk.priority(INTENTS[intent].urgency, conversation.sentiment, amount, tier)
    if conversation.priority > level:
        return conversation.priority, list(dict.fromkeys([*conversation.reasons, *why]))
    return level, why


async def _raise(ticket: Ticket, conversation: Conversation) -> None:
    """As urgent as what it is about now, if that is more; and then due accordingly."""
    order = await Order.get_or_none(id=ticket.order_id) if ticket.order_id else None
    level, why = await _priority(conversation, ticket.intent, order)
    reasons = talk.raised(ticket.priority, ticket.reasons, level, why)
    if reasons is not None:
        shop = await Shop.get(id=ticket.shop_id)
        due = now() + sla.resolution(level, shop.settings)
        ticket.priority, ticket.reasons = level, reasons
        ticket.due_at = min(due, ticket.due_at or due)


async def _working(actor: Actor, ticket_id: UUID) -> Ticket:
    """A ticket locked for work. Raises NotFound, NotAllowed, NotYourTeam, AlreadyClosed."""
    ticket = await db.lock(Ticket, policy.visible_to(actor), ticket_id)
    _require(actor, ticket)
    if ticket.state == TicketState.CLOSED.value:
        raise AlreadyClosed()
    return ticket


def _require(actor: Actor, ticket: Ticket) -> None:
    if not actor.is_staff:
        raise NotAllowed()
    if not policy.may_work(actor, ticket):
        raise NotYourTeam()


def _tell(kind: Kind, ticket: Ticket, actor: Actor | None, **facts: Any) -> None:
    record(
        kind,
        shop=ticket.shop_id,
        by=(actor or system(ticket.shop_id)).ref,
        conversation=ticket.conversation_id,
        ticket=ticket.id,
        customers=[ticket.customer_id],
        merchants=[ticket.merchant_id],
        **facts,
    )
