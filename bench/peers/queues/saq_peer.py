"""saq on Redis: `fill N` puts jobs into the queue; the worker is saq's own command.

Retries on, its default timeout as the lease, its default of ten jobs at once (a hundred cost a
quarter more per job), results kept for a second, uvloop.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from typing import Any

import uvloop
from gauge import Gauge
from redis.asyncio import Redis
from saq.queue.redis import RedisQueue

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
queue = RedisQueue(Redis.from_url(os.environ["QUEUE_URL"]))
gauge = Gauge.of_environment() if "GAUGE" in os.environ else None


async def job(context: dict[str, Any], *, conversation: str, message: str) -> None:
    """Nothing, counted."""
    if gauge:
        gauge.count()


settings = {
    "queue": queue,
    "functions": [job],
}


async def fill(number: int) -> None:
    """Put `number` jobs into the queue, a hundred at a time."""
    await queue.connect()
    await queue.redis.flushdb()
    for _ in range(0, number, 100):
        await asyncio.gather(
            *(
                queue.enqueue(
                    "job",
                    conversation=str(uuid.uuid4()),
                    message=str(uuid.uuid4()),
                    retries=5,
                    ttl=1,
                )
                for _ in range(100)
            )
        )
    await queue.disconnect()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[2])))
