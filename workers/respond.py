"""Respond: hears that a message was understood, lets the bot answer it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.bot import actions
from domain.events import Happened, Kind
from workers.runner import consumer


async def _handle(events: Sequence[Happened]) -> None:
    for event in events:
        await actions.respond(UUID(event.data["message"]))


respond = consumer("respond", [Kind.MESSAGE_UNDERSTOOD], _handle)
