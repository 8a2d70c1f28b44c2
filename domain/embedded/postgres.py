"""The embedded PostgreSQL."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path
from urllib.parse import quote

from domain.embedded.binaries import Binary, find_postgres
from domain.embedded.home import give, no_space, socket_folder, unprivileged
from domain.embedded.processes import (
    StartFailed,
    Words,
    first_number,
    last_words,
    quietly,
    spawn,
    text_of,
)
from domain.embedded.server import Server

_MEMORY_SECONDS = 10.0
_SMALL = {
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    # On an SSD, or in memory, a page by an index costs hardly more than the next one; the default
    # of 4 is a turning disk's.
    "random_page_cost": "1.1",
}
# The log quotes no statement and no row: they may hold a customer's words.
_DISCREET = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "lc_messages": "C",
}
# After a kill PostgreSQL syncs what is there; one call for all is much faster than one per file.
_QUICK = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
# synchronous_commit stays on even then: without it a kill of PostgreSQL loses committed rows.
_HASTY = {"fsync": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A PostgreSQL server of our own: one superuser `zaide`, one database `zaide`, UTC.

    Whoever can open the socket is trusted; its folder is open to nobody else.
    """

    name, title = "pg", "PostgreSQL"
    stopping = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0))

    def __init__(self, home: Path, *, durable: bool = True, connections: int = 100) -> None:
        """`connections` is how many clients may be connected at once."""
        super().__init__(home, durable=durable)
        self.connections = connections

    @property
    def url(self) -> str:
        """A DSN that libpq, asyncpg and Tortoise alike understand."""
        return f"postgresql://zaide@/zaide?host={quote(str(self._sockets))}"

    def _run(self) -> None:
        prefix, user = unprivileged()
        self._sockets = socket_folder(self.home, self.name, user)
        binary = find_postgres(first_number(self.data / "PG_VERSION"))
        if not (self.data / "PG_VERSION").exists():
            self._create(binary, prefix, user)
        give(self.data, user)
        command: Words = [*prefix, binary.path, "-D", self.data, *self._options()]
        deadline = time.monotonic() + _MEMORY_SECONDS
        while True:
            # SIGQUIT ends it at once, without a checkpoint: the next start replays the log.
            self._process = spawn(command, log=self.log, user=user, death=signal.SIGQUIT)
            if self._settle():
                return
            # Backends of a killed postmaster need a moment to notice and let go of its memory.
            held = not self.alive() and "shared memory block" in last_words(self.log)
            if not held or time.monotonic() > deadline:
                raise self._complain()
            time.sleep(0.1)

    def _options(self) -> list[str]:
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": str(self.connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            **_SMALL,
            **_DISCREET,
            **_QUICK,
            **({} if self.durable else _HASTY),
        }
        return [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]

    def _create(self, binary: Binary, prefix: list[str], user: int | None) -> None:
        """Make the cluster beside its place and move it there, so that it is whole or absent."""
        new = self.home / f"{self.name}.new"
        said = ""
        for locale in _locales(binary.major):
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o700)
            give(new, user)
            words: Words = [*prefix, binary.path.with_name("initdb"), "-D", new, "-U", "zaide"]
            words = [*words, "-A", "trust", "--encoding=UTF8", *locale]
            made = quietly([*words, *([] if self.durable else ["--no-sync"])], user)
            if made.returncode == 0:
                break
            said = made.stderr
        else:
            raise StartFailed(_why_no_cluster(self.home, said))
        single: Words = [*prefix, binary.path, "--single", "-D", new, "template1"]
        if quietly(single, user, "CREATE DATABASE zaide\n").returncode:
            raise StartFailed(f"The database could not be made in {new}: is the disk full?")
        new.rename(self.data)

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _forget(self) -> None:
        super()._forget()
        for left in socket_folder(self.home, self.name, None).glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _serves(self) -> bool:
        """The eighth line of postmaster.pid, as pg_ctl reads it."""
        lines = text_of(self._pid_file).splitlines()
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


def _locales(major: int) -> list[list[str]]:
    """initdb's words, best first: Chinese text sorts by code point and lowers as Unicode says."""
    older = [["--locale=C.UTF-8"], ["--locale=en_US.UTF-8"]]
    if major < 17:
        return older
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return [[*builtin, "--lc-ctype=C.UTF-8"], builtin, *older]


def _why_no_cluster(home: Path, said: str) -> str:
    if "No space left" in said:
        return no_space(home)
    if "locale" in said:
        return "PostgreSQL finds no UTF-8 locale: install C.UTF-8, or set DATABASE_URL."
    last = (said.strip().splitlines() or ["initdb gave no reason"])[-1]
    return f"PostgreSQL could not make its data folder in {home}: {last}"
