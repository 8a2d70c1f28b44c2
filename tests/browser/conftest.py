"""A whole installation in child processes, with the demo shop, and a real browser before it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
)

from domain import embedded
from domain.embedded.processes import spawn, stop
from domain.settings import ROOT

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_SECONDS = 60


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where a fresh installation answers: its own servers, one API process, one worker."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    with ExitStack() as stack:
        servers = stack.enter_context(embedded.ephemeral(connections=60))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zaide-browser-")))
        port = _free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": servers.dsn,
            "REDIS_URL": servers.redis_url,
            "ZAIDE_HOME": str(home),
            "ZAIDE_PORT": str(port),
            "ZAIDE_ENV": "development",
            "ZAIDE_LOG_LEVEL": "warning",
        }
        _run(environment, home, "api.cli", "prepare", "--demo").wait(READY_SECONDS)
        for module in ("workers", "api"):
            child = _run(environment, home, module)
            stack.callback(stop, child, (signal.SIGKILL, 5.0))
        where = f"http://127.0.0.1:{port}"
        _wait(where, home)
        yield where


def _run(environment: Mapping[str, str], home: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", *words]
    return spawn(command, log=home / f"{words[0]}.log", env=environment, cwd=ROOT)


def _wait(where: str, home: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{where}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    said = "\n".join(log.read_text()[-2000:] for log in home.glob("*.log"))
    pytest.fail(f"the installation did not get ready:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
async def browser(address: str) -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as play:
        running = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


class Visitor:
    """Somebody before a screen; what their pages asked for and complained about is kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.asked: list[str] = []
        self.complaints: list[str] = []

    async def open(self, path: str) -> Page:
        """A page of the installation in a tab of its own."""
        page = await self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        await page.goto(self.address + path)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def strangers(self) -> list[str]:
        """What was asked of anybody but us."""
        return [url for url in self.asked if not url.startswith((self.address, "data:"))]


Visitors = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visitors(browser: Browser, address: str) -> AsyncIterator[Visitors]:
    """Makes visitors, each with a browser profile of their own: `await visitors(…)`."""
    made: list[BrowserContext] = []

    async def make(**settings: Any) -> Visitor:
        context = await browser.new_context(locale="zh-CN", **settings)
        made.append(context)
        return Visitor(context, address)

    yield make
    for context in made:
        await context.close()
