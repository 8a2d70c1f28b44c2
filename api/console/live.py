"""Live pages: events come in, the page's own partials go out, over one stream per browser tab.

An open page has an `Ear`; all ears of one scope form a `Circle` and hear in rounds, so that all of
them need the same drawings at the same time. What was heard makes some partials stale; they are
drawn anew, once per (partial, what it depends on, scope, locale), and streams that show the same
send the same bytes. A stream that is slow hears several rounds at once and sends one frame for
them; one that was away too long reloads its page (`resync`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request

from api.auth import cookie_of
from api.console.circles import PACE, Circle, Ear
from api.console.pages import partials
from api.console.stream import message, word
from domain import live
from domain.actors import Actor, Scope
from domain.errors import DomainError
from domain.events import Happened
from domain.people.queries import actor_of_session
from domain.routing.actions import heartbeat

BEAT = 15.0  # seconds between signs of life, and between looks at who this still is
KEPT = 512
FRAMES = 64
STILL_HERE = b": still here\n\n"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Partial:
    """A part of a page that lives: its element's id, when it is stale, and how it is drawn.

    `key` is all that `read` depends on beside the viewer's scope and locale: it gives what all who
    have these in common share, by default the HTML itself. `show` makes one viewer's HTML of it,
    so it must be cheap; the same text for the same look lets their streams share a frame.
    """

    id: str
    key: Hashable
    hears: Callable[[Happened], bool]
    read: Callable[[], Awaitable[Any]]
    show: Callable[[Any], str] = str

    async def draw(self) -> str:
        """The HTML for the first paint."""
        return self.show(await self.read())


class Hub:
    """All circles of this process, and what was read and written for them last."""

    def __init__(self) -> None:
        self._circles: defaultdict[UUID, dict[tuple[Scope, float], Circle]] = defaultdict(dict)
        self._read: OrderedDict[Hashable, tuple[int, asyncio.Task[Any]]] = OrderedDict()
        self._frames: OrderedDict[Hashable, bytes] = OrderedDict()
        self._silence: Callable[[], None] | None = None
        self.ended = False

    def end(self) -> None:
        """This process stops: every stream ends, and its page comes back to another one."""
        self.ended = True
        for circles in self._circles.values():
            for circle in circles.values():
                for ear in circle.ears:
                    ear.wake()

    def open(self, actor: Actor, hears: Callable[[Happened], bool], pace: float = PACE) -> Ear:
        """An ear for what the actor may know of, from now on, in rounds of at most `pace`."""
        if self._silence is None:
            self._silence = live.reader.listen(self._tell)
        circles, key = self._circles[actor.shop], (actor.scope, pace)
        circle = circles.get(key)
        if circle is None:
            circle = circles[key] = Circle(*key)
        ear = Ear(circle, actor, hears)
        circle.ears.add(ear)
        return ear

    def close(self, ear: Ear) -> None:
        """The page is gone."""
        circle, shop = ear.circle, ear.actor.shop
        circle.leave(ear)
        if not circle.ears:
            self._circles[shop].pop((circle.scope, circle.pace), None)
        if not self._circles[shop]:
            del self._circles[shop]
        if not self._circles and self._silence is not None:
            self._silence()
            self._silence = None

    def _tell(self, event: Happened) -> None:
        for circle in tuple(self._circles.get(event.shop_id, {}).values()):
            circle.hear(event)

    def reading(self, partial: Partial, actor: Actor, position: int) -> asyncio.Task[Any]:
        """What a partial shows as of `position` or later; read once for all who see the same."""
        key = (partial.id, partial.key, actor.scope, actor.locale)
        known = self._read.get(key)
        if known is None or known[0] < position or _broke(known[1]):
            known = (live.reader.position, asyncio.ensure_future(partial.read()))
            _keep(self._read, key, known, KEPT)
        return known[1]

    def framed(self, position: int, drawn: tuple[tuple[str, str], ...]) -> bytes:
        """(element id, html) pairs as one message; `position` is where to resume from.

        Whoever shows the same at the same position gets the same bytes.
        """
        key = (position, drawn)
        frame = self._frames.get(key)
        if frame is None:
            frame = message(partials(*drawn), position)
            _keep(self._frames, key, frame, FRAMES)
        return frame


def _keep(kept: OrderedDict[Hashable, Any], key: Hashable, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _broke(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


hub = Hub()


async def follow(
    request: Request, actor: Actor, parts: Sequence[Partial], after: int
) -> AsyncIterator[bytes]:
    """The frames of one console page, from position `after` on, until its log-in changes."""

    def hears(event: Happened) -> bool:
        return any(part.hears(event) for part in parts)

    ear = hub.open(actor, hears)
    clock, beaten = asyncio.get_running_loop().time, 0.0
    looked = clock()
    try:
        yield b"retry: 1000\n: hello\n\n"
        missed = await live.missed(actor.shop, after, ear.since)
        if missed is None:
            yield word("resync")
            return
        heard = [event for event in missed if told_to(actor, event) and hears(event)]
        while True:
            frame = await _frame(actor, parts, heard) if heard else STILL_HERE
            # Drawn first and then doubted: nothing is awaited between the last look and the frame.
            while ear.doubted or clock() - looked >= BEAT:
                ear.doubted, looked = False, clock()
                if not await _is_still(request, actor):
                    yield word("resync")
                    return
            yield frame
            if clock() - beaten >= 2 * BEAT:
                await heartbeat(actor)
                beaten = clock()
            heard = await ear.heard(BEAT)
            if hub.ended:
                return
            if ear.lost:
                yield word("resync")
                return
    finally:
        hub.close(ear)


def told_to(actor: Actor, event: Happened) -> bool:
    """Whether the actor's scope lets them know of an event."""
    return actor.scope.may_hear(event.shop_id, event.customer_ids, event.merchant_ids)


async def _is_still(request: Request, actor: Actor) -> bool:
    """Whether the log-in behind this stream is what it was: nothing is sent to one that is not."""
    try:
        found = await actor_of_session(cookie_of(request))
    except DomainError:
        return False
    return found is not None and replace(found, locale=actor.locale) == actor


async def _frame(actor: Actor, parts: Sequence[Partial], heard: list[Happened]) -> bytes:
    """One message with all partials that the events made stale."""
    position = heard[-1].position
    stale = [part for part in parts if any(part.hears(event) for event in heard)]
    # All begin before the first is waited for; one that others wait for too is not cancelled.
    readings = [(part, hub.reading(part, actor, position)) for part in stale]
    try:
        drawn = [
            (part.id, part.show(read.result() if read.done() else await asyncio.shield(read)))
            for part, read in readings
        ]
    except DomainError as error:
        # It is gone, or not theirs any more: the page itself will say so.
        log.info("live.not_drawn", error=error.code)
        return word("resync")
    return hub.framed(position, tuple(drawn))
