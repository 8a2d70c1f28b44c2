"""What the live figures need around them: an installation, the writer, one measured server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from api.supervisor import free_port, readiness
from bench.installation import POSTGRES, REDIS, WORKER, Installation, cpu_seconds
from bench.live.shop import Shop
from bench.live.writer import CHANNEL
from bench.node import PEERS
from bench.pinned import cores, on
from domain.embedded.processes import wait_until
from domain.people.rules import digest
from domain.settings import ROOT

OURS, LIMIT = "ours", "raw broadcast"
NODE = {"graphql-ws": "graphql-ws", "mercurius": "mercurius", "Yoga": "yoga"}
"""The peers by name, and their files in bench/peers/live."""
START_SECONDS = 30.0


@dataclass
class Server:
    """A measured server process, alone on the first core."""

    name: str
    url: str
    process: subprocess.Popen[str]

    @property
    def cpu(self) -> float:
        """Its CPU time so far, in seconds."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """Its proportional share of memory, in bytes, garbage of the Node peers collected."""
        if self.name in NODE:
            self.process.send_signal(signal.SIGUSR2)
        time.sleep(0.5)  # for the collection, and for what is under way to settle
        words = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        line = next(line for line in words.splitlines() if line.startswith("Pss:"))
        return int(line.split()[1]) * 1024

    @property
    def is_ours(self) -> bool:
        """Whether it is our API."""
        return self.name == OURS


class Writer:
    """The process in which things happen; one command at a time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.live.writer"],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, do: str, **more: Any) -> None:
        """Give a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()

    def end(self) -> Any:
        """Wait for the answer. Raises RuntimeError if the process ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The writer of the live figures ended; it said why above.")
        return json.loads(line)

    def ask(self, do: str, **more: Any) -> Any:
        """Give a command and wait for the answer."""
        self.begin(do, **more)
        return self.end()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Stage:
    """An installation with a shop in it; all of it, and we too, on the second core."""

    def __init__(self) -> None:
        """Start it. `end` removes everything."""
        self.here = Installation(workers=1, demo=False)
        self._next = 0
        try:
            self.here.ready()
            self.writer = Writer(self.environment)
        except BaseException:
            self.here.remove()
            raise
        try:
            self.shop = Shop.of(self.writer.ask("open"))
            self._tokens = self.here.folder / "tokens.json"
            every = (*self.shop.agents, *self.shop.viewers)
            known = {digest(viewer.raw): viewer.scope for viewer in every}
            self._tokens.write_text(json.dumps(known))
        except BaseException:
            self.end()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """For processes of this installation."""
        return {**os.environ, **self.here.published.environment, "ZAIDE_HOME": str(self.here.home)}

    def numbers(self, count: int) -> int:
        """The first of `count` numbers that no event had before."""
        self._next += count
        return self._next - count

    def others(self) -> dict[str, float]:
        """CPU time so far, in seconds, of all that works for the server."""
        names = {"postgres": POSTGRES, "redis": REDIS, "workers": WORKER}
        return {
            name: sum(cpu_seconds(pid) for pid in self.here.children(words))
            for name, words in names.items()
        }

    @contextmanager
    def serving(self, name: str) -> Iterator[Server]:
        """A fresh server process on the first core, stopped at the end of the block."""
        with on(cores().server):
            server = self._ours() if name == OURS else self._peer(name)
        try:
            if server.is_ours and not wait_until(
                lambda: readiness(server.url) == "", START_SECONDS, every=0.05
            ):
                raise RuntimeError(f"Our API does not get ready: {readiness(server.url)}")
            yield server
        finally:
            server.process.kill()
            server.process.wait()
            if server.process.stdout is not None:
                server.process.stdout.close()

    def _ours(self) -> Server:
        port = free_port("127.0.0.1", 0)
        own = {"ZAIDE_HOST": "127.0.0.1", "ZAIDE_PORT": str(port)}
        log = (self.here.folder / "api.log").open("a")
        process = subprocess.Popen(
            [sys.executable, "-m", "api"],
            cwd=ROOT,
            env={**self.environment, **own},
            stdout=log,
            stderr=log,
            text=True,
        )
        log.close()
        return Server(OURS, f"http://127.0.0.1:{port}", process)

    def _peer(self, name: str) -> Server:
        url = self.here.published.redis_url
        own = {
            "BENCH_TOKENS": str(self._tokens),
            "BENCH_SCHEMA": str(ROOT / "schema" / "schema.graphql"),
            "BENCH_CHANNEL": CHANNEL,
            "BENCH_REDIS_URL": url,
            "BENCH_REDIS": unquote(urlsplit(url).path) if url.startswith("unix:") else url,
            "NODE_ENV": "production",
        }
        command = [sys.executable, "-m", "bench.peers.broadcast"]
        if name != LIMIT:
            command = ["node", "--expose-gc", str(PEERS / "live" / f"{NODE[name]}.mjs")]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            process.wait()
            raise RuntimeError(f"{name} did not start; it said why above.")
        return Server(name, f"http://127.0.0.1:{json.loads(said)['port']}", process)

    def end(self) -> None:
        """Stop and delete everything."""
        if hasattr(self, "writer"):
            self.writer.close()
        self.here.remove()
