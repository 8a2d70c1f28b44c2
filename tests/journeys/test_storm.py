"""Ten thousand connect at once to `python -m api` as it is started, with its default settings."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.socket import subscribed
from bench.subscribers import many_files
from domain import embedded
from domain.conversations import actions as conversations
from domain.settings import ROOT
from tests.hands import Hands
from tests.people import House
from tests.schema.doors import logged_in
from tests.schema.test_socket import ALL
from tests.schema.test_storm import UPGRADE, until

STORM = 10_000
IDLE_GROWTH, SOCKET_GROWTH = 30.0, 100.0  # MB; without a bound it was 32 to 46, and 220 to 270
LIMITED = """
import resource, sys
hard = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from api.hall import places
print(places(int(sys.argv[1])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("wanted", "hard", "found"), [(100, 2000, (100, 676)), (8000, 2000, (1424, 2000))]
)
def test_there_are_as_many_places_as_open_files_allow(
    wanted: int, hard: int, found: tuple[int, int]
) -> None:
    """576 files are kept for other things than places."""
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, f"{wanted}", f"{hard}"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert tuple(map(int, said.stdout.splitlines()[-1].split())) == found


class Api:
    """The process under test."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {**os.environ, "ZAIDE_PORT": f"{self.port}", "ZAIDE_LOG_LEVEL": "error"}
        self.process = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=environment)

    @property
    def megabytes(self) -> float:
        """What it has in memory now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    async def healthy(self) -> bool:
        """Whether it answers, over a connection of its own."""
        try:
            async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
                return (await client.get(f"{self.url}/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    async def shrinks_to(self, most: float) -> None:
        """Wait until it has no more than so many megabytes in memory."""
        async with asyncio.timeout(20):
            while self.megabytes > most:
                await asyncio.sleep(0.1)


@pytest.fixture
async def api(stack: embedded.Servers) -> AsyncIterator[Api]:
    """`python -m api`, at work."""
    running = Api()
    try:
        async with asyncio.timeout(60):
            while not await running.healthy():
                assert running.process.poll() is None
                await asyncio.sleep(0.1)
        yield running
    finally:
        running.process.terminate()
        await asyncio.to_thread(running.process.wait, 30)


@contextmanager
def many() -> Iterator[int]:
    """How many sockets this process may open: ten thousand where the machine allows it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    many_files()
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        yield STORM if soft == resource.RLIM_INFINITY else min(STORM, soft - 500)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Drop(asyncio.Protocol):
    """One of ten thousand."""

    def __init__(self, said: bytes, answers: Counter[bytes]) -> None:
        self.said, self.answers = said, answers
        self.told = b""

    def connection_made(self, transport: Any) -> None:
        """Say it."""
        self.transport = transport
        transport.write(self.said)

    def data_received(self, data: bytes) -> None:
        """Remember the status."""
        self.told = self.told or data[9:12]

    def connection_lost(self, exc: Exception | None) -> None:
        """Count how it ended."""
        self.answers[self.told] += 1


async def storm(api: Api, count: int, said: bytes, answers: Counter[bytes]) -> list[Drop]:
    """Everybody at once."""
    loop = asyncio.get_running_loop()

    async def fall() -> Drop:
        while True:
            try:
                made = await loop.create_connection(
                    lambda: Drop(said, answers), "127.0.0.1", api.port
                )
            except OSError:
                continue
            return made[1]

    return list(await asyncio.gather(*(fall() for _ in range(count))))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("said", "growth"), [(b"", IDLE_GROWTH), (UPGRADE, SOCKET_GROWTH)], ids=["idle", "sockets"]
)
async def test_ten_thousand_at_once_are_refused_or_bounded_and_others_are_served(
    api: Api, house: House, hands: Hands, said: bytes, growth: float
) -> None:
    cookie = await logged_in(house.alice)
    answers: Counter[bytes] = Counter()
    await hands.sequence()
    async with aclosing(subscribed(api.url, ALL, cookie=cookie)) as screen:
        assert (await anext(screen))["conversations"]["__typename"] == "Subscribed"
        before = api.megabytes
        with many() as count:
            coming = asyncio.create_task(storm(api, count, said, answers))
            for n in range(5):
                assert await api.healthy()
                await conversations.receive(house.eve, f"在吗 {n}")
                await hands.sequence()
                async with asyncio.timeout(15):
                    while (told := (await anext(screen))["conversations"])[
                        "kind"
                    ] != "MessageReceived":
                        pass
                assert told["message"]["text"] == f"在吗 {n}"
            drops = await coming
            if said:
                # One of the 5,000 places is Alice's.
                await until(lambda: answers[b"503"] + answers[b""] >= count - 4999)
            else:
                await until(lambda: sum(answers.values()) >= count - 8000 - 64)
            assert await api.healthy()
            for drop in drops:
                drop.transport.abort()
            await until(lambda: sum(answers.values()) == count)
        await api.shrinks_to(before + growth)
        await conversations.receive(house.eve, "还在吗")
        await hands.sequence()
        assert (await anext(screen))["conversations"]["message"]["text"] == "还在吗"
    async with aclosing(subscribed(api.url, ALL, cookie=cookie)) as newcomer:
        assert (await anext(newcomer))["conversations"]["__typename"] == "Subscribed"
