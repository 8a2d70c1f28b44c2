"""The way out of a socket: whole websocket frames, written to the transport without waiting.

A frame's bytes are made once and shared by all whom they go to. `Served` is uvicorn's own websocket
class, named in its setting `ws`; it lends its transport to the application through the ASGI scope's
`extensions`. uvicorn writes each of its own frames (pong, ping, close) whole and at once as well,
so that ours come between them and never into one. Where nothing was lent (another server, another
shape) frames are awaited one by one through the ASGI `send` instead: slower, but as good.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.transports import Transport
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeGuard

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from schema.telling import Gate, Line

KEY = "zaide.wire"


def framed(text: bytes) -> bytes:
    """The unfragmented, unmasked text frame of a server (RFC 6455, 5.2) around UTF-8 `text`."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def texts_of(frames: bytes) -> Iterator[str]:
    """The texts in frames that `framed` made, one after the other."""
    at = 0
    while at < len(frames):
        start = at + {126: 4, 127: 10}.get(frames[at + 1], 2)
        long = int.from_bytes(frames[at + 2 : start], "big")
        at = start + (long if start > at + 2 else frames[at + 1])
        yield frames[start:at].decode()


class Wire(Protocol):
    """Where frames go. `resumed` is called when it takes frames again after it refused one."""

    resumed: Callable[[], None]

    def write(self, frame: bytes) -> bool:
        """Send a frame, or several in one; False when the other side is behind, and none went."""

    @property
    def is_gone(self) -> bool:
        """Whether nothing written reaches the other side any more."""

    def abort(self) -> None:
        """Give up what was written and not yet taken."""


class Direct:
    """A transport's. It refuses frames from its high-water mark (64 KiB) to its low one."""

    __slots__ = ("_is_closing", "_transport", "_write", "is_full", "resumed")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # Looked up once: `write` below runs for each frame and client.
        self._write, self._is_closing = transport.write, transport.is_closing
        self.is_full = False
        self.resumed: Callable[[], None] = _nothing

    def line(self, key: str, gate: Gate) -> Line:
        """The way for who writes the same to thousands, and does by itself what `write` does."""
        return Line(key, gate, self, self._is_closing, self._write)

    def write(self, frame: bytes) -> bool:
        """As in Wire. What is written after the end is dropped: nothing follows a close frame."""
        if self.is_full:
            return False
        if not self._is_closing():
            self._write(frame)
        return True

    @property
    def is_gone(self) -> bool:
        """As in Wire."""
        return self._transport.is_closing()

    def abort(self) -> None:
        """As in Wire."""
        self._transport.abort()

    def full(self) -> None:
        """The transport holds more than it should."""
        self.is_full = True

    def free(self) -> None:
        """The transport has sent what it held."""
        self.is_full = False
        self.resumed()


class Awaited:
    """The fallback: one frame at a time through the ASGI `send`."""

    __slots__ = ("_is_gone", "_sending", "_websocket", "resumed")

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._sending: asyncio.Task[None] | None = None
        self._is_gone = False
        self.resumed: Callable[[], None] = _nothing

    def write(self, frame: bytes) -> bool:
        """As in Wire."""
        if self._sending is not None:
            return False
        if not self._is_gone:
            self._sending = asyncio.create_task(self._send(frame))
        return True

    @property
    def is_gone(self) -> bool:
        """As in Wire."""
        return self._is_gone

    def abort(self) -> None:
        """As in Wire."""
        self._is_gone = True
        if self._sending is not None:
            self._sending.cancel()

    async def _send(self, frame: bytes) -> None:
        try:
            for text in texts_of(frame):
                await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._is_gone = True
        finally:
            self._sending = None
        self.resumed()


def wire_of(websocket: WebSocket) -> Wire:
    """The transport that the server lent, or else the slower way."""
    lent = (websocket.scope.get("extensions") or {}).get(KEY)
    return lent if isinstance(lent, Direct) else Awaited(websocket)


class Served(WebSocketsSansIOProtocol):
    """uvicorn's websocket, which lends its transport and says when that is full."""

    lent: Direct | None = None

    async def run_asgi(self) -> None:
        """Run the application, with the transport in its scope."""
        with contextlib.suppress(AttributeError, TypeError):
            if _is_transport(self.transport):
                self.lent = Direct(self.transport)
                extensions: dict[str, Any] = {**(self.scope["extensions"] or {}), KEY: self.lent}
                self.scope["extensions"] = extensions
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send the application's message, and forget the handshake once it is done."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            # 6 kB of headers for as long as the socket lives; the scope has its own.
            with contextlib.suppress(AttributeError):
                self.request.headers.clear()
                del self.request, self.response

    def pause_writing(self) -> None:
        """The transport is above its high-water mark."""
        super().pause_writing()
        if self.lent is not None:
            self.lent.full()

    def resume_writing(self) -> None:
        """The transport is below its low-water mark."""
        super().resume_writing()
        if self.lent is not None:
            self.lent.free()


def _is_transport(found: object) -> TypeGuard[Transport]:
    names = ("write", "is_closing", "abort")
    return all(callable(getattr(found, name, None)) for name in names)


def _nothing() -> None:
    """Nobody waits."""
