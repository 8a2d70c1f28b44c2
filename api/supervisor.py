"""`zaide up`: one process that starts the others, starts them again, and ends them in order.

    embedded servers → tables and demo shop → API processes and workers → ready → panel → watch

Logs are in home/logs. Children get the servers' URLs in their environment, so that only this
process knows what is embedded. If it is killed, the kernel ends them all.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from api.kept import Child, Kept
from api.panel import where_to_look
from api.preparing import Login, Preparation
from api.running import Running, inherited, publish, withdraw
from domain import db
from domain.embedded import Postgres, Redis, StartFailed
from domain.embedded.processes import hold, last_words, wait_until
from domain.settings import Settings

READY_SECONDS = 180.0
_WATCH_SECONDS = 0.1
_SPARE_CONNECTIONS = 30  # for migrations, psql, `dead` and the like
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop. Not an Exception, so that nothing swallows it."""


class Supervisor:
    """Runs an installation on this machine until it is told to stop."""

    def __init__(self, here: Settings, console: Console, *, demo: bool) -> None:
        """`demo`: fill an empty database with the demo shop."""
        self.here = here
        self.home = here.home.resolve()
        self.console = console
        self.demo = demo
        self.stopping = False
        self.servers: list[Kept] = []
        self.workers: list[Kept] = []
        self.apis: list[Kept] = []

    def run(self) -> None:
        """Return after an orderly stop. Raises StartFailed when it cannot be started."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.home / "logs").mkdir(mode=0o700, exist_ok=True)
        with hold(self.home / "up.lock", "Zaide"):
            port = free_port(self.here.host, self.here.port)
            self.here = self.here.model_copy(update={"port": port})
            with self._until_signalled():
                self._start()
                while True:
                    time.sleep(_WATCH_SECONDS)
                    self._tend()

    @contextmanager
    def _until_signalled(self) -> Iterator[None]:
        """Signals raise Stopped in here; whatever ends the block, everything is stopped."""
        before = {number: signal.signal(number, self._signalled) for number in _SIGNALS}
        try:
            yield
        except Stopped:
            self.console.print()
        finally:
            self.stopping = True
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        """The first signal asks for an orderly stop, the next for a quick one."""
        if not self.stopping:
            self.stopping = True
            raise Stopped
        for kept in (*self.apis, *self.workers):
            kept.kill()

    def _start(self) -> None:
        environment = self._start_servers()
        logins = self._prepare(environment)
        self._start_children(environment)
        with self._stage("Ready, the model is loaded"):
            self._wait_ready()
        self.console.print(where_to_look(self.here, logins, self.home / "logs"))

    def _start_servers(self) -> dict[str, str]:
        """The embedded ones, where no URL is set. Gives the children's environment."""
        here = self.here
        urls = {"DATABASE_URL": here.database_url, "REDIS_URL": here.redis_url}
        pools = (here.apis + here.workers) * here.database_pool
        connections = pools + here.apis * (db.LOOKUPS + db.READS) + _SPARE_CONNECTIONS
        for variable, server in (
            ("DATABASE_URL", Postgres(here.home, connections=connections)),
            ("REDIS_URL", Redis(here.home)),
        ):
            if not urls[variable]:
                kept = Kept(server.title, server, server.log)
                self.servers.append(kept)
                with self._stage(server.title):
                    urls[variable] = server.start()
                kept.started()
        near = local_url(here.host, here.port)
        running = Running(urls["DATABASE_URL"], urls["REDIS_URL"], near, os.getpid())
        publish(self.home, running)
        own = {
            "ZAIDE_HOME": str(self.home),
            "ZAIDE_HOST": here.host,
            "ZAIDE_PORT": str(here.port),
            "ZAIDE_APIS": str(here.apis),
        }
        return inherited({**running.environment, **own})

    def _prepare(self, environment: dict[str, str]) -> list[Login]:
        """Tables and the demo shop; gives the demo's log-ins."""
        log = self.home / "logs" / "prepare.log"
        with Preparation(environment, log, demo=self.demo) as preparation:
            with self._stage("Tables"):
                preparation.tables()
            if not self.demo:
                return []
            with self._stage("Demo shop") as line:
                return preparation.demo_shop(lambda step: line.update(f"Demo shop, {step}"))

    def _start_children(self, environment: dict[str, str]) -> None:
        for module, count, kin in (
            ("workers", self.here.workers, self.workers),
            ("api", self.here.apis, self.apis),
        ):
            for number in range(1, count + 1):
                name = f"{module}-{number}" if count > 1 else module
                log = self.home / "logs" / f"{name}.log"
                child = Child([sys.executable, "-m", module], log, environment)
                kin.append(Kept(name, child, log))
                child.start()
                kin[-1].started()

    def _wait_ready(self) -> None:
        missing = "no answer yet"

        def is_ready() -> bool:
            nonlocal missing
            self._tend()
            for kept in (*self.apis, *self.workers):
                if kept.deaths >= 3:
                    raise StartFailed(
                        f"{kept.name} does not start: {last_words(kept.log)} ({kept.log})"
                    )
            missing = readiness(local_url(self.here.host, self.here.port))
            return missing == ""

        if not wait_until(is_ready, READY_SECONDS, every=0.1):
            raise StartFailed(f"Not ready after {READY_SECONDS:.0f} seconds: {missing}")

    def _tend(self) -> None:
        """Start again what died, servers first."""
        for kept in (*self.servers, *self.workers, *self.apis):
            said = kept.tend()
            if said:
                self.console.print(
                    f"[dim]{time.strftime('%H:%M:%S')}[/] {escape(said)}", soft_wrap=True
                )

    def _stop(self) -> None:
        """API, workers, Redis, PostgreSQL: nobody loses what he still needs."""
        with self._stage("Stopped"):
            for kin, seconds in ((self.apis, 10.0), (self.workers, 20.0)):
                for kept in kin:
                    kept.ask_to_stop()
                deadline = time.monotonic() + seconds
                for kept in kin:
                    kept.stop(max(0.1, deadline - time.monotonic()))
            for kept in reversed(self.servers):
                kept.stop(0)
            withdraw(self.home)

    @contextmanager
    def _stage(self, title: str) -> Iterator[Status]:
        """A line that turns while the block runs, and then tells how long it took."""
        began = time.monotonic()
        with self.console.status(f"{title} …") as line:
            yield line
        mark = "✓" if (self.console.encoding or "").lower().startswith("utf") else "*"
        self.console.print(f"[green]{mark}[/] {title} [dim]{time.monotonic() - began:.1f} s[/]")


def free_port(host: str, port: int) -> int:
    """The port, or a free one where that is 0. Raises StartFailed if it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise StartFailed(
                f"Cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}. "
                "Stop what uses it, or set ZAIDE_PORT to another port."
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen


def local_url(host: str, port: int) -> str:
    """Where this machine reaches an API that listens on `host`."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


def readiness(url: str) -> str:
    """Empty when /readyz below `url` answers 200, else what is missing, in a few words."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=3):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return error.read(200).decode("utf-8", "replace").strip() or f"HTTP {error.code}"
    except OSError as error:
        return str(error)
