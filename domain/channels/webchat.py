"""Web chat: our own widget. Nothing is sent out; an open page hears the events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.channels.base import InboundMessage
from domain.channels.models import Channel
from domain.errors import NotFound


class Webchat:
    """Our own widget, which comes in by its own door and reads what it is told live."""

    kind = "webchat"

    def parse(
        self, channel: Channel, headers: Mapping[str, str], body: bytes
    ) -> list[InboundMessage]:
        """The widget has a door of its own: nothing comes in by this one."""
        raise NotFound(noun="channel")

    async def send(self, channel: Channel, message: Mapping[str, Any]) -> None:
        """The open page has it already."""
