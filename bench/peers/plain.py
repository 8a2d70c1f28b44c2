"""Plain Strawberry with Tortoise and data loaders, tuned: documents kept parsed and validated,
uvloop, httptools, orjson. Its types and enums are written as Strawberry's guide has them.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from tortoise import Tortoise
from tortoise.expressions import Q

from bench.peers.plain_request import Loaders, actor_of
from bench.peers.serving import serve
from domain import db
from domain.tickets.models import Ticket as TicketRow
from schema.enums import Author, Deadline, Priority, TicketState, Verdict


def opaque(kind: str, id: Any) -> strawberry.ID:
    """The public id of a key."""
    return strawberry.ID(urlsafe_b64encode(f"{kind}:".encode() + id.bytes).rstrip(b"=").decode())


@strawberry.type
class Customer:
    id: strawberry.ID
    name: str


@strawberry.type
class Agent:
    id: strawberry.ID
    name: str


@strawberry.type
class Order:
    id: strawberry.ID
    number: str
    product: str
    verdict: Verdict
    amount: Decimal


@strawberry.type
class Message:
    id: strawberry.ID
    seq: int
    author: Author
    text: str
    created_at: datetime


@strawberry.type
class Conversation:
    id: strawberry.ID
    row: strawberry.Private[Any]

    @strawberry.field
    async def last_message(self, info: strawberry.Info) -> Message | None:
        found = await info.context["loaders"].last_message.load(self.row.id)
        if found is None:
            return None
        return Message(
            id=opaque("Message", found.id),
            seq=found.seq,
            author=found.author,
            text=found.text,
            created_at=found.created_at,
        )


@strawberry.type
class Ticket:
    row: strawberry.Private[Any]
    id: strawberry.ID
    number: str
    state: TicketState
    priority: Priority
    category: str
    intent: str
    opened_at: datetime
    due_at: datetime | None
    deadline: Deadline

    @strawberry.field
    async def customer(self, info: strawberry.Info) -> Customer | None:
        found = await info.context["loaders"].customer.load(self.row.customer_id)
        return found and Customer(id=opaque("Customer", found.id), name=found.name)

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> Agent | None:
        if self.row.owner_id is None:
            return None
        found = await info.context["loaders"].owner.load(self.row.owner_id)
        return found and Agent(id=opaque("Agent", found.id), name=found.person.name)

    @strawberry.field
    async def order(self, info: strawberry.Info) -> Order | None:
        if self.row.order_id is None:
            return None
        found = await info.context["loaders"].order.load(self.row.order_id)
        return found and Order(
            id=opaque("Order", found.id),
            number=found.number,
            product=found.product,
            verdict=found.verdict,
            amount=found.amount,
        )

    @strawberry.field
    async def conversation(self, info: strawberry.Info) -> Conversation | None:
        if self.row.conversation_id is None:
            return None
        found = await info.context["loaders"].conversation.load(self.row.conversation_id)
        return found and Conversation(id=opaque("Conversation", found.id), row=found)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class TicketConnection:
    nodes: list[Ticket]
    page_info: PageInfo


@strawberry.enum
class TicketSort(Enum):
    NEWEST = ("-opened_at", "-id")
    OLDEST = ("opened_at", "id")
    URGENT = ("-priority", "opened_at", "id")


@strawberry.input
class TicketFilter:
    state: list[TicketState] | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def tickets(
        self,
        info: strawberry.Info,
        filter: TicketFilter | None = None,
        order: TicketSort = TicketSort.NEWEST,
        first: int = 20,
    ) -> TicketConnection:
        actor = info.context["loaders"].actor
        found = TicketRow.filter(actor.sees("tickets", Q(merchant_id=actor.merchant)))
        if filter and filter.state is not None:
            found = found.filter(state__in=[state.value for state in filter.state])
        rows = await found.order_by(*order.value).limit(min(first, 100) + 1)
        more, rows = len(rows) > first, rows[:first]
        end = cursor(rows[-1]) if rows else None
        return TicketConnection(
            nodes=[ticket(row) for row in rows],
            page_info=PageInfo(has_next_page=more, end_cursor=end),
        )


def ticket(row: Any) -> Ticket:
    """A ticket of a row."""
    return Ticket(
        row=row,
        id=opaque("Ticket", row.id),
        number=row.number,
        state=row.state,
        priority=row.priority,
        category=row.category,
        intent=row.intent,
        opened_at=row.opened_at,
        due_at=row.due_at,
        deadline=row.deadline,
    )


def cursor(row: Any) -> str:
    """Where the next page of the urgent ones begins."""
    raw = orjson.dumps(["urgent", row.priority, row.opened_at, str(row.id)])
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Door(GraphQL):
    """Strawberry's own ASGI view, with orjson."""

    async def get_context(self, request: Any, response: Any) -> Any:
        """What resolvers get."""
        return {"loaders": Loaders(await actor_of(request))}

    def encode_json(self, data: object) -> bytes:
        """The response's bytes."""
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> object:
        """The request's values."""
        return orjson.loads(data)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Tortoise with the house's tables and pool."""
    await Tortoise.init(config=db.config(), _enable_global_fallback=True)
    yield
    await Tortoise.close_connections()


def app() -> Starlette:
    """The application."""
    schema = strawberry.Schema(Query, extensions=[ParserCache(512), ValidationCache(512)])
    return Starlette(routes=[Route("/graphql", Door(schema, graphql_ide=None))], lifespan=lifespan)


if __name__ == "__main__":
    serve(app())
