"""What the mechanics of a queue cost per job: ours and the peers', with handlers that do nothing.

The queue is filled first; then one worker process empties it, and measures itself and the servers
while it does: between the first tenth and the last one (bench/peers/queues/gauge.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

from bench.workers.stage import Stage
from domain import db, events, sequence
from domain.events import STREAMS
from domain.settings import ROOT

CONSUMER = "bench"
CONSUMERS = [CONSUMER, *(f"{CONSUMER}-{n}" for n in range(4))]
"""As many as a worker of ours has; the first one hears what the bench tells, one event at a time as
most of ours do; the others hear nothing of it."""
OURS_JOBS, PEERS_JOBS = 40_000, 5_000
FOLDER = ROOT / "bench" / "peers" / "queues"


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU per job, by process, and jobs a second, of one worker in one round."""

    worker: float
    redis: float
    postgres: float
    rate: float

    @property
    def total(self) -> float:
        """Of all processes together."""
        return self.worker + self.redis + self.postgres

    @classmethod
    def of(cls, file: Path) -> Cost:
        """As the gauge wrote it."""
        told = json.loads(file.read_text())
        per = {name: 1e6 * spent / told["jobs"] for name, spent in told["seconds"].items()}
        return cls(per["worker"], per["Redis"], per.get("PostgreSQL", 0.0), 1e6 / per["clock"])


# Ours


async def ours(stage: Stage, shop: str) -> Cost:
    """Our worker, with retries, leases and checkpoints on.

    It holds its leases before the queue fills: it is stopped meanwhile, and then continued.
    """
    await _begin_at_the_present()
    gauge, out = _gauge(stage, OURS_JOBS, stage.servers)
    with stage.ours("sequence"), stage.ours("consume", GAUGE=gauge) as worker:
        await stage.until(_all_held, "The worker got no leases")
        await asyncio.sleep(1)
        worker.send_signal(signal.SIGSTOP)
        until = await events.head() + OURS_JOBS

        async def is_full() -> bool:
            return await events.head() >= until

        with stage.ours("fill", shop, OURS_JOBS) as writer:
            await stage.finished(writer)
        await stage.until(is_full, "The queue did not fill")
        worker.send_signal(signal.SIGCONT)
        return await _measured(stage, out)


async def _begin_at_the_present() -> None:
    await sequence.checkpoints(CONSUMERS, range(STREAMS))
    head = await events.head()
    await db.sql(
        "UPDATE checkpoints SET position = $2 WHERE consumer LIKE $1 || '%'", CONSUMER, head
    )


async def _all_held() -> bool:
    rows = await db.sql("SELECT count(*) AS n FROM leases WHERE expires_at > now()")
    return bool(rows[0]["n"] == STREAMS)


# The peers


@dataclass(frozen=True, slots=True)
class Peer:
    """Another queue: its name and the words of its worker's command."""

    name: str
    worker: tuple[str, ...]

    async def cost(self, stage: Stage, home: Path) -> Cost:
        """Fill its queue, in a database of its own, and let one worker process empty it."""
        folder = home / self.name / "bin"
        url = f"{stage.redis.url}?db=1"
        # PostgreSQL is not theirs, whatever it does meanwhile.
        gauge, out = _gauge(stage, PEERS_JOBS, {"Redis": stage.servers["Redis"]})
        fill = [str(folder / "python"), f"{self.name}_peer.py", "fill", str(PEERS_JOBS)]
        with stage.running(fill, FOLDER, QUEUE_URL=url, **_CLEAN) as writer:
            await stage.finished(writer)
        words = [str(folder / self.worker[0]), *self.worker[1:]]
        with stage.running(words, FOLDER, QUEUE_URL=url, GAUGE=gauge, **_CLEAN):
            return await _measured(stage, out)


_CLEAN = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
PEERS = (
    Peer("taskiq", ("taskiq", "worker", "taskiq_peer:broker", "-w1", "--log-level", "WARNING")),
    Peer("saq", ("saq", "saq_peer.settings")),
    Peer("arq", ("arq", "arq_peer.Worker", "--custom-log-dict", "arq_peer.LOGS")),
)


def install(peer: Peer, home: Path) -> str:
    """Make the peer's environment if it is not there; what went wrong, empty if nothing did.

    Each has its own, since they ask for different versions of redis-py.
    """
    wanted = FOLDER / f"requirements-{peer.name}.txt"
    folder = home / peer.name
    stamp = folder / wanted.name
    if stamp.exists() and stamp.read_text() == wanted.read_text():
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        command = [*pip, "install", "-q", "-r", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{peer.name} is left out: its environment could not be made ({error})."
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"{peer.name} is left out: it could not be installed ({why})."
    stamp.write_text(wanted.read_text())
    return ""


def _gauge(stage: Stage, jobs: int, servers: dict[str, int]) -> tuple[str, Path]:
    """What the worker's gauge has to be told, and where it will write."""
    out = stage.home / "gauge.json"
    out.unlink(missing_ok=True)
    told = {"first": jobs // 10, "last": jobs - jobs // 10, "servers": servers}
    return json.dumps({**told, "out": os.fspath(out)}), out


async def _measured(stage: Stage, out: Path) -> Cost:
    async def is_written() -> bool:
        return out.exists()

    await stage.until(is_written, "The worker did not get through its queue")
    return Cost.of(out)
