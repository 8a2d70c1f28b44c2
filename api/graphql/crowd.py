"""Everybody who is connected for long, by socket or by stream: how many, and one heart for all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from domain import broker, db
from domain.actors import Actor
from domain.people.queries import fallen
from domain.routing.actions import heartbeat
from domain.settings import settings

HEARTBEAT = 25.0  # seconds; proxies commonly close what was silent for 60
AT_ONCE = 50
log = structlog.get_logger()


class Guest(Protocol):
    """One connection."""

    @property
    def actor(self) -> Actor | None:
        """Who it belongs to."""

    def beat(self) -> None:
        """Show that we are here. Must not wait."""

    def look_again(self) -> None:
        """Find out anew who this is. Must not wait."""

    def dismiss(self) -> None:
        """End soon: this process is about to stop."""


class Crowd:
    """The connections of this process. A full one lets nobody in: `settings().max_sockets`."""

    def __init__(self) -> None:
        self._guests: dict[Guest, None] = {}
        self._heart: asyncio.Task[None] | None = None
        self.left = 0
        """How many have left since the process began."""

    @property
    def places(self) -> int:
        """How many more may come."""
        return max(0, settings().max_sockets - len(self._guests))

    @property
    def is_full(self) -> bool:
        """Whether there is no place for one more."""
        return not self.places

    def enter(self, guest: Guest) -> None:
        """Take a place."""
        self._guests[guest] = None
        if self._heart is None:
            self._heart = asyncio.create_task(self._beat(), name="crowd-heart")

    def leave(self, guest: Guest) -> None:
        """Give the place back."""
        if guest in self._guests:
            del self._guests[guest]
            self.left += 1
        if not self._guests and self._heart is not None:
            self._heart.cancel()
            self._heart = None

    def dismiss(self) -> None:
        """Let everybody go, so that a server that stops need not wait for them."""
        for guest in list(self._guests):
            guest.dismiss()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            guests = list(self._guests)
            for n, guest in enumerate(guests, 1):
                guest.beat()
                if n % AT_ONCE == 0:
                    await asyncio.sleep(0)
            await self._look(guests)

    async def _look(self, guests: Sequence[Guest]) -> None:
        """Keep those who are on duty on duty, and look again at whose token or session ran out.

        That is no event. Two statements for all, however many windows they have open.
        """
        actors = {guest.actor for guest in guests if guest.actor is not None}
        try:
            over = await fallen(actors)
            for guest in guests:
                if guest.actor in over:
                    guest.look_again()
            await heartbeat(*(actors - over))
        except (*db.Unreachable, *broker.Unreachable):
            return
        except Exception as error:
            # The one heart of all must not stop.
            log.error("crowd.heartbeat_failed", error=type(error).__name__)


crowd = Crowd()
