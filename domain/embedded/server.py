"""What both servers have in common: a lock, folders, a log and a child process."""

from __future__ import annotations

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar

from domain.embedded.home import no_space, prepare
from domain.embedded.processes import (
    StartFailed,
    command_line,
    first_number,
    hold,
    last_words,
    running,
    stop,
    wait_until,
)

START_SECONDS = 60.0  # recovery after a crash replays at most max_wal_size


class Server(ABC):
    """One server of our own. Subclasses say how it runs and how it is asked whether it serves."""

    name: ClassVar[str]
    title: ClassVar[str]
    stopping: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """`home` is made if missing (0700). Without `durable` nothing is synced to disk,
        so that only a crash of the machine loses anything: for tests.
        """
        self.home = home.resolve()
        self.durable = durable
        self.data = self.home / self.name
        self.log = self.home / "logs" / f"{self.name}.log"
        self._sockets = self.home / "run" / self.name
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect; valid after `start`."""

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it was never started or was stopped."""
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Whether the child process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start, or start again after a death, and wait until clients are served.

        Returns `url`. Raises MissingServer (no binary), AlreadyRunning (the home is taken) or
        StartFailed; each carries one sentence that says what to do. Main thread only.
        """
        if self.alive():
            return self.url
        try:
            prepare(self.home)
            self._lock = self._lock or hold(self.home / f"{self.name}.lock", "Zaide")
            self._retire_orphan()
            self._run()
        except OSError as error:
            self.stop()
            where = f" ({error.filename})" if error.filename else ""
            reason = f"{self.title} did not start: {error.strerror or error}{where}."
            raise StartFailed(reason) from error
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop in good order, by force after a deadline, and give the home back."""
        if self._process:
            stop(self._process, *self.stopping)
            self._process = None
        if self._lock:
            self._lock.close()
            self._lock = None

    @abstractmethod
    def _run(self) -> None:
        """Start the child process and wait until it serves."""

    @abstractmethod
    def _serves(self) -> bool:
        """Whether clients are answered by now."""

    @property
    @abstractmethod
    def _pid_file(self) -> Path:
        """Where the server notes its process id, on the first line."""

    def _forget(self) -> None:
        """Remove what a dead server left that would keep the next one from starting."""
        self._pid_file.unlink(missing_ok=True)

    def _settle(self) -> bool:
        """Wait until it serves or has died; whether it serves."""
        wait_until(lambda: not self.alive() or self._serves(), START_SECONDS)
        return self.alive() and self._serves()

    def _complain(self) -> StartFailed:
        """Why it did not start, from its log."""
        said = last_words(self.log)
        if "No space left" in said:
            return StartFailed(no_space(self.home))
        return StartFailed(f"{self.title} did not start: {said or 'no reason given'} ({self.log})")

    def _retire_orphan(self) -> None:
        """Stop a server whose parent died, and forget a number that now belongs to another.

        Holding the lock, we know that no living parent looks after this folder. A number that was
        given to another process since (after a container's restart, say) would make PostgreSQL
        refuse to start.
        """
        pid = first_number(self._pid_file)
        if pid is None or not running(pid):
            return
        if not self._ours(pid):
            self._forget()
            return
        for number, seconds in (*self.stopping, (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if wait_until(lambda: not self._ours(pid), seconds):
                return
        raise StartFailed(f"An older {self.title} (process {pid}) does not stop: end it by hand.")

    def _ours(self, pid: int) -> bool:
        """Whether this process, as its command line says, works on our data."""
        return str(self.data) in command_line(pid)
