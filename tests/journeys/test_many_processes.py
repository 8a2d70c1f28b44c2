"""Two API processes and two workers on one PostgreSQL and one Redis; one of each is killed.

The processes are started as anybody would start them on several machines: `python -m api` and
`python -m workers` with the servers' addresses in their environment, each API on a port of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from api.talk.door import Away, Door, News
from bench.installation import logged_in
from bench.socket import Broken, subscribed
from domain import broker, connections, embedded
from domain.embedded.processes import wait_until
from domain.events import STREAMS
from domain.settings import ROOT
from tests.chaos.crowd import Crowd, Shopper
from tests.chaos.follower import DOCUMENT, Follower
from tests.chaos.truth import holds, settled

RATE, SHOPPERS, SECONDS = 16.0, 8, 6.0
IN_OFFICE = 1.0  # seconds from the kill of one sequencer to the first event of the next
_OFFICE = re.compile(r"sequencer\.took_office\W.*?\bterm\W+(\d+)")


class Fleet:
    """Two of each, on servers of their own."""

    def __init__(self, servers: embedded.Servers, home: Path) -> None:
        self.servers, self.home = servers, home
        self.ports = [_free_port() for _ in range(2)]
        self.apis = [self._start("api", n, ZAIDE_PORT=str(p)) for n, p in enumerate(self.ports)]
        self.workers = [self._start("workers", n) for n in range(2)]

    @property
    def urls(self) -> list[str]:
        """Where the two APIs are."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def _start(self, module: str, number: int, **more: str) -> subprocess.Popen[bytes]:
        with self.log(module, number).open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=_environment(self.servers, self.home, **more),
                stdout=output,
                stderr=output,
            )

    def log(self, module: str, number: int) -> Path:
        """What a process says."""
        return self.home / f"{module}-{number}.log"

    def ready(self) -> Fleet:
        """Wait until both APIs and both workers are at work."""

        def at_work() -> bool:
            assert all(process.poll() is None for process in (*self.apis, *self.workers))
            started = [self.log("workers", n).read_text() for n in range(2)]
            return all("worker.started" in said for said in started) and all(
                map(_is_ready, self.urls)
            )

        assert wait_until(at_work, 90, every=0.1)
        return self

    def in_office(self, term: int) -> int:
        """Which worker took office for a term."""
        for number in range(2):
            if str(term) in _OFFICE.findall(self.log("workers", number).read_text()):
                return number
        raise AssertionError(f"nobody took office for term {term}")

    def stop(self) -> None:
        """End what is left."""
        for process in (*self.apis, *self.workers):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in (*self.apis, *self.workers):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection, for looking at what is there."""
        connection = await connections.dedicated(self.servers.dsn)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)


def _environment(servers: embedded.Servers, home: Path, **more: str) -> dict[str, str]:
    own = {"ZAIDE_HOME": str(home), "DATABASE_URL": servers.dsn, "REDIS_URL": servers.redis_url}
    return {**os.environ, **own, "ZAIDE_RATE_PER_MINUTE": "100000", **more}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """The demo shop, served by two of each."""
    with embedded.ephemeral() as servers, tempfile.TemporaryDirectory(prefix="zf-") as folder:
        home = Path(folder)
        subprocess.run(
            [sys.executable, "-m", "api.cli", "prepare", "--demo"],
            cwd=ROOT, env=_environment(servers, home), check=True, capture_output=True, timeout=90,
        )  # fmt: skip
        running = Fleet(servers, home)
        try:
            yield running.ready()
        finally:
            running.stop()


class Roaming(Door):
    """A customer's browser behind a balancer: when one API is away, it asks the other."""

    def __init__(self, doors: Sequence[httpx.AsyncClient]) -> None:
        super().__init__(doors[0])
        self.doors = doors

    async def _ask(self, method: str, what: str, **more: Any) -> Any:
        asked = self.http
        try:
            return await super()._ask(method, what, **more)
        except Away:
            self._leave(asked)
            raise

    async def news(self, after: int) -> AsyncIterator[News]:
        asked = self.http
        try:
            async for news in super().news(after):
                yield news
        except Away:
            self._leave(asked)
            raise

    def _leave(self, asked: httpx.AsyncClient) -> None:
        self.http = next(door for door in self.doors if door is not asked)


