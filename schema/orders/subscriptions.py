"""Following an order as it changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeAlias

import strawberry

from domain.errors import NotFound
from domain.events import Happened
from schema.context import Info
from schema.feed import follow
from schema.orders.types import Order
from schema.scalars import Cursor, opaque, parse_id
from schema.updates import Removed, Resync, Subscribed


@strawberry.type(description="Something happened to an order; this is how it is now.")
class OrderChanged:
    """`kind` is what happened: OrderChanged, OrderLinked, …"""

    cursor: Cursor
    kind: str
    order: Order


OrderUpdate = Annotated[
    Subscribed | OrderChanged | Removed | Resync,
    strawberry.union("OrderUpdate", description="News of an order."),
]
Update: TypeAlias = Subscribed | OrderChanged | Removed | Resync


@strawberry.type
class OrderSubscriptions:
    """Orders, for Subscription."""

    @strawberry.subscription(description="One order, as the shop reports on it.")
    async def order(
        self, info: Info, id: strawberry.ID, after: Cursor | None = None
    ) -> AsyncGenerator[OrderUpdate, None]:
        """News of one order. Raises NotFound."""
        context, key = info.context, parse_id("Order", id)
        if await Order.load_by(context, key) is None:
            raise NotFound(noun="orders")

        async def told(event: Happened) -> Update | None:
            if key is None or event.order_id != key:
                return None
            cursor = Cursor(event.position)
            order = await Order.shared_by(context, key)
            if order is None:
                return Removed(cursor=cursor, id=opaque("Order", key))
            return OrderChanged(cursor=cursor, kind=event.kind, order=order)

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update
