"""Processes kept to cores of their own, and the CPU time the operating system counts for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.installation import children_of, cpu_seconds

__all__ = ["Cores", "Spent", "cores", "on", "pin", "spent"]


@dataclass(frozen=True, slots=True)
class Cores:
    """Where the measured server runs, and where all else does; the same where there is one core."""

    server: frozenset[int]
    others: frozenset[int]

    @property
    def apart(self) -> bool:
        """Whether they are separate cores."""
        return not self.server & self.others


@cache
def cores() -> Cores:
    """The first core we may use for the server, the second for PostgreSQL, Redis and the load.

    Of those this process had when first asked: `on` narrows what it has, which must not move them.
    """
    if not hasattr(os, "sched_getaffinity"):
        return Cores(frozenset(), frozenset())
    ours = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(ours[:1]), frozenset(ours[1:2] or ours[:1]))


@contextmanager
def on(chosen: frozenset[int]) -> Iterator[None]:
    """Whatever is started in the block, and ourselves as long as it lasts, keep to these cores."""
    if not chosen:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, chosen: frozenset[int]) -> None:
    """Keep a running process, its threads and its children to these cores; theirs will follow."""
    for member in (pid, *children_of(pid)) if chosen else ():
        for thread in Path(f"/proc/{member}/task").glob("*"):
            with suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), chosen)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU, user and system, of a server, PostgreSQL and Redis, children included."""

    server: float
    postgres: float
    redis: float

    def __sub__(self, before: Spent) -> Spent:
        return Spent(
            self.server - before.server,
            self.postgres - before.postgres,
            self.redis - before.redis,
        )


def spent(server: int, postgres: int, redis: int) -> Spent:
    """What three processes have spent since they began."""
    return Spent(*(cpu_seconds(pid) for pid in (server, postgres, redis)))
