"""How many events a second one sequencer publishes, and how long one takes from its commit."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.peers.queues.gauge import cpu_of_family
from bench.workers.stage import Stage
from domain import broker, db, events
from domain.events import STREAMS

LEAST_RATE = 5000.0
"""Events a second that have to be kept up, from issue 3."""
RATE, MOST_P99 = 200.0, 0.020
"""Events a second at which the 99th percentile from commit to stream is promised, in seconds."""
AHEAD = 5000
"""Events the writer may be ahead of the sequencer: it fills the queue, and does not bury it."""


@dataclass(frozen=True, slots=True)
class Sustained:
    """Events published in some seconds, and microseconds of CPU per event by process.

    `complete`: all rows had positions without a gap in the end, and all were in the streams.
    """

    published: int
    seconds: float
    cpu: dict[str, float]
    complete: bool

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.published / self.seconds

    @property
    def holds(self) -> bool:
        """Whether it is fast enough, and nothing was lost."""
        return self.complete and self.rate >= LEAST_RATE


async def sustained(stage: Stage, shop: str, seconds: float) -> Sustained:
    """One process writes events in batches as fast as it can, another sequences them."""
    with stage.ours("sequence") as sequencer:
        begin = await events.head()

        async def flows() -> bool:
            return await _published() > begin

        with stage.ours("flood", shop, seconds + 5, AHEAD) as writer:
            await stage.until(flows, "Nothing was published")
            processes = {"writer": writer.pid, "sequencer": sequencer.pid, **stage.servers}
            before, head, at = _cpu(processes), await _published(), time.monotonic()
            await asyncio.sleep(seconds)
            after, published = _cpu(processes), await _published() - head
            lasted = time.monotonic() - at
            await stage.finished(writer)
        complete = await _all_arrived(stage)
    cpu = {name: 1e6 * (after[name] - before[name]) / published for name in processes}
    return Sustained(published, lasted, cpu, complete)


async def _published() -> int:
    """The newest position in the streams."""
    return max((await broker.tips(range(STREAMS))).values())


def _cpu(processes: dict[str, int]) -> dict[str, float]:
    return {name: cpu_of_family(pid) for name, pid in processes.items()}


async def _all_arrived(stage: Stage) -> bool:
    async def is_quiet() -> bool:
        rows = await db.sql("SELECT count(*) AS n FROM events WHERE position IS NULL")
        return rows[0]["n"] == 0 and await _published() == await events.head()

    await stage.until(is_quiet, "The sequencer did not finish")
    rows = await db.sql("SELECT count(*) AS n, max(position) AS head FROM events")
    in_streams = sum([await broker.redis().xlen(broker.stream(n)) for n in range(STREAMS)])
    return bool(rows[0]["n"] == rows[0]["head"] == in_streams)


async def latency(stage: Stage, shop: str, seconds: float) -> Figure:
    """From after the commit of one event to a blocked reader in another process, in seconds.

    A reader that is faster than the answer to the writer's COMMIT took no time.
    """
    seen_to, committed_to = stage.home / "seen.json", stage.home / "committed.json"

    async def listens() -> bool:
        return seen_to.with_suffix(".ready").exists()

    with stage.ours("sequence"), stage.ours("watch", seconds + 5, seen_to) as reader:
        await stage.until(listens, "The reader did not start")
        with stage.ours("send", shop, seconds, RATE, committed_to) as writer:
            await stage.finished(writer)
        await stage.finished(reader)
    seen, committed = _times(seen_to), _times(committed_to)
    never = float("inf")
    took = [max(0.0, seen.get(n, never) - at) for n, at in committed.items()]
    return Figure.of("commit to stream", took)


def _times(file: Path) -> dict[str, float]:
    return {n: float(at) for n, at in json.loads(file.read_text()).items()}
