"""Looking up orders."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from schema import enums
from schema.context import Info
from schema.nodes import FirstOf, Rows, later
from schema.orders.types import Order
from schema.paging import After, Before, Connection, First, Key, Last, Page, page
from schema.paging import Order as Sequence
from schema.people.types import PLACED
from schema.scalars import parse_id

NEWEST = PLACED
OLDEST = Sequence("placed+", (Key("placed_at", datetime), Key("id", UUID)))


@strawberry.enum(description="The order of a list of orders.")
class OrderSort(Enum):
    """By the time they were placed."""

    NEWEST = "newest"
    OLDEST = "oldest"


_SORTS = {OrderSort.NEWEST: NEWEST, OrderSort.OLDEST: OLDEST}


@strawberry.input(description="Narrows a list of orders; all that is given must hold.")
class OrderFilter:
    """What orders to list."""

    verdict: list[enums.Verdict] | None = None
    status: str | None = None
    merchant_id: strawberry.ID | None = None
    customer_id: strawberry.ID | None = None

    def where(self) -> list[tuple[str, Any]]:
        """The conditions of this filter."""
        found: list[tuple[str, Any]] = []
        if self.verdict is not None:
            found.append(("t.verdict = ANY({})", [v.value for v in self.verdict]))
        if self.status is not None:
            found.append(("t.status = {}", self.status))
        if self.merchant_id is not None:
            found.append(("t.merchant_id = {}", parse_id("Merchant", self.merchant_id)))
        if self.customer_id is not None:
            found.append(("t.customer_id = {}", parse_id("Customer", self.customer_id)))
        return found


@strawberry.type
class OrderQueries:
    """Orders, for Query."""

    @strawberry.field(description="The orders that the viewer sees.")
    def orders(
        self,
        info: Info,
        filter: OrderFilter | None = None,
        order: OrderSort = OrderSort.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Order]:
        """A page of orders."""
        wanted = Page.wanted(first, after, last, before)
        where = filter.where() if filter else []
        return page(info.context.scope, Order, where, _SORTS[order], wanted)

    @strawberry.field(description="One order, by its id or its number.")
    def order(
        self, info: Info, id: strawberry.ID | None = None, number: str | None = None
    ) -> Order | None:
        """An order, or null."""
        if id is not None:
            return later(Order.load_by(info.context, parse_id("Order", id)))
        if not number:
            return None
        where = [("t.number = {}", number)]
        return later(FirstOf(Rows(Order, info.context.scope, where, limit=1)))
