"""`zaide doctor`: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api import running
from api.supervisor import free_port, readiness
from domain.embedded import StartFailed
from domain.embedded.binaries import find_postgres, find_redis
from domain.embedded.home import MEGABYTE
from domain.settings import settings

_FREE_MEGABYTES = 1000


def examine(console: Console) -> bool:
    """Print one line per thing looked at; whether all is well."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Python", _python),
        ("Platform", lambda: f"{platform.system()} {platform.machine()}"),
        ("PostgreSQL", _postgres),
        ("Redis", _redis),
        ("Disk", _disk),
        ("Model", _model),
        ("Port", _port),
        ("Running", _running),
    )
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    well = True
    for title, check in checks:
        try:
            table.add_row("[green]ok[/]", title, escape(check()))
        except StartFailed as failure:
            table.add_row("[red]no[/]", title, escape(str(failure)))
            well = False
    console.print(table)
    return well


def _python() -> str:
    return f"{platform.python_version()} ({sys.executable})"


def _postgres() -> str:
    url = settings().database_url
    if url:
        return f"DATABASE_URL, {_shown(url)}"
    found = find_postgres()
    return f"embedded {_version(found.version)} ({found.path})"


def _redis() -> str:
    url = settings().redis_url
    if url:
        return f"REDIS_URL, {_shown(url)}"
    found = find_redis()
    return f"embedded {_version(found.version)} ({found.path})"


def _version(version: tuple[int, int]) -> str:
    return ".".join(str(number) for number in version)


def _shown(url: str) -> str:
    """An address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or parts.query or parts.path}"


def _disk() -> str:
    home = settings().home.resolve()
    while not home.exists():
        home = home.parent
    free = shutil.disk_usage(home).free // MEGABYTE
    if free < _FREE_MEGABYTES:
        raise StartFailed(f"{free} MB free at {home}: free some, or set ZAIDE_HOME elsewhere.")
    return f"{free} MB free at {home}"


def _model() -> str:
    folder = settings().model
    if not any(folder.glob("*.onnx")):
        raise StartFailed(f"No model in {folder}: restore it, or set ZAIDE_MODEL.")
    return str(folder)


def _port() -> str:
    here = settings()
    found = running.find(here.home.resolve())
    if found:
        return f"{found.local_url}, ours"
    free_port(here.host, here.port)
    return f"{here.host}:{here.port}, free"


def _running() -> str:
    found = running.find(settings().home.resolve())
    if not found:
        return "nothing; start with ./zaide up"
    missing = readiness(found.local_url)
    if missing:
        raise StartFailed(f"process {found.pid}, not ready: {missing}")
    return f"process {found.pid}, {found.local_url}"
