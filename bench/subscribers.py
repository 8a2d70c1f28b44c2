"""Thousands of live clients in one process, with as little CPU of their own as Python allows.

No event loop and no library: sockets, epoll, and only as much of each protocol as it takes to tell
when which event arrived. A `Crowd` holds clients of either kind in bench/subscriptions.py; every
arrival is noted with the machine's monotonic clock, which the process that commits or publishes
reads too. Linux only, as epoll is.
"""

from __future__ import annotations

import resource
import select
import socket
import time
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

WAVE = 64
"""How many clients are on their way in at once."""
PATIENCE = 30.0
CHUNK = 32 * 1024  # larger ones are mapped and unmapped at each read


class Refused(RuntimeError):
    """A server did not let a client in, or threw one out."""


class Client(Protocol):
    """One connection, as the crowd sees it."""

    sock: socket.socket
    is_in: bool
    """Whether its greeting is over: it has asked for all that it wants."""
    is_hearing: bool
    """Whether it was sent anything it asked for."""

    def opening(self) -> bytes:
        """The first thing to send."""

    def received(self, data: bytes, at: int, heard: Heard) -> None:
        """Take what came, at `at` (ns). Raises Refused."""


@dataclass(slots=True)
class Heard:
    """What arrived: the number of each event, and when (ns); the two go together."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    size: int = 0
    """Bytes of the payload of the last frame that held an event."""

    def __len__(self) -> int:
        return len(self.numbers)

    def note(self, number: int, at: int) -> None:
        """Add an arrival."""
        self.numbers.append(number)
        self.times.append(at)


class Crowd:
    """Clients of one server. What they hear is in `heard` until `forget`.

    `lost` counts those that the server threw out after it had let them in; `why`, the last time.
    """

    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self.heard = Heard()
        self.lost, self.why = 0, ""
        self._poll = select.epoll()

    def join(self, clients: Iterable[Client]) -> None:
        """Let clients in, a few at a time. Raises Refused, and TimeoutError after `PATIENCE`."""
        coming: list[Client] = []
        for client in clients:
            self._enter(client)
            coming.append(client)
            if len(coming) >= WAVE:
                self._let_in(coming, WAVE // 2)
        self._let_in(coming, 0)

    def _enter(self, client: Client) -> None:
        number = client.sock.fileno()
        self.clients[number] = client
        client.sock.send(client.opening())
        self._poll.register(number, select.EPOLLIN)

    def _let_in(self, coming: list[Client], most: int) -> None:
        """Wait until at most `most` of `coming` are still on their way; drop the others from it."""
        deadline = time.monotonic() + PATIENCE
        while len(coming) > most:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(coming)} clients were not let in.")
            self._step(0.2)
            coming[:] = [client for client in coming if not client.is_in]

    def listen(self, seconds: float, enough: float = float("inf")) -> bool:
        """Hear for so long, or until `enough` arrivals are in `heard`; whether they are."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < enough and (left := deadline - time.monotonic()) > 0:
            self._step(left)
        return len(self.heard) >= enough

    @property
    def are_hearing(self) -> bool:
        """Whether every client was sent something it asked for."""
        return all(client.is_hearing for client in self.clients.values())

    def forget(self) -> Heard:
        """What was heard, and begin anew."""
        heard, self.heard = self.heard, Heard()
        return heard

    def leave(self, keep: int = 0) -> None:
        """All but the first `keep` go away."""
        for number in list(self.clients)[keep:]:
            self._drop(number)

    def close(self) -> None:
        """All go away."""
        self.leave()
        self._poll.close()

    def _drop(self, number: int) -> None:
        self._poll.unregister(number)
        self.clients.pop(number).sock.close()

    def _step(self, seconds: float) -> None:
        clients, heard = self.clients, self.heard
        for number, _ in self._poll.poll(seconds):
            client = clients[number]
            try:
                data = client.sock.recv(CHUNK)
                if not data:
                    raise Refused("A server closed a connection.")
                client.received(data, time.monotonic_ns(), heard)
            except (Refused, OSError) as error:
                self._drop(number)
                if not client.is_in:
                    raise
                self.lost, self.why = self.lost + 1, str(error)


def connected(url: str) -> socket.socket:
    """A blocking connection to the server of a URL."""
    parts = urlsplit(url)
    made = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def many_files() -> None:
    """Allow this process, and those it starts, as many open sockets as the machine does."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
