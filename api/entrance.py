"""How one gets in: who connects waits here until they have said what they want.

A connection costs next to nothing until its first byte comes, and the head of a request that does
not come in time is not waited for. When all places are taken, who waits longest makes room,
strangers before those who only stay for another request; where everybody is busy, newcomers are
refused, and only asked how we are we still answer. Sockets are let in a few at a time, so that
others have their turn in between. Who is refused leaves nothing behind.

`Caller` is named in uvicorn's setting `http`. With the first byte it makes way for `Asking`, which
is uvicorn's own class, as that makes way for a websocket. Where uvicorn does not keep its
connections in a set of its state, they cannot be counted: then its class serves them as it would
without us.
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport, Transport
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.hall import FULL, LATE, RETRY_SECONDS, Hall, Owed

HOW_WE_ARE = (b"/healthz", b"/readyz", b"/metrics")


def entrance(hall: Hall) -> type[asyncio.Protocol]:
    """The class to name in uvicorn's setting `http`, so that a server's callers come to a hall."""
    return type("Entrance", (Caller,), {"__slots__": (), "hall": hall})


class Caller(asyncio.Protocol):
    """Somebody who has connected and said nothing yet."""

    __slots__ = ("_given", "_transport")
    hall: Hall

    def __init__(self, **given: Any) -> None:
        """`given`: what uvicorn gives to the class that serves."""
        self._given = given
        self._transport: Transport | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep or refuse them."""
        self._transport = cast(Transport, transport)
        connections = _connections(self._given)
        if connections is None:
            self._become(HttpToolsProtocol(**self._given))
        elif self.hall.has_room(len(connections)):
            # With uvicorn's own, whom it tells when it stops.
            connections.add(self)
            self.hall.strangers.add(self)
        else:
            self.give_up(FULL)

    def data_received(self, data: bytes) -> None:
        """They begin to say what they want."""
        self._forget()
        asking = Asking(self.hall, **self._given)
        self._become(asking)
        asking.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """They left, or were sent away."""
        self._forget()

    def shutdown(self) -> None:
        """The server stops."""
        self.give_up()

    def give_up(self, word: bytes = b"") -> None:
        """As in Owing."""
        self._forget()
        assert self._transport is not None
        if word is not LATE:
            # A browser that connects in advance would take it for the answer to its next question.
            self._transport.write(word)
        self._transport.close()

    def _forget(self) -> None:
        self.hall.strangers.discard(self)
        connections = _connections(self._given)
        if connections is not None:
            connections.discard(self)

    def _become(self, served: asyncio.Protocol) -> None:
        assert self._transport is not None
        self._transport.set_protocol(served)
        served.connection_made(self._transport)


class Asking(HttpToolsProtocol):
    """uvicorn's own class, which owes heads and bodies in time and queues for a socket."""

    def __init__(self, hall: Hall, **given: Any) -> None:
        super().__init__(**given)
        self.hall = hall
        self._owes: Owed | None = None
        self._owe(hall.strangers)

    def data_received(self, data: bytes) -> None:
        """More has come. Most requests come whole: only what does not owes the rest."""
        super().data_received(data)
        cycle, bodies = self.cycle, self.hall.bodies
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            if self._owes is not bodies:
                self._owe(bodies)
        elif self._owes is bodies:
            self._owe(None)

    def on_headers_complete(self) -> None:
        """A head has come; newcomers beyond the places are refused what others are served."""
        self._owe(None)
        if self.cycle is None and self._is_too_much() and self.url not in HOW_WE_ARE:
            self.app = refuse
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """It was answered; unless more was asked already, the next question has its time."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._owe(self.hall.staying)

    def handle_websocket_upgrade(self) -> None:
        """Wait for their turn to get a socket."""
        self._owe(None)
        self.transport.pause_reading()
        if self._is_too_much():
            self.hall.refuse(self)
        else:
            self.hall.queue(self)

    def enter(self) -> None:
        """Have a socket."""
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        super().handle_websocket_upgrade()
        # Nobody else frees the parser, which points back at us, for as long as the socket lives.
        self.parser = None  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """They left."""
        super().connection_lost(exc)
        self._owe(None)

    def give_up(self, word: bytes = b"") -> None:
        """As in Owing."""
        self._owe(None)
        self.transport.write(word)
        self.transport.close()

    def _is_too_much(self) -> bool:
        return self.hall.busy(len(self.connections)) > self.hall.places

    def _owe(self, what: Owed | None) -> None:
        """Owe this from now on, and nothing else."""
        if self._owes is not None:
            self._owes.discard(self)
        self._owes = what
        if what is not None:
            what.add(self)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that is full."""
    headers = [
        (b"content-length", b"0"),
        (b"retry-after", b"%d" % RETRY_SECONDS),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _connections(given: dict[str, Any]) -> set[asyncio.Protocol] | None:
    """uvicorn's connections of any kind, where it keeps them as we know it."""
    found = getattr(given.get("server_state"), "connections", None)
    return found if isinstance(found, set) else None
