"""Following an order as it changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeAlias

import strawberry

from domain.errors import NotFound
from domain.events import Happened
from schema.context import Context, Info
from schema.feed import follow
from schema.orders.types import Order
from schema.scalars import Cursor, opaque, parse_id
from schema.updates import Removed, Resync, Subscribed, must_read


@strawberry.type(description="Something happened to an order; this is how it is now.")
class OrderChanged:
    """`kind` is what happened: OrderAdded, OrderChanged, OrderLinked, …"""

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
            return await changed(context, event) if event.order_id == key else None

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update

    @strawberry.subscription(description="All orders that the viewer sees, new ones too.")
    async def orders(
        self, info: Info, after: Cursor | None = None
    ) -> AsyncGenerator[OrderUpdate, None]:
        """News of all orders. Raises NotAllowed for a token without the right to read."""
        context = info.context
        must_read(context.scope, "orders")

        async def told(event: Happened) -> Update | None:
            # What happens to a conversation or ticket is heard by others than the order's own.
            if event.conversation_id is not None or event.ticket_id is not None:
                return None
            return await changed(context, event)

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update


async def changed(context: Context, event: Happened) -> Update | None:
    """The news of an event for those who see its order."""
    if event.order_id is None:
        return None
    cursor = Cursor(event.position)
    order = await Order.shared_by(context, event.order_id)
    if order is None:
        return Removed(cursor=cursor, id=opaque("Order", event.order_id))
    return OrderChanged(cursor=cursor, kind=event.kind, order=order)
