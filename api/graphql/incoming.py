"""What comes in over a socket: a message of graphql-transport-ws, or the end."""

from __future__ import annotations

from typing import Any

import orjson

from domain.settings import settings


class Closed(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def parsed(event: Any) -> dict[str, Any]:
    """The message in a frame. Raises Closed for what is none, or is too large."""
    text = event.get("text")
    if text is None:
        raise Closed(4400, "Invalid message")
    if len(text) > settings().max_body or len(text.encode()) > settings().max_body:
        raise Closed(1009, "Message too big")
    try:
        message = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeError):
        raise Closed(4400, "Invalid message") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closed(4400, "Invalid message")
    return message
