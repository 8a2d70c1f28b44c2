"""Route: hears that somebody waits or that somebody got free, drains the shop's queue."""

from __future__ import annotations

from collections.abc import Sequence

from domain.events import Happened, Kind
from domain.routing import actions
from workers.runner import consumer

HEARS = [
    Kind.CONVERSATION_QUEUED,
    Kind.CONVERSATION_CLOSED,
    Kind.CONVERSATION_RETURNED,
    Kind.PRESENCE_CHANGED,
    Kind.GRANT_CHANGED,
]


async def _handle(events: Sequence[Happened]) -> None:
    for shop in dict.fromkeys(event.shop_id for event in events):
        await actions.drain(shop)


route = consumer("route", HEARS, _handle, 64)
