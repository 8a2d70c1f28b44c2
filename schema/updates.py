"""What every subscription may say besides its own news, and who hears of what.

Whoever subscribes is first sent `Subscribed`, or `Resync` if their cursor can no longer be served;
then one update per event, each with the cursor to resume from.
"""

from __future__ import annotations

from uuid import UUID

import strawberry

from domain.actors import Scope
from domain.errors import NotAllowed
from domain.events import Happened, Kind
from schema.scalars import Cursor


@strawberry.type(description="The first word: all that happens after `cursor` will be told.")
class Subscribed:
    """The hello of a subscription."""

    cursor: Cursor


@strawberry.type(description="No longer there to see, or no longer part of what is followed.")
class Removed:
    """An item that left, by its id and without its content."""

    cursor: Cursor
    id: strawberry.ID


@strawberry.type(description="Something was missed that cannot be told: fetch anew.")
class Resync:
    """The way out of every gap."""

    cursor: Cursor


def subscribed(position: int) -> Subscribed:
    """The hello at a position."""
    return Subscribed(cursor=Cursor(position))


def resync(position: int) -> Resync:
    """The call to fetch anew at a position."""
    return Resync(cursor=Cursor(position))


# What the work behind the counter looks like is nobody's business but the staff's. What changes a
# field or a figure that others may see is not in here: each noun says what it tells of it.
_FOR_STAFF = frozenset(
    {
        Kind.NOTE_ADDED.value,
        Kind.READING_CORRECTED.value,
        Kind.CONVERSATION_RAISED.value,
        Kind.CONVERSATION_UNDERSTOOD.value,
        Kind.DELIVERY_FAILED.value,
        Kind.HANDLING_FAILED.value,
    }
)


def concerns(scope: Scope, event: Happened) -> bool:
    """Whether an event is anything for whoever has this scope."""
    if event.kind in _FOR_STAFF and not scope.is_staff:
        return False
    return scope.may_hear(event.shop_id, event.customer_ids, event.merchant_ids)


def must_read(scope: Scope, noun: str) -> None:
    """Raise NotAllowed for a token that was not granted to read `noun`."""
    if scope.reads is not None and noun not in scope.reads:
        raise NotAllowed(noun=noun)


def message_of(event: Happened) -> UUID | None:
    """The message an event is about, if it is about one."""
    id = event.data.get("message")
    return UUID(str(id)) if id else None
