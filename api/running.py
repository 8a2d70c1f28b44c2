"""Which servers a command talks to: those set, those a running `up` published, or its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from domain.embedded import Postgres, Redis
from domain.embedded.processes import command_line
from domain.settings import settings


@dataclass(frozen=True)
class Running:
    """What `up` publishes in home/urls.json (0600) for the other commands."""

    database_url: str
    redis_url: str
    local_url: str
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """As environment variables, for child processes."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


def publish(home: Path, running: Running) -> None:
    """Write home/urls.json, whole or not at all."""
    new = home / "urls.json.new"
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(running), file)
    new.rename(home / "urls.json")


def withdraw(home: Path) -> None:
    """Remove home/urls.json."""
    (home / "urls.json").unlink(missing_ok=True)


def find(home: Path) -> Running | None:
    """What a living `up` published, or None."""
    try:
        found = Running(**json.loads((home / "urls.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if "api.cli" in command_line(found.pid) else None


def adopt(environment: dict[str, str]) -> None:
    """Let the settings of this process, and of its children, say these URLs."""
    os.environ.update(environment)
    settings.cache_clear()


def inherited(more: dict[str, str]) -> dict[str, str]:
    """The environment of this process with `more`, for a child."""
    return {**os.environ, **more}


def adopt_running() -> Running | None:
    """Adopt what a running `up` published, where the environment names no servers."""
    here = settings()
    found = find(here.home.resolve())
    if found:
        chosen = {"DATABASE_URL": here.database_url, "REDIS_URL": here.redis_url}
        adopt({name: chosen[name] or url for name, url in found.environment.items()})
    return found


@contextmanager
def servers() -> Iterator[None]:
    """Both servers for the length of a command, started only where none is set or running.

    Raises StartFailed.
    """
    adopt_running()
    here = settings()
    database = None if here.database_url else Postgres(here.home)
    redis = None if here.redis_url else Redis(here.home)
    try:
        if database:
            adopt({"DATABASE_URL": database.start()})
        if redis:
            adopt({"REDIS_URL": redis.start()})
        yield
    finally:
        for server in (redis, database):
            if server:
                server.stop()
