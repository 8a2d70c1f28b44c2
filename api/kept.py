"""What is kept alive: started again after a death, later each time it dies soon."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from domain.embedded import StartFailed
from domain.embedded.processes import last_words, spawn, stop
from domain.embedded.server import Server
from domain.settings import ROOT

HEALTHY_SECONDS = 30.0  # who lived that long starts again at once
LONGEST_PAUSE = 30.0
_LOG_BYTES = 16 * 1024 * 1024


class Child:
    """One of our own processes, with a log and the environment it always starts with."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.command, self.log, self.environment = command, log, environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, or None before the first start."""
        return self.process.pid if self.process else None

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it from the repository's root. A large log makes place for a new one."""
        with suppress(OSError):
            if self.log.stat().st_size > _LOG_BYTES:
                self.log.rename(self.log.with_suffix(".1.log"))
        self.process = spawn(self.command, log=self.log, env=self.environment, cwd=ROOT)

    def stop(self, seconds: float) -> None:
        """SIGTERM, and SIGKILL after `seconds`."""
        if self.process:
            stop(self.process, (signal.SIGTERM, seconds))


class Kept:
    """A server or a child, how often it died lately, and when it may start again."""

    def __init__(self, name: str, thing: Server | Child, log: Path) -> None:
        self.name, self.thing, self.log = name, thing, log
        self.deaths = 0
        self._since = 0.0
        self._due: float | None = None

    def started(self) -> None:
        """Note that it was started just now."""
        self._since, self._due = time.monotonic(), None

    def tend(self) -> str:
        """Start it again if it is dead and due; what to tell about that, or an empty text."""
        if self.thing.alive():
            return ""
        if self._due is None:
            return self._died()
        if time.monotonic() < self._due:
            return ""
        try:
            self.thing.start()
        except StartFailed as failure:
            self._put_off()
            return str(failure)
        self.started()
        return f"{self.name} runs again (process {self.thing.pid})."

    def _died(self) -> str:
        if time.monotonic() - self._since > HEALTHY_SECONDS:
            self.deaths = 0
        pause = self._put_off()
        again = f"starts again in {pause:.0f} s" if pause else "starts again"
        return f"{self.name} ended{self._how()}, {again} (log: {self.log})"

    def _how(self) -> str:
        """How a child ended, and what it said last if nobody killed it."""
        process = self.thing.process if isinstance(self.thing, Child) else None
        if process is None or process.returncode is None:
            return ""
        if process.returncode < 0:
            return f" (signal {-process.returncode})"
        return f" (status {process.returncode}: {last_words(self.log)})"

    def _put_off(self) -> float:
        """At once after the first death, then after 1, 2, 4 … seconds; gives the seconds."""
        pause = min(LONGEST_PAUSE, 2.0 ** (self.deaths - 1)) if self.deaths else 0.0
        self.deaths += 1
        self._due = time.monotonic() + pause
        return pause

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._send(signal.SIGKILL)

    def stop(self, seconds: float) -> None:
        """Stop a child within `seconds`; servers know their own deadlines."""
        if isinstance(self.thing, Child):
            self.thing.stop(seconds)
        else:
            self.thing.stop()

    def _send(self, number: signal.Signals) -> None:
        if isinstance(self.thing, Child) and self.thing.process:
            self.thing.process.send_signal(number)