class Roamer(Follower):
    """An agent's screen that comes back to the other API, with the cursor it had."""

    def __init__(self, urls: list[str], cookie: str) -> None:
        super().__init__(urls[0], cookie)
        self.urls = list(urls)
        self.visited = [urls[0]]

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(*Broken):
                after = {"after": self.cursor}
                async for data in subscribed(self.url, DOCUMENT, after, cookie=self.cookie):
                    self._told(data["conversations"])
            self.urls.append(self.urls.pop(0))
            self.url = self.urls[0]
            self.visited.append(self.url)
            await asyncio.sleep(0.05)


async def _kill(process: subprocess.Popen[bytes]) -> float:
    """SIGKILL; the moment at which it was sent."""
    at = time.monotonic()
    process.kill()
    await asyncio.to_thread(process.wait)
    return at


async def _published_after(redis: Redis, position: int) -> float:
    """Wait until the streams hold an event behind a position; the moment."""
    async with asyncio.timeout(20):
        while True:
            async with redis.pipeline(transaction=False) as pipe:
                for number in range(STREAMS):
                    pipe.xrevrange(broker.stream(number), count=1)
                tips = [int(tip[0][0].split(b"-")[0]) for tip in await pipe.execute() if tip]
            if max(tips, default=0) > position:
                return time.monotonic()
            await asyncio.sleep(0.005)


async def _half_way(crowd: Crowd, talk: asyncio.Task[None], share: float) -> None:
    """Wait until a share of all that will be said is stored."""
    while crowd.acknowledged < RATE * SECONDS * share:
        assert not talk.done(), talk.exception()
        await asyncio.sleep(0.01)


async def test_nothing_is_lost_or_doubled_when_one_of_each_is_killed(fleet: Fleet) -> None:
    cookie = await asyncio.to_thread(logged_in, fleet.urls[0], "dana", "dana-zaide-demo")
    async with (
        Redis.from_url(fleet.servers.redis_url) as redis,
        httpx.AsyncClient(base_url=fleet.urls[0], timeout=5, trust_env=False) as first,
        httpx.AsyncClient(base_url=fleet.urls[1], timeout=5, trust_env=False) as second,
        fleet.database() as database,
    ):
        pairs = [(first, second), (second, first)]
        crowd = Crowd([Shopper(Roaming(pairs[n % 2])) for n in range(SHOPPERS)], RATE)
        for shopper in crowd.shoppers:
            await shopper.door.enter()
            shopper.position = (await shopper.door.said())["position"]
        async with (
            Roamer(fleet.urls, cookie) as one,
            Roamer(fleet.urls[::-1], cookie) as other,
            crowd.listening(),
        ):
            talk = asyncio.create_task(crowd.talk(SECONDS))
            await _half_way(crowd, talk, 1 / 3)
            await _kill(fleet.apis[0])
            await _half_way(crowd, talk, 2 / 3)
            term = await database.fetchval("SELECT term FROM sequence")
            holder = fleet.in_office(term)
            struck = await _kill(fleet.workers[holder])
            position = await database.fetchval("SELECT position FROM sequence")
            moved = await _published_after(redis, position) - struck
            await talk
            await settled(fleet, 30.0)
            for screen in (one, other):
                await holds(fleet, crowd, screen)
                assert screen.resyncs == []
        assert one.visited[:2] == fleet.urls
        assert fleet.in_office(await database.fetchval("SELECT term FROM sequence")) == 1 - holder
    print(f"the sequencer moved after {moved:.2f} s")
    assert moved < IN_OFFICE
