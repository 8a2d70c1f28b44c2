"""Deliver: hears what was said to customers, hands it to channels that have to be called."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from domain import db
from domain.delivery import actions
from domain.events import Happened, Kind
from workers.runner import consumer

EVERY = 1.0
log = structlog.get_logger()


async def _handle(events: Sequence[Happened]) -> None:
    for event in events:
        delivery = await actions.enqueue(UUID(event.data["message"]))
        if delivery is not None:
            await actions.hand_over(delivery.id)


deliver = consumer("deliver", [Kind.MESSAGE_SENT], _handle)


async def try_again() -> None:
    """Every second, try the deliveries that are due."""
    while True:
        try:
            for delivery in await actions.due():
                await actions.hand_over(delivery)
        except db.Unreachable as error:
            log.warning("deliver.away", error=type(error).__name__)
        await asyncio.sleep(EVERY)
