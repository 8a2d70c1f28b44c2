"""The embedded Valkey or Redis."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from domain.embedded.binaries import find_redis
from domain.embedded.home import socket_folder
from domain.embedded.processes import Words, spawn
from domain.embedded.server import Server


class Redis(Server):
    """A Valkey or Redis server of our own; acknowledged entries survive the death of anyone."""

    name, title = "redis", "Redis"
    stopping = ((signal.SIGTERM, 5.0),)

    @property
    def url(self) -> str:
        """A URL that redis-py understands."""
        return f"unix://{quote(str(self.socket))}"

    @property
    def socket(self) -> Path:
        """The unix socket clients connect to."""
        return self._sockets / "redis.sock"

    def _run(self) -> None:
        self._sockets = socket_folder(self.home, self.name, None)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        command: Words = [find_redis().path, *self._options()]
        self._process = spawn(command, log=self.log, death=signal.SIGTERM)
        if not self._settle():
            raise self._complain()

    def _options(self) -> list[str]:
        chosen = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self._pid_file),
            "daemonize": "no",
            "set-proc-title": "no",  # the command line tells whose data an orphan works on
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [word for name, value in chosen.items() for word in (f"--{name}", value)]

    @property
    def _pid_file(self) -> Path:
        return self.data / "redis.pid"

    def _serves(self) -> bool:
        """PING by hand, since only the broker speaks redis; a server that loads says -LOADING."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False
