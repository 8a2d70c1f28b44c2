"""Server-sent events: how one is written, where a browser resumes, and a response made of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


def message(data: str, position: int | None = None, event: str = "") -> bytes:
    """One event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    lines = [f"id: {position}"] if position is not None else []
    if event:
        lines.append(f"event: {event}")
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()


def word(event: str) -> bytes:
    """A named event without content."""
    return message("", event=event)


def cursor_of(request: Request) -> int:
    """Where to resume: Last-Event-ID, else ?after; 0 for anything that is not a position."""
    given = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


class EventStream(StreamingResponse):
    """Server-sent events that end when the browser leaves, not at the next thing to say."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames until they end or the browser is gone."""
        telling = asyncio.ensure_future(self.stream_response(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not telling.done():
                telling.cancel()
            outcome, _ = await asyncio.gather(telling, leaving, return_exceptions=True)
        if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
            raise outcome


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
