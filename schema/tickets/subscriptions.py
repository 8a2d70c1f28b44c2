"""Following tickets as they change."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeAlias

import strawberry

from domain.errors import NotFound
from domain.events import Happened
from schema.context import Context, Info
from schema.feed import follow
from schema.scalars import Cursor, opaque, parse_id
from schema.tickets.types import Ticket
from schema.updates import Removed, Resync, Subscribed, must_read


@strawberry.type(description="Something happened to a ticket; this is how it is now.")
class TicketChanged:
    """`kind` is what happened: TicketOpened, TicketAssigned, …"""

    cursor: Cursor
    kind: str
    ticket: Ticket


TicketUpdate = Annotated[
    Subscribed | TicketChanged | Removed | Resync,
    strawberry.union("TicketUpdate", description="News of tickets."),
]
Update: TypeAlias = Subscribed | TicketChanged | Removed | Resync


@strawberry.type
class TicketSubscriptions:
    """Tickets, for Subscription."""

    @strawberry.subscription(description="One ticket, as work on it goes on.")
    async def ticket(
        self, info: Info, id: strawberry.ID, after: Cursor | None = None
    ) -> AsyncGenerator[TicketUpdate, None]:
        """News of one ticket. Raises NotFound."""
        context, key = info.context, parse_id("Ticket", id)
        if await Ticket.load_by(context, key) is None:
            raise NotFound(noun="tickets")

        async def told(event: Happened) -> Update | None:
            return await changed(context, event) if event.ticket_id == key else None

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update

    @strawberry.subscription(description="All tickets that the viewer sees.")
    async def tickets(
        self, info: Info, after: Cursor | None = None
    ) -> AsyncGenerator[TicketUpdate, None]:
        """News of all tickets. Raises NotAllowed for a token without the right to read."""
        context = info.context
        must_read(context.scope, "tickets")

        async def told(event: Happened) -> Update | None:
            return await changed(context, event)

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update


async def changed(context: Context, event: Happened) -> Update | None:
    """The news of an event for those who see its ticket."""
    if event.ticket_id is None:
        return None
    cursor = Cursor(event.position)
    ticket = await Ticket.shared_by(context, event.ticket_id)
    if ticket is None:
        return Removed(cursor=cursor, id=opaque("Ticket", event.ticket_id))
    return TicketChanged(cursor=cursor, kind=event.kind, ticket=ticket)
