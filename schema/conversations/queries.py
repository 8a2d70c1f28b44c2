"""Looking up conversations."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from domain.errors import NotAllowed
from schema import enums
from schema.context import Context, Info
from schema.conversations.types import Conversation
from schema.nodes import later
from schema.paging import After, Before, Connection, First, Key, Last, Page, page
from schema.paging import Order as Sequence
from schema.people.types import LATEST
from schema.scalars import parse_id

EARLIEST = Sequence("last+", (Key("last_message_at", datetime), Key("id", UUID)))
WAITING = Sequence(
    "waiting", (Key("priority", int, True), Key("queued_at", datetime), Key("id", UUID))
)
QUEUED: list[tuple[str, Any]] = [
    ("t.holder = 'queue'", ...),
    ("t.state = 'open'", ...),
    ("t.queued_at IS NOT NULL", ...),
]


@strawberry.enum(description="The order of a list of conversations, by their last message.")
class ConversationSort(Enum):
    """By the last message."""

    LATEST = "latest"
    EARLIEST = "earliest"


_SORTS = {ConversationSort.LATEST: LATEST, ConversationSort.EARLIEST: EARLIEST}


@strawberry.input(description="Narrows a list of conversations; all that is given must hold.")
class ConversationFilter:
    """What conversations to list."""

    state: enums.ConversationState | None = None
    holder: enums.Holder | None = None
    team_id: strawberry.ID | None = None
    agent_id: strawberry.ID | None = None
    customer_id: strawberry.ID | None = None
    order_id: strawberry.ID | None = None
    intent: str | None = strawberry.field(default=None, description="For staff.")
    priority: list[enums.Priority] | None = strawberry.field(default=None, description="For staff.")
    deadline: list[enums.Deadline] | None = strawberry.field(default=None, description="For staff.")
    mine: bool = strawberry.field(default=False, description="Only those the viewer has.")

    def where(self, context: Context) -> list[tuple[str, Any]]:
        """The conditions of this filter. Raises NotAllowed for what only staff may ask."""
        if not context.scope.is_staff and (self.intent or self.priority or self.deadline):
            raise NotAllowed(field="filter")
        found: list[tuple[str, Any]] = []
        for column, chosen in (("state", self.state), ("holder", self.holder)):
            if chosen is not None:
                found.append((f"t.{column} = {{}}", chosen.value))
        for column, kind, id in self._ids():
            if id is not None:
                found.append((f"t.{column} = {{}}", parse_id(kind, id)))
        if self.intent is not None:
            found.append(("t.intent = {}", self.intent))
        if self.priority is not None:
            found.append(("t.priority = ANY({})", [p.value for p in self.priority]))
        if self.deadline is not None:
            found.append(("t.deadline = ANY({})", [d.value for d in self.deadline]))
        if self.mine:
            found.append(("t.agent_id = {}", context.known.id))
        return found

    def _ids(self) -> list[tuple[str, str, strawberry.ID | None]]:
        return [
            ("team_id", "Team", self.team_id),
            ("agent_id", "Agent", self.agent_id),
            ("customer_id", "Customer", self.customer_id),
            ("order_id", "Order", self.order_id),
        ]


@strawberry.type
class ConversationQueries:
    """Conversations, for Query."""

    @strawberry.field(description="The conversations that the viewer sees.")
    def conversations(
        self,
        info: Info,
        filter: ConversationFilter | None = None,
        order: ConversationSort = ConversationSort.LATEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Conversation]:
        """A page of conversations."""
        context, wanted = info.context, Page.wanted(first, after, last, before)
        where = filter.where(context) if filter else []
        return page(context.scope, Conversation, where, _SORTS[order], wanted)

    @strawberry.field(description="One conversation.")
    def conversation(self, info: Info, id: strawberry.ID) -> Conversation | None:
        """A conversation, or null."""
        return later(Conversation.load_by(info.context, parse_id("Conversation", id)))

    @strawberry.field(description="What waits for an agent: most urgent first, then oldest.")
    def queue(
        self,
        info: Info,
        team_id: strawberry.ID | None = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Conversation]:
        """A page of the queue. Raises NotAllowed to anybody but staff."""
        scope, wanted = info.context.scope, Page.wanted(first, after, last, before)
        if not scope.is_staff:
            raise NotAllowed()
        team = [("t.team_id = {}", parse_id("Team", team_id))] if team_id is not None else []
        where = [*QUEUED, *team]
        return page(scope, Conversation, where, WAITING, wanted)
