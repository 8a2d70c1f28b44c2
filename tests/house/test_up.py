"""`zaide up` as people run it: it gets ready, says no clearly, mends itself and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from api import running
from domain.embedded.processes import command_line, wait_until
from domain.settings import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


class Up:
    """One `up` on a home and a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home.parent / f"up-{time.monotonic_ns()}.log"
        given = {"ZAIDE_HOME": str(home), "DATABASE_URL": "", "REDIS_URL": ""}
        self.environment = {**os.environ, **given}
        with self.log.open("wb") as output:
            command = [sys.executable, "-m", "api.cli", "up", "--port", "0", "--no-demo"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )

    def said(self) -> str:
        """All it printed so far."""
        return self.log.read_text(encoding="utf-8")

    def ready(self) -> None:
        """Wait for the panel."""
        done = lambda: "Ctrl-C" in self.said() or self.process.poll() is not None  # noqa: E731
        assert wait_until(done, 90)
        assert self.process.poll() is None, self.said()

    def children(self) -> list[int]:
        """The process ids of all it started."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]

    def child(self, words: str) -> int:
        """The child whose command line holds these words; 0 if there is none."""
        found = [pid for pid in self.children() if words in command_line(pid)]
        return found[0] if found else 0

    def answers(self) -> bool:
        """Whether /readyz says yes."""
        found = running.find(self.home)
        assert found
        try:
            with urllib.request.urlopen(f"{found.local_url}/readyz", timeout=5):
                return True
        except OSError:
            return False


@pytest.fixture
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="zu-", dir="/tmp"))
    started = Up(folder / "home")
    yield started
    if started.process.poll() is None:
        started.process.kill()
    started.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def is_gone(pid: int) -> bool:
    return command_line(pid) == ""


def has_heir(up: Up, words: str, victim: int) -> bool:
    """Whether another process has taken the victim's place."""
    return up.child(words) not in (0, victim)


def test_it_gets_ready_refuses_a_second_and_stops_in_order(up: Up) -> None:
    up.ready()
    assert up.answers()
    assert (up.home / "urls.json").stat().st_mode & 0o777 == 0o600
    second = Up(up.home)
    assert second.process.wait(20) == 1
    assert "already runs on" in second.said()
    children = up.children()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(40) == 0
    assert all(is_gone(pid) for pid in children)
    assert not (up.home / "urls.json").exists()


def test_whatever_is_killed_comes_back(up: Up) -> None:
    up.ready()
    for words in ("postgres -D", "valkey", "-m workers", "-m api"):
        victim = up.child(words)
        os.kill(victim, signal.SIGKILL)
        assert wait_until(partial(has_heir, up, words, victim), 20), words
    assert wait_until(up.answers, 40, every=0.2)


def test_a_kill_of_up_itself_leaves_no_orphans(up: Up) -> None:
    up.ready()
    children = up.children()
    assert len(children) == 4
    up.process.kill()
    assert wait_until(lambda: all(is_gone(pid) for pid in children), 10)
