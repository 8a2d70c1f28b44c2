"""HTTP load from one process: so many connections, kept alive, each asking again when answered.

The load is closed (nothing is asked before the last answer came) and bounded in time, and it ends
by itself. Every answer must have status 200.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import httptools

PATIENCE = 20.0
"""Seconds without any answer after which a server is given up."""


class BadAnswer(RuntimeError):
    """A server said something else than 200, or closed the connection; one sentence."""


@dataclass(slots=True)
class Loaded:
    """What came back: each answer's time in seconds, and how long it all took."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST with JSON, as every connection sends it again and again."""
    every = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def load(port: int, request: bytes, connections: int, seconds: float) -> Loaded:
    """Ask 127.0.0.1:`port` for `seconds`, and wait for what is under way. Raises BadAnswer."""
    loop, loaded = asyncio.get_running_loop(), Loaded()
    began = time.perf_counter()
    asking: list[Asking] = []
    try:
        for _ in range(connections):
            _, protocol = await loop.create_connection(
                lambda: Asking(request, began + seconds, loaded.latencies), "127.0.0.1", port
            )
            asking.append(protocol)
        async with asyncio.timeout(seconds + PATIENCE):
            await asyncio.gather(*(one.done for one in asking))
    except TimeoutError:
        raise BadAnswer(f"no answer within {PATIENCE:.0f} s") from None
    finally:
        for one in asking:
            one.close()
    loaded.seconds = time.perf_counter() - began
    return loaded


class Asking(asyncio.Protocol):
    """One connection; `done` is set once the time is over and the last answer is there."""

    def __init__(self, request: bytes, until: float, latencies: list[float]) -> None:
        self.request, self.until, self.latencies = request, until, latencies
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        self.transport: asyncio.Transport | None = None
        self.asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one by its manners only
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        """An answer is there: ask again, or have done."""
        now = time.perf_counter()
        self.latencies.append(now - self.asked)
        if (status := self.parser.get_status_code()) != 200:
            self._fail(f"status {status}")
        elif now < self.until:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server is not to close before we do."""
        self._fail("it closed the connection")

    def close(self) -> None:
        """Let go."""
        if not self.done.done():
            self.done.cancel()
        if self.transport:
            self.transport.abort()

    def _ask(self) -> None:
        assert self.transport
        self.asked = time.perf_counter()
        self.transport.write(self.request)

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(BadAnswer(why))
