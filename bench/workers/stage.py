"""The stage of `bench workers`: servers on one core, workers on the other, all gone at the end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.pinned import cores, on
from domain import broker, db, embedded
from domain.demo import seed
from domain.settings import ROOT, settings

PATIENCE = 180.0


class Stage:
    """PostgreSQL and Redis as an installation has them, synced to disk, in a home of their own."""

    def __init__(self) -> None:
        """Start both servers, on the second core; only in the main thread. `end` removes all."""
        self.home = Path(tempfile.mkdtemp(prefix="zw-", dir="/tmp"))
        self.postgres = embedded.Postgres(self.home)
        self.redis = embedded.Redis(self.home)
        try:
            with on(cores().others):
                self.postgres.start()
                self.redis.start()
        except BaseException:
            self.end()
            raise
        os.environ |= {
            "ZAIDE_HOME": str(self.home),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
        }
        settings.cache_clear()

    @property
    def servers(self) -> dict[str, int]:
        """The process ids of both servers."""
        found = {"PostgreSQL": self.postgres.pid, "Redis": self.redis.pid}
        return {name: pid for name, pid in found.items() if pid is not None}

    def end(self) -> None:
        """Stop the servers and delete their home."""
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @contextmanager
    def ours(self, *words: object, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of ours on the first core, by its role, for as long as the block lasts."""
        command = [sys.executable, "-m", "bench.workers.hands", *map(str, words)]
        with self.running(command, ROOT, **more) as process:
            yield process

    @contextmanager
    def running(
        self, command: Sequence[str], folder: Path, **more: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process on the first core, asked to end when the block does, then made to."""
        with (self.home / "said.log").open("ab") as log, on(cores().server):
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _end(process)

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for a condition. Raises RuntimeError, saying `what` did not come, after minutes."""
        deadline = time.monotonic() + PATIENCE
        while not await condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what}: {self.said()}")
            await asyncio.sleep(0.05)

    async def finished(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a process has done its work. Raises RuntimeError if it failed."""

        async def ended() -> bool:
            return process.poll() is not None

        await self.until(ended, "A process did not end")
        if process.returncode:
            raise RuntimeError(f"A process failed: {self.said()}")

    def said(self) -> str:
        """The last lines that processes said."""
        return "\n".join((self.home / "said.log").read_text(errors="replace").splitlines()[-12:])


@contextmanager
def staged() -> Iterator[Stage]:
    """A stage, gone at the end of the block."""
    stage = Stage()
    try:
        yield stage
    finally:
        stage.end()


async def furnish() -> str:
    """Migrate, connect this process, make the demo shop; its id."""
    await db.migrate()
    await db.connect()
    broker.connect()
    async for _ in seed():
        pass
    rows = await db.sql("SELECT id FROM shops")
    return str(rows[0]["id"])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, as Ctrl-C does; after a while, kill it and those it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGINT)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
