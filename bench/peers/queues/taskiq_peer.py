"""taskiq with its Redis stream broker: the one of its brokers that acknowledges, as ours does.

`fill N` puts jobs into the queue; the worker is taskiq's own command with its defaults (100 tasks
at once, acknowledged when executed), retries on, no results kept, uvloop.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid

from gauge import Gauge
from redis.asyncio import Redis
from taskiq import SimpleRetryMiddleware
from taskiq_redis import RedisStreamBroker

broker = RedisStreamBroker(
    os.environ["QUEUE_URL"], consumer_id="0", unacknowledged_lock_timeout=10
).with_middlewares(SimpleRetryMiddleware(default_retry_count=5))
gauge = Gauge.of_environment() if "GAUGE" in os.environ else None


@broker.task(retry_on_error=True)
async def job(conversation: str, message: str) -> None:
    """Nothing, counted."""
    if gauge:
        gauge.count()


async def fill(number: int) -> None:
    """Put `number` jobs into the queue, a hundred at a time."""
    async with Redis(connection_pool=broker.connection_pool) as redis:
        await redis.flushdb()
    await broker.startup()
    for _ in range(0, number, 100):
        await asyncio.gather(*(job.kiq(str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(100)))
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[2])))
