"""Following conversations as they change."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from domain.actors import Scope
from domain.errors import NotAllowed, NotFound
from domain.events import Happened, Kind
from schema.context import Context, Info
from schema.conversations.types import Conversation, Message
from schema.feed import follow
from schema.scalars import Cursor, opaque, parse_id
from schema.updates import Removed, Resync, Subscribed, message_of, must_read


@strawberry.type(description="Something happened to a conversation; this is how it is now.")
class ConversationChanged:
    """`message` is the one it happened with, if there was one."""

    cursor: Cursor
    kind: str = strawberry.field(description="What happened: MessageReceived, …")
    conversation: Conversation
    message: Message | None


ConversationUpdate = Annotated[
    Subscribed | ConversationChanged | Removed | Resync,
    strawberry.union("ConversationUpdate", description="News of conversations."),
]
Update: TypeAlias = Subscribed | ConversationChanged | Removed | Resync
Told: TypeAlias = Callable[[Happened], Awaitable[Update | None]]


@strawberry.type
class ConversationSubscriptions:
    """Conversations, for Subscription."""

    @strawberry.subscription(description="One conversation, as it goes on.")
    async def conversation(
        self, info: Info, id: strawberry.ID, after: Cursor | None = None
    ) -> AsyncGenerator[ConversationUpdate, None]:
        """News of one conversation. Raises NotFound."""
        context, key = info.context, parse_id("Conversation", id)
        if await Conversation.load_by(context, key) is None:
            raise NotFound(noun="conversations")

        async def told(event: Happened) -> Update | None:
            return await changed(context, event) if event.conversation_id == key else None

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update

    @strawberry.subscription(description="All conversations that the viewer sees.")
    async def conversations(
        self, info: Info, after: Cursor | None = None
    ) -> AsyncGenerator[ConversationUpdate, None]:
        """News of all conversations. Raises NotAllowed for a token without the right to read."""
        context = info.context
        must_read(context.scope, "conversations")

        async def told(event: Happened) -> Update | None:
            return await changed(context, event)

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update

    @strawberry.subscription(
        description="What waits for an agent. What no longer waits here arrives as Removed."
    )
    async def queue(
        self, info: Info, team_id: strawberry.ID | None = None, after: Cursor | None = None
    ) -> AsyncGenerator[ConversationUpdate, None]:
        """News of the queue, of one team or all. Raises NotAllowed to anybody but staff."""
        context = info.context
        if not context.scope.is_staff:
            raise NotAllowed()
        team = parse_id("Team", team_id)

        async def told(event: Happened) -> Update | None:
            update = await changed(context, event)
            if isinstance(update, ConversationChanged) and not _waits(update, team, team_id):
                return Removed(
                    cursor=update.cursor, id=opaque("Conversation", update.conversation.pk)
                )
            return update

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update


def _waits(update: ConversationChanged, team: UUID | None, asked: str | None) -> bool:
    row = update.conversation.column
    waits = row("holder") == "queue" and row("state") == "open"
    return waits and (asked is None or row("team_id") == team)


# Of these a conversation shows nothing to anybody but staff, and readings not to customers either.
_BEHIND = frozenset(
    {Kind.FIRST_ANSWERED.value, Kind.DEADLINE_WARNED.value, Kind.DEADLINE_BREACHED.value}
)
_READ = frozenset({Kind.MESSAGE_UNDERSTOOD.value})
_SAID = _READ | {Kind.MESSAGE_RECEIVED.value, Kind.MESSAGE_SENT.value}


def _hidden_from(scope: Scope) -> frozenset[str]:
    if scope.is_staff:
        return frozenset()
    return _BEHIND | _READ if scope.customer_id is not None else _BEHIND


async def changed(context: Context, event: Happened) -> Update | None:
    """The news of an event for those who see its conversation; None where there is none."""
    if event.conversation_id is None or event.ticket_id is not None:
        return None
    if event.kind in _hidden_from(context.scope):
        return None
    cursor = Cursor(event.position)
    conversation = await Conversation.shared_by(context, event.conversation_id)
    if conversation is None:
        return Removed(cursor=cursor, id=opaque("Conversation", event.conversation_id))
    message_id = message_of(event)
    message = await Message.shared_by(context, message_id)
    if event.kind in _SAID and message is None and not context.scope.is_staff:
        # A message of somebody else's order: not even that it was written is theirs to know.
        return None
    return ConversationChanged(
        cursor=cursor, kind=event.kind, conversation=conversation, message=message
    )
