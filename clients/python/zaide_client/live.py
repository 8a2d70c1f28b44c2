"""Following something live for as long as one likes: nothing twice, nothing lost.

Every word of a subscription has a cursor. When the connection is cut, `follow` waits a little,
longer each time, and resumes after the last cursor; the server then tells what was missed. What it
can no longer tell it admits with `Resync`: fetch anew what you show, then go on listening.

    4401, 4403          we are not, or no longer, let in: Stopped
    4400, 4406, 4409    the two sides do not speak alike: Stopped
    all others          tried again (1001 and 1012 a restart, 1013 busy, 4413 we read too slowly)
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Protocol, TypeVar, cast

from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from zaide_client.aio.exceptions import GraphQLClientError, GraphQLClientGraphQLMultiError
from zaide_client.doors import codes

FIRST_PAUSE = 0.25  # seconds
LONGEST_PAUSE = 30.0
FINAL = frozenset({4400, 4401, 4403, 4406, 4409, 4429})
PASSING = frozenset({"unavailable", "too_many"})


class Word(Protocol):
    """What all updates have in common."""

    @property
    def typename__(self) -> str:
        """Subscribed, Removed, Resync, or the news itself: TicketChanged, …"""

    @property
    def cursor(self) -> str:
        """Where this update stands; resume after it."""


W = TypeVar("W", bound=Word)


class Stopped(Exception):
    """The server ended it for good. `code` is the WebSocket's close code or the HTTP status."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code, self.reason = code, reason


async def follow(
    subscribe: Callable[..., AsyncIterator[W]],
    after: str | None = None,
    *,
    patience: float = float("inf"),
) -> AsyncGenerator[W, None]:
    """The updates of a subscription, over as many connections as it takes.

    To be used with `contextlib.aclosing` where it is left before its end, so that the connection
    is closed at once.

    `subscribe` is a client's method, with what it needs already given:
    `follow(client.follow_tickets)`, `follow(partial(client.follow_ticket, ticket.id))`. `after` is
    the cursor of the last update that was dealt with, if there was one: the next update is the one
    behind it. An update counts as dealt with when the following one is asked for. `Subscribed` is
    told once, at the beginning; `Resync` always.

    Raises Stopped when the server will not have us, GraphQLClientGraphQLMultiError when the
    subscription itself is refused (not_found, bad_cursor, …), and after `patience` seconds without
    a connection the error that kept us away.
    """
    begun, away_since, tries = False, 0.0, 0
    while True:
        trouble: Exception = ConnectionError("The server ended the subscription.")
        try:
            async with aclosing(cast("AsyncGenerator[W, None]", subscribe(after=after))) as words:
                async for word in words:
                    tries = 0
                    if not (begun and word.typename__ == "Subscribed"):
                        begun = True
                        yield word
                    after = word.cursor
        except Exception as error:
            trouble = passing(error)
        tries += 1
        away_since = time.monotonic() if tries == 1 else away_since
        wait = pause(tries)
        if time.monotonic() + wait - away_since > patience:
            raise trouble
        await asyncio.sleep(wait)


def passing(error: Exception) -> Exception:
    """The error, if trying again may help. Raises it, or Stopped, if not."""
    if isinstance(error, ConnectionClosed):
        code = error.rcvd.code if error.rcvd else 1006
        if code in FINAL:
            raise Stopped(code, error.rcvd.reason if error.rcvd else "") from error
        return error
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        if status < 500 and status not in (408, 425, 429):
            raise Stopped(status, error.response.reason_phrase) from error
        return error
    if isinstance(error, GraphQLClientGraphQLMultiError) and PASSING.issuperset(codes(error)):
        return error
    # The bare class says that the server did not acknowledge in time.
    if isinstance(error, OSError | InvalidMessage) or type(error) is GraphQLClientError:
        return error
    raise error


def pause(tries: int) -> float:
    """Seconds to wait before trying for the n-th time: doubling, and never all at the same time."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 10))
    return random.uniform(whole / 2, whole)
