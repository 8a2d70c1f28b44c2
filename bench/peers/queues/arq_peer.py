"""arq: `fill N` puts jobs into the queue; the worker is arq's own command.

Retries on (its default of five tries), its default timeout as the lease, no results kept, a
hundred jobs at once, uvloop. It polls: every 10 ms, since its default of half a second leaves a
full queue waiting.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from typing import Any

import uvloop
from arq import create_pool, func
from arq.connections import RedisSettings
from gauge import Gauge

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
_path, _, _database = os.environ["QUEUE_URL"].removeprefix("unix://").partition("?db=")
settings = RedisSettings(unix_socket_path=_path, database=int(_database or 0))
gauge = Gauge.of_environment() if "GAUGE" in os.environ else None


async def job(context: dict[str, Any], conversation: str, message: str) -> None:
    """Nothing, counted."""
    if gauge:
        gauge.count()


LOGS = {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING"}}


class Worker:
    """arq's settings."""

    functions = [func(job, keep_result=0)]
    redis_settings = settings
    max_jobs = 100
    poll_delay = 0.01
    log_results = False


async def fill(number: int) -> None:
    """Put `number` jobs into the queue, a hundred at a time."""
    pool = await create_pool(settings)
    await pool.flushdb()
    for _ in range(0, number, 100):
        await asyncio.gather(
            *(pool.enqueue_job("job", str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(100))
        )
    await pool.aclose()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[2])))
