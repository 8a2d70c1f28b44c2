"""A real installation on a home of its own: `zaide up` with its children, for figures and kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx

from api import running
from domain import connections
from domain.embedded.processes import command_line, wait_until
from domain.settings import ROOT

START_SECONDS = 120.0
STOP_SECONDS = 40.0
POSTGRES, REDIS, WORKER, API = "postgres -D", "valkey", "-m workers", "-m api"
"""What is found in the command line of each child."""


class Installation:
    """`zaide up` as a child process. Its own children are found through /proc: Linux only."""

    def __init__(self, *, workers: int = 2, demo: bool = True, **more: str) -> None:
        """`more` are further environment variables."""
        # Sockets' paths are short, and so must the folder's be.
        self.folder = Path(tempfile.mkdtemp(prefix="zi-", dir="/tmp"))
        self.home = self.folder / "home"
        self.said_to = self.folder / "up.log"
        own = {"ZAIDE_HOME": str(self.home), "DATABASE_URL": "", "REDIS_URL": ""}
        environment = {**os.environ, **own, "ZAIDE_WORKERS": str(workers), **more}
        command = [sys.executable, "-m", "api.cli", "up", "--port", "0"]
        with self.said_to.open("wb") as output:
            self.process = subprocess.Popen(
                command + ([] if demo else ["--no-demo"]),
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def ready(self) -> Installation:
        """Wait until it says where to look. Raises RuntimeError with what it said if it ends."""

        def is_told() -> bool:
            return "Ctrl-C" in self.said() or self.process.poll() is not None

        wait_until(is_told, START_SECONDS, every=0.1)
        if self.process.poll() is not None or "Ctrl-C" not in self.said():
            raise RuntimeError(f"zaide up did not get ready: {self.said()}")
        return self

    def said(self) -> str:
        """All it printed so far."""
        return self.said_to.read_text(encoding="utf-8", errors="replace")

    @property
    def published(self) -> running.Running:
        """What it published for other commands."""
        found = running.find(self.home)
        if found is None:
            raise RuntimeError(f"zaide up does not run: {self.said()}")
        return found

    @property
    def url(self) -> str:
        """Where its doors are."""
        return self.published.local_url

    def answers(self) -> bool:
        """Whether /readyz says yes."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def children(self, words: str = "") -> list[int]:
        """The process ids of what it started, of those whose command line holds `words`."""
        return [pid for pid in children_of(self.process.pid) if words in command_line(pid)]

    def log_of(self, pid: int) -> Path:
        """The log that a child writes to."""
        return Path(os.readlink(f"/proc/{pid}/fd/1"))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to its database, for counting what is there."""
        connection = await connections.dedicated(self.published.database_url)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; by force after a while. Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def remove(self) -> None:
        """Stop it and delete its home."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def logged_in(url: str, login: str, password: str) -> str:
    """Log in as a browser does; the cookie as it is sent. Raises RuntimeError if refused."""
    form = {"login": login, "password": password}
    answer = httpx.post(f"{url}/console/login", data=form, timeout=10, trust_env=False)
    if answer.status_code != 303:
        raise RuntimeError(f"{login} cannot log in: {answer.status_code}")
    return answer.headers["set-cookie"].partition(";")[0]


def children_of(pid: int) -> list[int]:
    """The process ids of the children of all threads of a process; none if it is gone."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in listed.read_text().split()]
    return found


def kill(pid: int) -> None:
    """SIGKILL a process and all below it, so that nothing of a server goes on."""
    family = [pid, *children_of(pid)]
    for member in family:
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    if not wait_until(lambda: not any(command_line(member) for member in family), 10):
        raise RuntimeError(f"Process {pid} does not die.")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its own children, living or waited for, so far."""
    ticks = 0
    for member in (pid, *children_of(pid)):
        with suppress(OSError):
            # After the name in parentheses, which may hold spaces: man 5 proc_pid_stat.
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")
