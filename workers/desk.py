"""A desk: one consumer at work on its inbox, with what fails parked, tried again and given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain import broker, db, sequence
from domain.events import Happened
from workers.inbox import Consumer, Inbox

log = structlog.get_logger()
PAUSE = 0.3
"""Seconds to wait after PostgreSQL or Redis was away, or a mistake of ours."""
LOOK_EVERY, RETRY_EVERY = 1.0, 0.1
"""Seconds after which a consumer that heard nothing looks about: with nothing parked, or some."""
GiveUp = Callable[[Happened, str], Awaitable[None]]
Away = (*db.Unreachable, *broker.Unreachable)


class Desk:
    """Handles what is in `inbox`, and sets `handled` whenever something was."""

    def __init__(self, consumer: Consumer, give_up: GiveUp, handled: asyncio.Event) -> None:
        """`give_up` is called with an event that failed five times, and the consumer's name."""
        self.consumer = consumer
        self.inbox = Inbox(consumer)
        self._give_up = give_up
        self._handled = handled

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                if not await self.turn():
                    await self._rest()
            except Exception as error:
                if isinstance(error, Away):
                    log.warning(
                        "consumer.away", consumer=self.consumer.name, error=type(error).__name__
                    )
                else:
                    log.exception("consumer.failed", consumer=self.consumer.name)
                self.inbox.catch_up()
                await asyncio.sleep(PAUSE)

    async def _rest(self) -> None:
        """Until something comes, or it is time to look about."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_EVERY if self.inbox.troubled else LOOK_EVERY):
                await self.inbox.wake.wait()

    async def turn(self) -> int:
        """Handle what is due, what rows tell and what has come; how many events that were.

        Ends early when streams came or went, or to see again what is due.
        """
        inbox = self.inbox
        inbox.wake.clear()
        changes = inbox.changes
        blocked, passed = await self._retry() if inbox.troubled else (set[object](), 0)
        while inbox.behind and inbox.changes == changes:
            rows = await sequence.after(inbox.done, self.consumer.hears)
            passed += await self._pass(rows, blocked, changes)
            if not rows:
                inbox.caught_up(changes)
        while inbox.changes == changes and (taken := inbox.take()):
            passed += await self._pass(taken, blocked, changes)
            if inbox.troubled:
                break
        return passed

    async def _pass(self, happened: Sequence[Happened], blocked: set[object], changes: int) -> int:
        """Handle events, as many at once as the consumer takes, while the streams are ours."""
        size = self.consumer.batch
        for start in range(0, len(happened), size):
            if self.inbox.changes != changes:
                break
            batch = happened[start : start + size]
            await self._attempt(batch, blocked)
            self.inbox.did(batch)
            self._handled.set()
        return len(happened)

    async def _attempt(self, batch: Sequence[Happened], blocked: set[object]) -> None:
        """Handle a batch at once; if it fails, one by one, parking what fails."""
        free = [event for event in batch if event.key not in blocked] if blocked else batch
        if len(free) < len(batch):
            for event in batch:
                if event.key in blocked:
                    await self._park(event, "behind", tries=0)
        if not free:
            return
        try:
            await self.consumer.handle(free)
        except Away:
            raise
        except Exception as error:
            if len(free) == 1:
                blocked.add(free[0].key)
                await self._failed(free[0], error, 0)
                return
            for event in free:
                await self._attempt([event], blocked)

    async def _retry(self) -> tuple[set[object], int]:
        """Try parked events whose time has come; the keys still held back, and how many came."""
        name, streams = self.consumer.name, list(self.inbox.done)
        # Said before asking: streams that come meanwhile may bring parked events.
        self.inbox.troubled = False
        waiting = await sequence.due(name, streams)
        for item in waiting:
            try:
                await self.consumer.handle([item.event])
            except Away:
                raise
            except Exception as error:
                await self._failed(item.event, error, item.tries)
            else:
                await sequence.unpark(name, item.event.position)
        blocked = await sequence.parked_keys(name, streams)
        self.inbox.troubled = self.inbox.troubled or bool(blocked)
        return blocked, len(waiting)

    async def _failed(self, event: Happened, error: Exception, tries: int) -> None:
        """Park a failed event, or give it up at the fifth failure."""
        name = type(error).__name__
        log.warning(
            "event.failed",
            consumer=self.consumer.name,
            position=event.position,
            kind=event.kind,
            tries=tries + 1,
            error=name,
        )
        await self._park(event, name, tries=tries + 1)
        if tries + 1 >= sequence.TRIES:
            # The person first: if that fails too, the event is tried again, never just buried.
            await self._give_up(event, self.consumer.name)
            await sequence.bury(self.consumer.name, event.position, name)

    async def _park(self, event: Happened, error: str, tries: int) -> None:
        self.inbox.troubled = True
        await sequence.park(self.consumer.name, event, error, tries)
