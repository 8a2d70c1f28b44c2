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
from domain.understanding.models import Correction as CorrectionRow
from domain.understanding.models import Reading as ReadingRow
from schema import enums
from schema.context import Info, StaffOnly, staff_only
from schema.fields import READ, History, derived, foremost, many, pages, related
from schema.nodes import Node
from schema.orders.types import Order
from schema.paging import Connection, Key
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


def history_of(column: str) -> Any:
    """A field that is what happened to a row, by the events' column; empty to all but staff."""

    async def resolve(self: Any, info: Info) -> Any:
        found = await info.context.loaders.history(column).load(self.pk)
        return [Event.of(happened) for happened in found]

    return strawberry.field(
        resolver=resolve,
        description="What happened to it, in order; empty to anybody but staff.",
        metadata={READ: History(column)},
        extensions=[StaffOnly(empty=list)],
    )


@strawberry.type(description="What an agent says a message means; for staff.")
class Correction(Node):
    """The last word on it. A part of which nothing was said is null."""

    intent: str | None
    sentiment: enums.Sentiment | None
    model_version: str = strawberry.field(description="The model that was corrected.")
    created_at: datetime

    agent: Agent | None = related("Who said so.")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return CorrectionRow


@strawberry.type(description="What was understood of one message.")
class Reading(Node):
    """Confidences are calibrated probabilities from 0 to 1."""

    intent: str
    intent_confidence: float
    certainty: enums.Certainty = strawberry.field(
        description="What the intent is good for, by its probability and that of the runner-up."
    )
    from_context: bool = strawberry.field(
        description="Whether the message leans on those before it, and has its intent from them."
    )
    sentiment: enums.Sentiment
    sentiment_confidence: float
    also: list[str] = strawberry.field(description="Other intents that may be meant.")
    entities: JSON = strawberry.field(description="What was named in it; secrets are masked.")
    language: str = strawberry.field(
        description='ISO 639-1, as zh, en or vi; "other" for a language that is not known.'
    )
    model_version: str
    created_at: datetime

    correction: Correction | None = foremost(
        "What an agent says it means; null where nobody did, and to anybody but staff.",
        "reading_id",
        "t.id",
    )

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

    has_secrets: bool = derived("Whether something in it was masked.")
    order: Order | None = related("The order it is about.")
    reading: Reading | None = foremost(
        "What was understood of it; null where the viewer may not see.", "message_id", "t.id"
    )
    conversation: Conversation | None = related("The conversation it is part of.")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Message


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
    last_message_at: datetime = strawberry.field(
        description="When the newest message that may be seen was said."
    )
    queued_at: datetime | None
    answered_at: datetime | None = strawberry.field(
        description="When a person answered first, as far as may be seen."
    )
    closed_at: datetime | None
    first_due_at: datetime | None = staff_only("When a person must have answered; for staff.")
    deadline: enums.Deadline | None = staff_only("How that deadline stands; for staff.")

    customer: Customer | None = related("Who speaks.")
    team: Team | None = related("The team it was handed to.")
    agent: Agent | None = related("The agent who has it.")
    order: Order | None = related("The order it is about.")
    channel_kind: str = derived("The channel it came by: webchat, api, …")
    messages: Connection[Message] = pages("What was said, in order.", "conversation_id", AS_SAID)
    last_message: Message | None = foremost(
        "The newest message that may be seen.", "conversation_id", "t.seq DESC"
    )
    tickets: list[Annotated[Ticket, strawberry.lazy("schema.tickets.types")]] = many(
        "The work that came of it, the newest first.",
        TicketRow,
        "conversation_id",
        "t.opened_at DESC, t.id",
    )
    readings: list[Reading] = many(
        "What was understood of its messages, in order.",
        ReadingRow,
        "conversation_id",
        "t.created_at, t.id",
    )
    events: list[Event] = history_of("conversation_id")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Conversation
