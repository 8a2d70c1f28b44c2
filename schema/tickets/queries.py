"""Looking up tickets."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from domain import visibility
from domain.tickets import rules
from schema import enums
from schema.context import Context, Info
from schema.nodes import FirstOf, Rows, later
from schema.paging import After, Before, Connection, First, Key, Last, Page, page
from schema.paging import Order as Sequence
from schema.scalars import parse_id
from schema.tickets.types import Ticket

NEWEST = Sequence("opened-", (Key("opened_at", datetime, True), Key("id", UUID, True)))
OLDEST = Sequence("opened+", (Key("opened_at", datetime), Key("id", UUID)))
URGENT = Sequence(
    "urgent", (Key("priority", int, True), Key("opened_at", datetime), Key("id", UUID))
)


@strawberry.enum(description="The order of a list of tickets. URGENT: by priority, then oldest.")
class TicketSort(Enum):
    """By age or urgency."""

    NEWEST = "newest"
    OLDEST = "oldest"
    URGENT = "urgent"


_SORTS = {TicketSort.NEWEST: NEWEST, TicketSort.OLDEST: OLDEST, TicketSort.URGENT: URGENT}


@strawberry.input(description="Narrows a list of tickets; all that is given must hold.")
class TicketFilter:
    """What tickets to list."""

    state: list[enums.TicketState] | None = None
    priority: list[enums.Priority] | None = None
    deadline: list[enums.Deadline] | None = None
    category: str | None = None
    intent: str | None = None
    team_id: strawberry.ID | None = None
    owner_id: strawberry.ID | None = None
    customer_id: strawberry.ID | None = None
    merchant_id: strawberry.ID | None = None
    order_id: strawberry.ID | None = None
    mine: bool = strawberry.field(default=False, description="Only those the viewer owns.")

    def where(self, context: Context) -> list[tuple[str, Any]]:
        """The conditions of this filter."""
        found: list[tuple[str, Any]] = []
        if self.state is not None:
            found.append((visibility.Each("t.state = ANY({})"), [c.value for c in self.state]))
        for column, chosen in (("priority", self.priority), ("deadline", self.deadline)):
            if chosen is not None:
                found.append((f"t.{column} = ANY({{}})", [c.value for c in chosen]))
        for column, text in (("category", self.category), ("intent", self.intent)):
            if text is not None:
                found.append((f"t.{column} = {{}}", text))
        for column, kind, id in self._ids():
            if id is not None:
                found.append((f"t.{column} = {{}}", parse_id(kind, id)))
        if self.mine:
            found.append(("t.owner_id = {}", context.known.id))
        return found

    def _ids(self) -> list[tuple[str, str, strawberry.ID | None]]:
        return [
            ("team_id", "Team", self.team_id),
            ("owner_id", "Agent", self.owner_id),
            ("customer_id", "Customer", self.customer_id),
            ("merchant_id", "Merchant", self.merchant_id),
            ("order_id", "Order", self.order_id),
        ]


@strawberry.type
class TicketQueries:
    """Tickets, for Query."""

    @strawberry.field(description="The tickets that the viewer sees.")
    def tickets(
        self,
        info: Info,
        filter: TicketFilter | None = None,
        order: TicketSort = TicketSort.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Ticket]:
        """A page of tickets."""
        wanted = Page.wanted(first, after, last, before)
        where = filter.where(info.context) if filter else []
        return page(info.context.scope, Ticket, where, _SORTS[order], wanted)

    @strawberry.field(description="One ticket, by its id or its number.")
    def ticket(
        self, info: Info, id: strawberry.ID | None = None, number: str | None = None
    ) -> Ticket | None:
        """A ticket, or null."""
        if id is not None:
            return later(Ticket.load_by(info.context, parse_id("Ticket", id)))
        if not number:
            return None
        where = [("t.number = {}", rules.whole_number(number))]
        return later(FirstOf(Rows(Ticket, info.context.scope, where, limit=1)))
