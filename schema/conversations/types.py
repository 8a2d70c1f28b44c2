"""Conversations, messages, readings, and the events of a conversation or ticket."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from tortoise.models import Model

from domain import events
from domain.conversations import models, policy  # noqa: F401  (policy declares who sees what)
from domain.tickets.models import Ticket as TicketRow
from domain.understanding import policy as _declares  # noqa: F401
from domain.understanding.models import Reading as ReadingRow
from schema import enums
from schema.context import Context, Info, StaffOnly, staff_only
from schema.nodes import Node
from schema.orders.types import Order
from schema.paging import After, Before, Connection, First, Key, Last, Page, page
from schema.paging import Order as Sequence
from schema.people.types import Agent, Customer, Team
from schema.scalars import Cursor

if TYPE_CHECKING:
    from schema.tickets.types import Ticket

AS_SAID = Sequence("seq", (Key("seq", int), Key("id", UUID)))


@strawberry.type(description="Something that happened, for the staff to look back on.")
class Event:
    """One entry of a history. `data` holds ids and small facts, never anybody's words."""

    cursor: Cursor | None = strawberry.field(description="Null until it is published.")
    kind: str
    at: datetime
    actor: str = strawberry.field(description="Who did it: `agent:…`, `system:…`.")
    data: JSON

    @classmethod
    def of(cls, happened: events.Happened) -> Event:
        """The entry of an event."""
        position = Cursor(happened.position) if happened.position else None
        return cls(
            cursor=position,
            kind=happened.kind,
            at=happened.at,
            actor=happened.actor,
            data=JSON(happened.data),
        )


async def history(
    context: Context, *, conversation: UUID | None = None, ticket: UUID | None = None
) -> list[Event]:
    """What happened to a conversation or ticket; for staff-only fields of rows already seen."""
    shop = context.scope.shop_id
    if shop is None:
        return []
    found = await events.history(shop, conversation=conversation, ticket=ticket)
    return [Event.of(happened) for happened in found]


@strawberry.type(description="What was understood of one message.")
class Reading(Node):
    """Confidences are calibrated probabilities from 0 to 1."""

    intent: str
    intent_confidence: float
    sentiment: enums.Sentiment
    sentiment_confidence: float
    also: list[str] = strawberry.field(description="Other intents that may be meant.")
    entities: JSON = strawberry.field(description="What was named in it; secrets are masked.")
    language: str
    model_version: str
    created_at: datetime

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return ReadingRow


@strawberry.type(description="What was said. Secrets in the text are replaced by placeholders.")
class Message(Node):
    """`seq` counts from 1 within the conversation."""

    seq: int
    author: enums.Author
    author_name: str
    text: str
    facts: JSON = strawberry.field(description="What an automatic message states.")
    client_id: str | None = strawberry.field(description="The sender's own id of it.")
    created_at: datetime

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Message

    @strawberry.field(description="Whether something in it was masked.")
    def has_secrets(self) -> bool:
        """Whether there are sealed originals."""
        return self.column("sealed") is not None

    @strawberry.field(description="The order it is about.")
    async def order(self, info: Info) -> Order | None:
        """The message's order."""
        return await Order.load_by(info.context, self.column("order_id"))

    @strawberry.field(description="What was understood of it; null where the viewer may not see.")
    async def reading(self, info: Info) -> Reading | None:
        """The message's reading."""
        found = await info.context.loaders.many(ReadingRow, "message_id").load(self.pk)
        return Reading.of(found[0]) if found else None

    @strawberry.field(description="The conversation it is part of.")
    async def conversation(self, info: Info) -> Conversation | None:
        """The message's conversation."""
        return await Conversation.load_by(info.context, self.column("conversation_id"))


@strawberry.type(description="One episode of a customer's timeline, with one holder.")
class Conversation(Node):
    """From the first message until it is closed or was silent for a day."""

    state: enums.ConversationState
    holder: enums.Holder
    priority: enums.Priority | None = staff_only("Null to anybody but staff.")
    intent: str | None = staff_only("What the customer wants, last; for staff.")
    sentiment: enums.Sentiment | None = staff_only("The customer's mood, last; for staff.")
    reasons: list[str] | None = staff_only("Why the priority is what it is; for staff.")
    opened_at: datetime
    last_message_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    first_due_at: datetime | None = staff_only("When a person must have answered; for staff.")
    deadline: enums.Deadline | None = staff_only("How that deadline stands; for staff.")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Conversation

    @strawberry.field(description="Who speaks.")
    async def customer(self, info: Info) -> Customer | None:
        """The conversation's customer."""
        return await Customer.load_by(info.context, self.column("customer_id"))

    @strawberry.field(description="The team it was handed to.")
    async def team(self, info: Info) -> Team | None:
        """The conversation's team."""
        return await Team.load_by(info.context, self.column("team_id"))

    @strawberry.field(description="The agent who has it.")
    async def agent(self, info: Info) -> Agent | None:
        """The conversation's agent."""
        return await Agent.load_by(info.context, self.column("agent_id"))

    @strawberry.field(description="The order it is about.")
    async def order(self, info: Info) -> Order | None:
        """The conversation's order."""
        return await Order.load_by(info.context, self.column("order_id"))

    @strawberry.field(description="The channel it came by: webchat, api, …")
    async def channel_kind(self, info: Info) -> str:
        """The kind of the conversation's channel."""
        return await info.context.loaders.channel_kind.load(self.pk)

    @strawberry.field(description="What was said, in order.")
    async def messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Message]:
        """A page of the messages that may be seen."""
        wanted = Page.wanted(first, after, last, before)
        where: list[tuple[str, Any]] = [("t.conversation_id = {}", self.pk)]
        return await page(info.context.scope, models.Message, Message, where, AS_SAID, wanted)

    @strawberry.field(description="The newest message that may be seen.")
    async def last_message(self, info: Info) -> Message | None:
        """The newest message."""
        return Message.maybe(await info.context.loaders.last_message.load(self.pk))

    @strawberry.field(description="The work that came of it, the newest first.")
    async def tickets(
        self, info: Info
    ) -> list[Annotated[Ticket, strawberry.lazy("schema.tickets.types")]]:
        """The conversation's tickets."""
        from schema.tickets.types import Ticket

        loader = info.context.loaders.many(TicketRow, "conversation_id", "t.opened_at DESC, t.id")
        return [Ticket.of(row) for row in await loader.load(self.pk)]

    @strawberry.field(description="What was understood of its messages, in order.")
    async def readings(self, info: Info) -> list[Reading]:
        """The readings of the conversation."""
        loader = info.context.loaders.many(ReadingRow, "conversation_id", "t.created_at, t.id")
        return [Reading.of(row) for row in await loader.load(self.pk)]

    @strawberry.field(
        description="What happened to it, in order; empty to anybody but staff.",
        extensions=[StaffOnly(empty=list)],
    )
    async def events(self, info: Info) -> list[Event]:
        """The conversation's history."""
        return await history(info.context, conversation=self.pk)
