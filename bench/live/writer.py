"""`python -m bench.live.writer`: what happens, twenty times a second, in a process of its own.

One command per line of stdin, one answer per line of stdout, both JSON. For ours a change is a
real verb: an agent answers, or leaves a note; it is timed just before its COMMIT. For the peers the
same update is published on Redis, and timed just before that.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import orjson
import uvloop

from bench.live.shop import Shop, opened
from bench.subscriptions import DIGITS
from domain import broker, db, events
from domain.actors import Actor
from domain.clock import now
from domain.conversations import actions
from domain.rows import new_id
from domain.shops.actions import check_keys
from schema.scalars import opaque

CHANNEL = "bench-live"
TEXT = "您好,已为您核实:卡密有效,请在官网右上角输入,再试一次。"
"""With it, an update is a frame of about 400 bytes."""

_number: ContextVar[int | None] = ContextVar("number", default=None)
_times: dict[int, int] = {}


async def _stamp(_: db.Unit) -> None:
    """The last that is done before COMMIT is sent."""
    number = _number.get()
    if number is not None:
        _times[number] = time.monotonic_ns()


class Writer:
    """Answers commands about one shop."""

    def __init__(self) -> None:
        self.shop: Shop
        self.dana: Actor

    async def open(self, _: dict[str, Any]) -> Any:
        """A shop: what there is in it."""
        self.shop, self.dana = await opened()
        return self.shop.as_data()

    async def head(self, _: dict[str, Any]) -> Any:
        """The last position given."""
        return await events.head()

    async def answer(self, asked: dict[str, Any]) -> Any:
        """`count` answers, in one followed conversation after the other."""

        async def one(n: int) -> None:
            id = UUID(self.shop.followed[n % len(self.shop.followed)])
            await actions.reply(self.dana, id, TEXT, f"n{n:0{DIGITS}d}")

        return await self._paced(asked, one)

    async def note(self, asked: dict[str, Any]) -> Any:
        """`count` notes on waiting conversations; the numbers given back are their positions."""
        messages: dict[str, int] = {}

        async def one(n: int) -> None:
            id = UUID(self.shop.waiting[n % len(self.shop.waiting)])
            message = await actions.note(self.dana, id, f"{TEXT} ({n})")
            messages[str(message.id)] = n

        times = await self._paced(asked, one)
        places = await self._positions(messages)
        return {places[int(n)]: at for n, at in times.items()}

    async def publish(self, asked: dict[str, Any]) -> Any:
        """`count` updates on Redis, to those who follow all and to those who follow that one."""

        async def one(n: int) -> None:
            own = self.shop.conversations[n % len(self.shop.followed)]
            body = _update(self.shop.id, own, n, asked.get("own_only", False))
            _times[n] = time.monotonic_ns()
            await broker.redis().publish(CHANNEL, body)

        return await self._paced(asked, one)

    async def _paced(
        self, asked: dict[str, Any], one: Callable[[int], Awaitable[None]]
    ) -> dict[str, int]:
        """Do it `count` times from number `first` on, `rate` times a second, whatever it takes."""
        first, count, rate = asked["first"], asked["count"], asked["rate"]
        _times.clear()
        began = time.monotonic()

        async def numbered(n: int) -> None:
            _number.set(n)
            await one(n)

        async with asyncio.TaskGroup() as group:
            for n in range(count):
                await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
                group.create_task(numbered(first + n))
        return {str(n): at for n, at in _times.items()}

    async def _positions(self, messages: dict[str, int]) -> dict[int, str]:
        """The position of the event of each message, as soon as all have one."""
        while True:
            rows = await db.sql(
                "SELECT position, data->>'message' AS message FROM events"
                " WHERE data->>'message' = ANY($1) AND position IS NOT NULL",
                list(messages),
            )
            if len(rows) == len(messages):
                return {messages[row["message"]]: str(row["position"]) for row in rows}
            await asyncio.sleep(0.02)


def _update(shop: str, conversation: str, n: int, own_only: bool) -> bytes:
    """What a peer is told: all that its answer takes, and whom it concerns."""
    at = now().isoformat()
    topics = [f"conversation:{conversation}", *([] if own_only else ["conversations"])]
    message = {
        "clientId": f"n{n:0{DIGITS}d}",
        "id": opaque("Message", new_id()),
        "seq": n,
        "author": "AGENT",
        "text": TEXT,
        "createdAt": at,
    }
    talk = {"id": conversation, "state": "OPEN", "holder": "AGENT"}
    update = {
        "__typename": "ConversationChanged",
        "message": message,
        "conversation": talk,
    }
    event = {"shop": shop, "customers": [], "merchants": []}
    return orjson.dumps({"topics": topics, "event": event, "update": update})


async def serve() -> None:
    """Answer until stdin ends."""
    await db.connect()
    await check_keys()
    broker.connect()
    db.before_commit.append(_stamp)
    writer = Writer()
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = orjson.loads(line)
        answer = await getattr(writer, asked.pop("do"))(asked)
        print(orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS).decode(), flush=True)
    await broker.close()
    await db.close()


if __name__ == "__main__":
    uvloop.run(serve())
