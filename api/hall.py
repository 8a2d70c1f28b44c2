"""Where everybody is who has connected to this process: how many, and who owes us something.

The bound is on connections of any kind: whoever waits, asks, listens to a stream or has a socket.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

HEAD = 10.0
"""Seconds for the head of a request, from the connection or from the answer before it."""
BODY = 60.0
"""Seconds for the rest of a request, which has `max_body` bytes at most."""
LOOK = 1.0
SPARE = 64
"""Connections beyond the places: long enough to ask how we are."""
OTHER_FILES = 512
"""For connections to the servers, at most 220, for files, and for a burst of callers to refuse."""
AT_ONCE = 8
"""Sockets let in during one turn of the event loop; each takes about a millisecond."""
RETRY_SECONDS = 5
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 17\r\n"
    b"retry-after: %d\r\nconnection: close\r\n\r\nToo many at once." % RETRY_SECONDS
)
LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
log = structlog.get_logger()


def places(wanted: int) -> int:
    """As many of the wanted places as there may be open files, raising that limit if need be.

    Each connection is one, and an accept that finds none left would close whoever waits.
    """
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    found = max(1, soft - SPARE - OTHER_FILES)
    log.warning("hall.few_files", open_files=soft, places=found, wanted=wanted)
    return found


class Owing(Protocol):
    """A connection that owes us something."""

    def give_up(self, word: bytes = b"") -> None:
        """End it, after a last word."""


class Owed:
    """Who owes us something, each for equally long at most: the first are due first."""

    def __init__(self, seconds: float, awake: Callable[[], None]) -> None:
        """`awake` is called when somebody begins to owe."""
        self.seconds, self._awake = seconds, awake
        self._since: dict[Owing, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def add(self, who: Owing) -> None:
        """Their time begins."""
        self._since[who] = asyncio.get_running_loop().time()
        self._awake()

    def discard(self, who: Owing) -> None:
        """They owe nothing, or not any more."""
        self._since.pop(who, None)

    def give_up_one(self, word: bytes = b"") -> bool:
        """Part with who has waited longest; False if nobody waits."""
        for who in self._since:
            who.give_up(word)
            return True
        return False

    def give_up_late(self, now: float) -> None:
        """Part with those whose time is over."""
        late = []
        for who, since in self._since.items():
            if since + self.seconds > now:
                break
            late.append(who)
        for who in late:
            who.give_up(LATE)


class Guest(Owing, Protocol):
    """One who waits for a socket."""

    def enter(self) -> None:
        """It is their turn."""


class Hall:
    """The connections of a server."""

    def __init__(self, places: int, sockets: Callable[[], int]) -> None:
        """`places` for connections; `sockets`: for how many more sockets there is a place."""
        self.places, self._sockets = places, sockets
        # Who has not finished a first question; who stays after an answer; whose body is coming.
        self.strangers, self.staying = Owed(HEAD, self._awake), Owed(HEAD, self._awake)
        self.bodies = Owed(BODY, self._awake)
        self.turned_away = 0
        self._queue: deque[Guest] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    def busy(self, connected: int) -> int:
        """How many of the connected nobody could ask to make room."""
        return connected - len(self.strangers) - len(self.staying)

    def has_room(self, connected: int) -> bool:
        """Whether one more may come in; if need be, somebody idle makes room."""
        if connected < self.places + SPARE:
            return True
        self.turned_away += 1
        self._awake()
        return self.strangers.give_up_one(FULL) or self.staying.give_up_one()

    def refuse(self, who: Owing) -> None:
        """Say that there is no place."""
        self.turned_away += 1
        self._awake()
        who.give_up(FULL)

    def queue(self, guest: Guest) -> None:
        """Let somebody enter when it is their turn, or refuse them at once."""
        if self._sockets() <= len(self._queue):
            self.refuse(guest)
            return
        self._queue.append(guest)
        if len(self._queue) == 1:
            asyncio.get_running_loop().call_soon(self._let_in)

    def _let_in(self) -> None:
        try:
            for _ in range(min(AT_ONCE, len(self._queue))):
                self._queue.popleft().enter()
        finally:
            if self._queue:
                asyncio.get_running_loop().call_soon(self._let_in)

    def _awake(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(LOOK, self._look)

    def _look(self) -> None:
        """Part with those who are late, and look again as long as anybody owes anything."""
        self._sweep = None
        now = asyncio.get_running_loop().time()
        for owed in (self.strangers, self.staying, self.bodies):
            owed.give_up_late(now)
            if owed:
                self._awake()
        if self.turned_away:
            # Once a second, however many they are.
            log.warning("hall.full", turned_away=self.turned_away, places=self.places)
            self.turned_away = 0
