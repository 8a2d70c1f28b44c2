"""Tickets: work that remains."""

from __future__ import annotations

from datetime import datetime

import strawberry
from tortoise.models import Model

from domain.tickets import models, policy  # noqa: F401  (policy declares who sees what)
from schema import enums
from schema.context import Info, StaffOnly, staff_only
from schema.conversations.types import Conversation, Event, history
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

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Ticket

    @strawberry.field(description="The team that can do it.")
    async def team(self, info: Info) -> Team | None:
        """The ticket's team."""
        return await Team.load_by(info.context, self.column("team_id"))

    @strawberry.field(description="Who does it.")
    async def owner(self, info: Info) -> Agent | None:
        """The ticket's owner."""
        return await Agent.load_by(info.context, self.column("owner_id"))

    @strawberry.field(description="Whom it is for.")
    async def customer(self, info: Info) -> Customer | None:
        """The ticket's customer."""
        return await Customer.load_by(info.context, self.column("customer_id"))

    @strawberry.field(description="The merchant whose order it is about.")
    async def merchant(self, info: Info) -> Merchant | None:
        """The ticket's merchant."""
        return await Merchant.load_by(info.context, self.column("merchant_id"))

    @strawberry.field(description="The order it is about.")
    async def order(self, info: Info) -> Order | None:
        """The ticket's order."""
        return await Order.load_by(info.context, self.column("order_id"))

    @strawberry.field(description="The conversation it came of.")
    async def conversation(self, info: Info) -> Conversation | None:
        """The ticket's conversation."""
        return await Conversation.load_by(info.context, self.column("conversation_id"))

    @strawberry.field(
        description="What happened to it, in order; empty to anybody but staff.",
        extensions=[StaffOnly(empty=list)],
    )
    async def history(self, info: Info) -> list[Event]:
        """The ticket's history."""
        return await history(info.context, ticket=self.pk)
