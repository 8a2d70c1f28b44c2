"""Own: hears that an agent took a conversation; its ticket is theirs from then on (首问负责)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.events import Happened, Kind
from domain.tickets import actions
from workers.runner import consumer, conversation_of


async def _handle(events: Sequence[Happened]) -> None:
    for event in events:
        await actions.own(event.shop_id, conversation_of(event))


own = consumer("own", [Kind.CONVERSATION_ASSIGNED], _handle)
