"""Tickets: the list of work that remains, and one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console import about
from api.console.live import Partial
from api.console.pages import at_work, draw, id_of, page, render, swapped
from api.console.queue import names_of_agents
from domain import db
from domain.actors import Actor
from domain.clock import now
from domain.conversations import queries as talks
from domain.conversations.models import Conversation
from domain.events import Happened
from domain.live import reader
from domain.orders import queries as orders
from domain.people.models import Customer
from domain.tickets import actions
from domain.tickets.models import Ticket

MOST = 100
TABS = ("open", "mine", "solved", "closed")
MERCHANT_TABS = ("open", "solved", "closed")


@page
async def index(request: Request, actor: Actor) -> Response:
    """GET /console/tickets."""
    at_work(actor)
    position, tab = reader.position, tab_of(actor, request.query_params.get("tab", ""))
    return render(
        request,
        "tickets/index.html",
        actor,
        position=position,
        tab=tab,
        tabs=TABS if actor.is_staff else MERCHANT_TABS,
        list=await draw_list(actor, tab),
    )


def list_parts(actor: Actor, tab: str) -> list[Partial]:
    """What lives on the list."""
    own = actor.id if tab == "mine" else None
    return [Partial("list", ("tickets", own, tab), hears, lambda: draw_list(actor, tab))]


def hears(event: Happened) -> bool:
    """Whether an event is about a ticket."""
    return event.ticket_id is not None


def tab_of(actor: Actor, asked: str) -> str:
    """The tab asked for, if the actor has it, else the first."""
    return asked if asked in (TABS if actor.is_staff else MERCHANT_TABS) else TABS[0]


async def draw_list(actor: Actor, tab: str) -> str:
    """The tickets of a tab: most urgent first while open, else the newest."""
    live = tab in ("open", "mine")
    order = "t.priority DESC, t.opened_at, t.id" if live else "t.opened_at DESC, t.id DESC"
    found = await db.select(Ticket, actor.scope, _where(actor, tab), order=order, limit=MOST)
    names = await names_of_agents(actor)
    customers = await _names(actor, [row["customer_id"] for row in found])
    rows = [
        {**about.ticket_row(actor, row, names), "customer": customers.get(row["customer_id"], "")}
        for row in found
    ]
    return draw(
        "tickets/_list.html", actor.locale, rows=rows, tab=tab, staff=actor.is_staff, at=now()
    )


def _where(actor: Actor, tab: str) -> list[tuple[str, Any]]:
    if tab == "mine":
        return [("t.owner_id = {}", actor.id), ("t.state IN ('open', 'pending')", ...)]
    if tab == "open":
        return [("t.state IN ('open', 'pending')", ...)]
    return [("t.state = {}", tab)]


async def _names(actor: Actor, ids: list[UUID]) -> dict[UUID, str]:
    found = await db.select(Customer, actor.scope, [("t.id = ANY({})", list(set(ids)))])
    return {row["id"]: row["name"] for row in found}


@page
async def show(request: Request, actor: Actor) -> Response:
    """GET /console/tickets/{id}."""
    at_work(actor)
    position, id = reader.position, id_of(request)
    ticket = await db.find(Ticket, actor.scope, id)
    drawn = await draw_ticket(actor, id)
    return render(
        request, "tickets/show.html", actor, position=position, ticket=ticket, drawn=drawn
    )


def parts(actor: Actor, id: UUID) -> list[Partial]:
    """What lives on one ticket's page."""

    def its(event: Happened) -> bool:
        return event.ticket_id == id

    return [Partial("ticket", (actor.id, id), its, lambda: draw_ticket(actor, id))]


async def draw_ticket(actor: Actor, id: UUID) -> str:
    """The ticket with its order, what was said about it and what happened."""
    ticket = await db.find(Ticket, actor.scope, id)
    (row,) = await db.select(Ticket, actor.scope, [("t.id = {}", id)])
    names = await names_of_agents(actor)
    linked = await orders.by_ids(actor.scope, [ticket.order_id] if ticket.order_id else [])
    talk = ticket.conversation_id
    seen = talk and await db.count(Conversation, actor.scope, [("t.id = {}", talk)])
    return draw(
        "tickets/_ticket.html",
        actor.locale,
        ticket=about.ticket_row(actor, row, names),
        customer=await about.customer_of(actor, ticket.customer_id),
        order=about.with_evidence(linked[0]) if linked else None,
        conversation=talk if seen else None,
        messages=await talks.last_said(actor.scope, talk, 30) if talk else [],
        happened=await about.happened(actor, names, ticket=id),
        staff=actor.is_staff,
    )


# Verbs


async def _changed(request: Request, actor: Actor) -> Response:
    """The ticket as it stands now: on its own page, or in the panel beside its conversation."""
    ticket = await db.find(Ticket, actor.scope, id_of(request))
    if "/conversations/" in request.headers.get("hx-current-url", "") and ticket.conversation_id:
        return swapped(("side", await about.draw_side(actor, ticket.conversation_id)))
    return swapped(("ticket", await draw_ticket(actor, ticket.id)))


@page
async def claim(request: Request, actor: Actor) -> Response:
    """POST …/claim: own it."""
    await actions.claim(actor, id_of(request))
    return await _changed(request, actor)


@page
async def solve(request: Request, actor: Actor) -> Response:
    """POST …/solution: the work is done."""
    await actions.solve(actor, id_of(request))
    return await _changed(request, actor)


@page
async def close(request: Request, actor: Actor) -> Response:
    """POST …/closure: nothing remains."""
    await actions.close(actor, id_of(request))
    return await _changed(request, actor)


@page
async def reopen(request: Request, actor: Actor) -> Response:
    """DELETE of the closure, as forms can say it: POST …/reopening."""
    await actions.reopen(actor, id_of(request))
    return await _changed(request, actor)
