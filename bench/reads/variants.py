"""The servers that answer the same question: ours, the peers and the limits."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from bench import pinned
from bench.node import PEERS
from bench.reads.query import BODY
from domain import connections, embedded
from domain.embedded.processes import last_words, spawn, stop, wait_until
from domain.settings import ROOT, Settings

Kind = Literal["ours", "cached", "python", "node", "limit", "static"]
START_SECONDS = 60.0
# Nobody else asks: what is measured is not how a caller is refused.
OURS = {
    "ZAIDE_ENV": "production",
    "ZAIDE_HOST": "127.0.0.1",
    "ZAIDE_APIS": "1",
    "ZAIDE_RATE_PER_MINUTE": "1000000000",
}
HAS_CACHE = "response_cache" in Settings.model_fields


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to answer. `large` is asked of the larger database."""

    name: str
    kind: Kind
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    large: bool = False


def python(name: str, kind: Kind, *words: str) -> Variant:
    """A server of this environment's Python."""
    return Variant(name, kind, (sys.executable, "-m", *words))


def zaide(name: str, kind: Kind = "ours", large: bool = False, cache: bool = False) -> Variant:
    """Our own server, as it runs in production."""
    more = {**OURS, "ZAIDE_RESPONSE_CACHE": "1" if cache else "0"}
    return Variant(name, kind, (sys.executable, "-m", "api"), more, large)


def all_variants(node: bool) -> list[Variant]:
    """All there are here; Node's only with `node`, the response cache only once there is one."""
    ours = [zaide("Zaide"), zaide("Zaide, ten times the tickets", large=True)]
    if HAS_CACHE:
        ours.append(zaide("Zaide, cache hit", "cached", cache=True))
    limits = [
        python("bare Starlette, one SQL", "limit", "bench.peers.bare", "one"),
        python("bare Starlette, bytes kept", "static", "bench.peers.bare", "kept"),
    ]
    plain = python("Strawberry, Tortoise", "python", "bench.peers.plain")
    return [*ours, *limits, plain, *(_NODE if node else [])]


_NODE = [
    Variant(name, "node", ("node", str(PEERS / "reads" / f"{file}.mjs")))
    for name, file in (
        ("Apollo Server", "apollo"),
        ("GraphQL Yoga", "yoga"),
        ("mercurius, JIT", "mercurius"),
    )
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where servers are to work: the folder of their home and logs, and the two databases."""

    home: Path
    servers: embedded.Servers
    database: str
    larger: str
    cores: pinned.Cores


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    pid: int
    port: int

    def ask(self, headers: dict[str, str]) -> Any:
        """The data it gives for the query. Raises RuntimeError for errors."""
        url = f"http://127.0.0.1:{self.port}/graphql"
        every = {"Content-Type": "application/json", **headers}
        answer = httpx.post(url, content=BODY, headers=every, timeout=30, trust_env=False)
        body = answer.json() if answer.status_code == 200 else {}
        if body.get("errors") or "data" not in body:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
        return body["data"]


@contextmanager
def running(variant: Variant, place: Place) -> Iterator[Running]:
    """Start a server on its core, wait until it listens, and stop it afterwards.

    Main thread only. Raises RuntimeError with its last words if it does not start.
    """
    port, log = free_port(), place.home / "server.log"
    log.write_bytes(b"")
    url = place.larger if variant.large else place.database
    with pinned.on(place.cores.server):
        environment = {**_environment(url, place, port), **variant.environment}
        process = spawn(variant.command, log=log, env=environment, cwd=ROOT)
    try:
        wait_until(lambda: listens(port) or process.poll() is not None, START_SECONDS, 0.05)
        if process.poll() is not None or not listens(port):
            raise RuntimeError(f"{variant.name} does not start: {last_words(log)} ({log})")
        yield Running(process.pid, port)
    finally:
        stop(process, (signal.SIGTERM, 10.0))


def _environment(url: str, place: Place, port: int) -> dict[str, str]:
    """For everybody: the address as PostgreSQL's own clients read it, and as we do."""
    parts = connections.credentials(url)
    own = {
        "ZAIDE_HOME": str(place.home),
        "ZAIDE_PORT": str(port),
        "PORT": str(port),
        "DATABASE_URL": url,
        "REDIS_URL": place.servers.redis_url,
        "PGHOST": parts["host"],
        "PGUSER": parts["user"],
        "PGDATABASE": parts["database"],
        "PGPORT": str(parts["port"]),
        "NODE_ENV": "production",
        "PYTHONPATH": str(ROOT),
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZAIDE_", "PG"))}
    return {**kept, **own}


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
