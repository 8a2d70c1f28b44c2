"""Tables and demo shop, made by a child process: `up` itself never opens the database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from domain.embedded import StartFailed
from domain.embedded.processes import last_words, spawn
from domain.settings import ROOT

Login = tuple[str, str, str]  # role, log-in, password


class Preparation:
    """A running `python -m api.cli prepare`, which says a line after each step.

    Leaving the block early ends the child.
    """

    def __init__(self, environment: Mapping[str, str], log: Path, *, demo: bool) -> None:
        """`log` takes what goes wrong; `demo`: fill an empty database with the demo shop."""
        self.log = log
        command = [sys.executable, "-m", "api.cli", "prepare", *(["--demo"] if demo else [])]
        self._process = spawn(command, log=log, env=environment, cwd=ROOT, pipe=True)

    def __enter__(self) -> Preparation:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait()

    def tables(self) -> None:
        """Wait until the database has its tables. Raises StartFailed."""
        self._heard("migrated", lambda _: None)

    def demo_shop(self, tell: Callable[[str], None]) -> list[Login]:
        """Wait for the demo shop, telling each step; gives the log-ins. Raises StartFailed."""
        logins = json.loads(self._heard("seeded ", tell))
        return [(role, login, password) for role, login, password in logins]

    def _heard(self, word: str, tell: Callable[[str], None]) -> str:
        """The rest of the first line that starts with `word`."""
        for line in self._process.stdout or ():
            text = line.decode("utf-8", "replace").strip()
            if text.startswith(word):
                return text.removeprefix(word)
            tell(text)
        self._process.wait()
        raise StartFailed(f"The database cannot be prepared: {self._reason()} ({self.log})")

    def _reason(self) -> str:
        return last_words(self.log) or f"status {self._process.returncode}"
