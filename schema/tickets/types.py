"""Tickets: work that remains."""

from __future__ import annotations

from datetime import datetime

import strawberry
from tortoise.models import Model

from domain.tickets import models, policy  # noqa: F401  (policy declares who sees what)
from schema import enums
from schema.context import staff_only
from schema.conversations.types import Conversation, Event, history_of
from schema.fields import related
from schema.nodes import Node
from schema.orders.types import Order
from schema.people.types import Agent, Customer, Merchant, Team


@strawberry.type(description="Work that remains, under a number to quote.")
class Ticket(Node):
    """`dueAt` is when it must be solved."""

    number: str
    state: enums.TicketState
    category: str
    intent: str
    priority: enums.Priority
    reasons: list[str] | None = staff_only("Why the priority is what it is; for staff.")
    opened_at: datetime
    due_at: datetime | None
    deadline: enums.Deadline
    solved_at: datetime | None
    closed_at: datetime | None

    team: Team | None = related("The team that can do it.")
    owner: Agent | None = related("Who does it.")
    customer: Customer | None = related("Whom it is for.")
    merchant: Merchant | None = related("The merchant whose order it is about.")
    order: Order | None = related("The order it is about.")
    conversation: Conversation | None = related("The conversation it came of.")
    history: list[Event] = history_of("ticket_id")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Ticket
