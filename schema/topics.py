"""What a subscription follows, so that an event wakes only those whom it can be news to.

It only saves work: whether an event is told is decided by scope and resolver, as without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import ArgumentNode, StringValueNode, VariableNode

from domain.events import Happened
from schema.questions import Question
from schema.scalars import parse_id


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing by its id, or everything in the shop that `hears` says yes to."""

    id: UUID | None
    hears: Callable[[Happened], bool]


def topic(question: Question) -> Topic:
    """What a question follows; where in doubt, everything."""
    for field in question.document.selected(question.operation):
        name = field.name.value
        id = next((a for a in field.arguments or () if a.name.value == "id"), None)
        if name in _ONE and id is not None:
            return Topic(parse_id(_ONE[name], _given(id, question)), _anything)
        return Topic(None, _KINDS.get(name, _anything))
    return Topic(None, _anything)


def concerned(event: Happened) -> Iterator[UUID]:
    """Where an event is heard: its shop, and each thing that it happened to."""
    yield event.shop_id
    for id in (event.conversation_id, event.ticket_id, event.order_id):
        if id is not None:
            yield id


def _given(argument: ArgumentNode, question: Question) -> str | None:
    value: Any = argument.value
    if isinstance(value, VariableNode):
        found = question.variables.get(value.name.value)
        return found if isinstance(found, str) else None
    return value.value if isinstance(value, StringValueNode) else None


def _anything(event: Happened) -> bool:
    return True


def _of_ticket(event: Happened) -> bool:
    return event.ticket_id is not None


def _of_conversation(event: Happened) -> bool:
    return event.conversation_id is not None and event.ticket_id is None


def _of_order(event: Happened) -> bool:
    alone = event.conversation_id is None and event.ticket_id is None
    return event.order_id is not None and alone


_ONE = {"conversation": "Conversation", "ticket": "Ticket", "order": "Order"}
_KINDS: dict[str, Callable[[Happened], bool]] = {
    "tickets": _of_ticket,
    "orders": _of_order,
    "conversations": _of_conversation,
    "queue": _of_conversation,
}
