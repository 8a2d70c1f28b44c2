"""Our processes in `bench workers`: `python -m bench.workers.hands ROLE …`, each on its own.

They find the servers in DATABASE_URL and REDIS_URL as every process of ours does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from bench.peers.queues.gauge import Gauge
from bench.workers.jobs import CONSUMER, CONSUMERS
from domain import broker, db, events
from domain.events import STREAMS, Happened, Kind, record
from domain.rows import new_id
from workers.runner import Runner, consumer
from workers.sequencer import Sequencer

BATCH = 500
ACTOR = "customer:bench"
CONVERSATIONS = [new_id() for _ in range(1000)]


async def sequence() -> None:
    """The sequencer, alone in its process."""
    await Sequencer().run()


async def consume() -> None:
    """A worker with as many consumers as ours have, one of which hears what comes and counts it."""
    gauge = Gauge.of_environment()

    async def handle(happened: Sequence[Happened]) -> None:
        gauge.count(len(happened))

    async def give_up(event: Happened, name: str) -> None:
        raise RuntimeError("nothing fails here")

    idle = [consumer(name, [Kind.HANDLING_FAILED], handle) for name in CONSUMERS[1:]]
    busy = consumer(CONSUMER, [Kind.MESSAGE_RECEIVED], handle)
    await Runner([busy, *idle], give_up).run()


async def fill(shop: UUID, number: int) -> None:
    """`number` events, five hundred in a transaction."""
    for start in range(0, number, BATCH):
        async with db.unit_of_work():
            for n in range(start, min(start + BATCH, number)):
                _happens(shop, n)


async def flood(shop: UUID, seconds: float, most: int) -> None:
    """Events as fast as they can be written, but never more than `most` ahead of the sequencer."""
    written, begin, published = 0, await events.head(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if written - published > most:
            await asyncio.sleep(0.01)
            published = await events.head() - begin
            continue
        await fill(shop, BATCH)
        written += BATCH


async def send(shop: UUID, seconds: float, rate: float, out: Path) -> None:
    """One event in each transaction, `rate` a second; when each was committed, as a file."""
    begin = time.monotonic()
    committed: dict[int, float] = {}

    async def one(n: int) -> None:
        async with db.unit_of_work():
            _happens(shop, n)
        committed[n] = time.monotonic()

    async with asyncio.TaskGroup() as group:
        for n in range(round(seconds * rate)):
            await asyncio.sleep(max(0.0, begin + n / rate - time.monotonic()))
            group.create_task(one(n))
    out.write_text(json.dumps(committed))


async def watch(seconds: float, out: Path) -> None:
    """When each event of `send` was read from the streams, as a file."""
    after = dict.fromkeys(range(STREAMS), await events.head())
    seen: dict[int, float] = {}
    begun = time.monotonic()
    out.with_suffix(".ready").touch()
    while time.monotonic() < begun + seconds:
        for stream, position, body in await broker.read(after, block_ms=200):
            at = time.monotonic()
            after[stream] = position
            event = Happened.decode(body)
            # The demo shop's own events may come first.
            if event.actor == ACTOR:
                seen[event.data["n"]] = at
    out.write_text(json.dumps(seen))


def _happens(shop: UUID, n: int) -> None:
    conversation = CONVERSATIONS[n % len(CONVERSATIONS)]
    record(
        Kind.MESSAGE_RECEIVED,
        shop=shop,
        by=ACTOR,
        conversation=conversation,
        customers=[conversation],
        message=conversation,
        n=n,
    )


async def _connected(job: Coroutine[Any, Any, None]) -> None:
    await db.connect()
    broker.connect()
    try:
        await job
    finally:
        await broker.close()
        await db.close()


def _role(role: str, words: list[str]) -> Coroutine[Any, Any, None]:
    match role, words:
        case "sequence", []:
            return sequence()
        case "consume", []:
            return consume()
        case "fill", [shop, number]:
            return fill(UUID(shop), int(number))
        case "flood", [shop, seconds, most]:
            return flood(UUID(shop), float(seconds), int(most))
        case "send", [shop, seconds, rate, out]:
            return send(UUID(shop), float(seconds), float(rate), Path(out))
        case "watch", [seconds, out]:
            return watch(float(seconds), Path(out))
    raise SystemExit(f"bench.workers.hands knows no {role} of {words}")


if __name__ == "__main__":
    uvloop.run(_connected(_role(sys.argv[1], sys.argv[2:])))
