"""Reconsider: hears that an agent corrected a reading; what the talk is about follows."""

from __future__ import annotations

from collections.abc import Sequence

from domain.bot import actions
from domain.events import Happened, Kind
from workers.runner import consumer, conversation_of


async def _handle(events: Sequence[Happened]) -> None:
    for event in events:
        await actions.reconsider(event.shop_id, conversation_of(event))


reconsider = consumer("reconsider", [Kind.READING_CORRECTED], _handle)
