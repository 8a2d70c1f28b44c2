"""Counts jobs inside a worker, and what the processes behind them spend between two of them.

Ours and the peers' workers load the same file, in environments of their own: standard library only.
Times of processes come from Linux's /proc, in nanoseconds; of those that ended, in clock ticks.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Gauge:
    """Begins at job number `first` and writes what was spent to a file at job number `last`.

    A worker thereby measures itself while its queue is full: neither its start nor its idling
    counts. `servers` are process ids, by name, whose CPU is counted with their children's.
    """

    def __init__(self, first: int, last: int, servers: dict[str, int], out: Path) -> None:
        self.first, self.last, self.servers, self.out = first, last, servers, out
        self.counted = 0
        self._began: dict[str, float] = {}
        self._began_at = 0

    @classmethod
    def of_environment(cls) -> Gauge:
        """The gauge that the bench described in GAUGE."""
        told = json.loads(os.environ["GAUGE"])
        return cls(told["first"], told["last"], told["servers"], Path(told["out"]))

    def count(self, jobs: int = 1) -> None:
        """Some jobs were handled."""
        self.counted += jobs
        if not self._began and self.counted >= self.first:
            self._began, self._began_at = self._spent(), self.counted
        elif self._began and self.counted >= self.last and self.last:
            self._write()
            self.last = 0

    def _spent(self) -> dict[str, float]:
        """Seconds of CPU per process, and those on the clock."""
        servers = {name: cpu_of_family(pid) for name, pid in self.servers.items()}
        return {"worker": time.process_time(), "clock": time.perf_counter(), **servers}

    def _write(self) -> None:
        spent = {name: now - self._began[name] for name, now in self._spent().items()}
        beside = self.out.with_suffix(".part")
        beside.write_text(json.dumps({"jobs": self.counted - self._began_at, "seconds": spent}))
        beside.rename(self.out)


def cpu_of_family(pid: int) -> float:
    """Seconds of CPU of a process, its living children, and those it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    waited = sum(int(field) for field in fields[13:15]) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return waited + sum(_cpu(member) for member in (pid, *children))


def _cpu(pid: int | str) -> float:
    nanoseconds = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            nanoseconds += int(thread.read_text().split()[0])
        except OSError:
            continue  # A thread that has just ended.
    return nanoseconds / 1e9
