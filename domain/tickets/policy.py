"""Who sees tickets, and who may do what to them."""

from __future__ import annotations

from domain import visibility
from domain.actors import Actor, Role, Scope
from domain.tickets.models import Ticket

visibility.visible(
    Ticket,
    visibility.Visibility(
        "tickets",
        merchant="{t}.merchant_id = {merchant}",
        customer="{t}.customer_id = {customer}",
        partner=visibility.EVERYTHING,
    ),
)


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads tickets."""
    return actor.scope


def may_open(actor: Actor) -> bool:
    """Staff, and partners whose token may write tickets."""
    return actor.is_staff or (actor.role is Role.PARTNER and actor.may("tickets:write"))


def may_work(actor: Actor, ticket: Ticket) -> bool:
    """The owner, the owner's team, and supervisors move a ticket."""
    if not actor.is_staff:
        return False
    return (
        actor.role in (Role.SUPERVISOR, Role.SYSTEM)
        or ticket.owner_id == actor.id
        or ticket.team_id in actor.team_ids
    )
