"""Whoever follows something for long, and what becomes of it when they change."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from api.auth import Reauthenticate
from api.graphql.following import scope_of
from api.graphql.outbox import Outbox
from domain import broker, db
from domain.actors import Actor
from domain.errors import DomainError

Of = TypeVar("Of")
looking = asyncio.Semaphore(8)
"""However many come at once, only so many are looked up at a time: others are served between."""


class Viewer(ABC, Generic[Of]):
    """One connection of one actor, with its outbox. A client of the hub, a guest of the crowd."""

    __slots__ = ("_again", "_authenticate", "_is_looking", "_tasks", "actor", "outbox")

    def __init__(self, outbox: Outbox[Of]) -> None:
        self.outbox = outbox
        self.actor: Actor | None = None
        self._authenticate: Reauthenticate | None = None
        self._again = self._is_looking = False
        self._tasks: set[asyncio.Task[None]] = set()

    def stale(self) -> None:
        """Hold everything back until it is known again who this is."""
        if self._authenticate is not None:
            self.outbox.hold()
        self.look_again()

    def look_again(self) -> None:
        """Find out anew who this is. Whoever is looked up just now is looked up once more."""
        self._again = True
        if not self._is_looking and self._authenticate is not None:
            self._is_looking = True
            self.start(self._renew())

    @abstractmethod
    def is_closing(self) -> bool:
        """Whether nothing more will be told."""

    @abstractmethod
    def close(self, code: int, reason: str) -> None:
        """Tell nothing more; `code` is the socket protocol's."""

    @abstractmethod
    def regroup(self) -> None:
        """Drop what was written for another scope, and begin anew under this one."""

    def resumed(self) -> None:
        """What waits may be sent again."""
        self.outbox.flush()

    async def _renew(self) -> None:
        actor: Actor | None = None
        while self._again:
            self._again = False
            try:
                async with looking:
                    actor = await self._who()
            except DomainError:
                self.close(4403, "Forbidden")
            except (*db.Unreachable, *broker.Unreachable):
                self.close(1013, "Try again later")
        self._is_looking = False
        if actor is None and self.actor is not None:
            self.close(4403, "Forbidden")
        if not self.is_closing():
            before, self.actor = self.actor, actor
            if scope_of(before) != scope_of(actor):
                self.regroup()
            self.outbox.release()
            self.resumed()

    async def _who(self) -> Actor | None:
        """Ask, three times if the database is away: a restart should not end every socket."""
        assert self._authenticate is not None
        for pause in (0.2, 1.0):
            with contextlib.suppress(*db.Unreachable, *broker.Unreachable):
                return await self._authenticate()
            await asyncio.sleep(pause)
        return await self._authenticate()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something for as long as this connection lasts."""
        task: asyncio.Task[None] = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop_all(self) -> None:
        """Stop what was started."""
        for task in list(self._tasks):
            task.cancel()
