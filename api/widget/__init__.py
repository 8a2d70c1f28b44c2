"""What the customer sees: the floating button's script, and the chat page it opens."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from api.widget import chat, talk

__all__ = ["routes"]

_shop = "/widget/{shop:str}"

routes: list[BaseRoute] = [
    Mount("/static/widget", StaticFiles(directory=Path(__file__).parent / "static")),
    Route("/widget.js", chat.button, methods=["GET"]),
    Route(_shop, chat.show, methods=["GET"]),
    Route(f"{_shop}/plain", chat.plain, methods=["POST"]),
    Route(f"{_shop}/session", talk.session, methods=["POST"]),
    Route(f"{_shop}/messages", talk.said, methods=["GET"]),
    Route(f"{_shop}/messages", talk.say, methods=["POST"]),
    Route(f"{_shop}/stream", talk.stream, methods=["GET"]),
]
