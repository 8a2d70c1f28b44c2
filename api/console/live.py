"""Live pages: events come in, the page's own partials go out, over one stream per browser tab.

An open page has an `Ear` that hears what its scope may hear. What it heard makes some partials
stale; they are drawn anew, once per (partial, what it depends on, scope, locale), and every stream
of the process that needs them sends the same text. A stream that is slow hears several events at
once and sends one frame for them; one that was away too long reloads its page (`resync`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.auth import cookie_of
from api.console.pages import partials
from domain import live
from domain.actors import Actor
from domain.clock import now
from domain.errors import DomainError
from domain.events import Happened, Kind
from domain.people.queries import actor_of_session
from domain.routing.actions import heartbeat

MOST_WAITING = 500
BEAT = 15.0  # seconds between signs of life
PACE = 0.1  # seconds in which events gather before a page is drawn again
KEPT = 512
LOGINS = frozenset({Kind.GRANT_CHANGED, Kind.SESSION_ENDED, Kind.SHOP_SWITCHED})
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Partial:
    """A part of a page that lives: its element's id, when it is stale, and how it is drawn.

    `key` is all that `draw` depends on beside the viewer's scope and locale.
    """

    id: str
    key: Hashable
    hears: Callable[[Happened], bool]
    draw: Callable[[], Awaitable[str]]


class Ear:
    """The events that one open page has yet to be told."""

    def __init__(self, hears: Callable[[Happened], bool]) -> None:
        self.hears = hears
        self.lost = False
        self._waiting: deque[Happened] = deque()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Have whoever waits look up: there is nothing more to hear."""
        self._wake.set()

    def tell(self, event: Happened) -> None:
        """Keep an event if it concerns this page; with too many waiting, forget them and say so."""
        if not self.hears(event):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.lost = True
        self._waiting.append(event)
        self._wake.set()

    async def heard(self, wait: float) -> list[Happened]:
        """All that waits, as soon as there is anything; nothing after `wait` seconds."""
        if wait > 0:
            try:
                # Not wait_for: on Python 3.11 it swallows a cancellation that comes with the event.
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                return []
        self._wake.clear()
        heard = list(self._waiting)
        self._waiting.clear()
        return heard


class Hub:
    """All ears of this process, by shop, and what was drawn for them last."""

    def __init__(self) -> None:
        self._ears: dict[UUID, set[Ear]] = {}
        self._drawn: OrderedDict[Hashable, tuple[int, asyncio.Task[str]]] = OrderedDict()
        self._silence: Callable[[], None] | None = None
        self.ended = False

    def end(self) -> None:
        """This process stops: every stream ends, and its page comes back to another one."""
        self.ended = True
        for ears in self._ears.values():
            for ear in ears:
                ear.wake()

    def open(self, shop: UUID, hears: Callable[[Happened], bool]) -> Ear:
        """An ear for the events of a shop from now on."""
        if self._silence is None:
            self._silence = live.reader.listen(self._tell)
        ear = Ear(hears)
        self._ears.setdefault(shop, set()).add(ear)
        return ear

    def close(self, shop: UUID, ear: Ear) -> None:
        """The page is gone."""
        self._ears.get(shop, set()).discard(ear)
        if not self._ears.get(shop):
            self._ears.pop(shop, None)
        if not self._ears and self._silence is not None:
            self._silence()
            self._silence = None

    def _tell(self, event: Happened) -> None:
        for ear in tuple(self._ears.get(event.shop_id, ())):
            ear.tell(event)

    async def drawn(self, partial: Partial, actor: Actor, position: int) -> str:
        """A partial as of `position` or later; drawn once for all who see the same."""
        key = (partial.id, partial.key, actor.scope, actor.locale)
        known = self._drawn.get(key)
        if known is None or known[0] < position or _broke(known[1]):
            known = (live.reader.position, asyncio.ensure_future(partial.draw()))
            self._drawn[key] = known
            self._drawn.move_to_end(key)
            if len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
        return await asyncio.shield(known[1])


hub = Hub()


def _broke(task: asyncio.Task[str]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def told_to(actor: Actor, event: Happened) -> bool:
    """Whether the actor's scope lets them know of an event."""
    return actor.scope.may_hear(event.shop_id, event.customer_ids, event.merchant_ids)


async def follow(
    request: Request, actor: Actor, parts: Sequence[Partial], after: int
) -> AsyncIterator[bytes]:
    """The frames of one console page, from position `after` on, until its log-in changes."""

    def hears(event: Happened) -> bool:
        if event.kind in LOGINS:
            return True
        return told_to(actor, event) and any(part.hears(event) for part in parts)

    ear = hub.open(actor.shop, hears)
    # What comes from here on is heard; what came before is looked up. Nothing is both.
    until = live.reader.position
    try:
        yield b"retry: 1000\n: hello\n\n"
        missed = await live.missed(actor.shop, after, until)
        if missed is None:
            yield word("resync")
            return
        heard, beaten = [event for event in missed if hears(event)], now()
        await heartbeat(actor)
        while True:
            if not await _is_still(request, actor):
                yield word("resync")
                return
            if heard:
                yield await _frame(actor, parts, heard)
            if (now() - beaten).total_seconds() >= 2 * BEAT:
                await heartbeat(actor)
                beaten = now()
            heard = await ear.heard(BEAT)
            if hub.ended:
                return
            if ear.lost:
                yield word("resync")
                return
            if heard:
                await asyncio.sleep(PACE)
                heard += await ear.heard(0)
            else:
                yield b": still here\n\n"
    finally:
        hub.close(actor.shop, ear)


async def _is_still(request: Request, actor: Actor) -> bool:
    """Whether the log-in behind this stream is what it was: nothing is sent to one that is not."""
    try:
        found = await actor_of_session(cookie_of(request))
    except DomainError:
        return False
    return found is not None and replace(found, locale=actor.locale) == actor


async def _frame(actor: Actor, parts: Sequence[Partial], heard: list[Happened]) -> bytes:
    """One message with all partials that the events made stale; `id` is where to resume from."""
    position = heard[-1].position
    stale = [part for part in parts if any(part.hears(event) for event in heard)]
    try:
        drawn = [(part.id, await hub.drawn(part, actor, position)) for part in stale]
    except DomainError as error:
        # It is gone, or not theirs any more: the page itself will say so.
        log.info("live.not_drawn", error=error.code)
        return word("resync")
    return message(partials(*drawn), position)


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
