"""`python -m bench.understanding.memory`: the memory of a process that has read messages.

It has all that a worker imports, loads the model, reads 1,000 messages in batches, and says its
proportional set size in bytes: its own memory, and of what it shares with others its part.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MESSAGES = 1000
ROLLUP = Path("/proc/self/smaps_rollup")


def measured() -> float | None:
    """Megabytes of such a process; None where the system does not tell.

    Raises CalledProcessError when it fails.
    """
    if not ROLLUP.exists():
        return None
    command = [sys.executable, "-m", "bench.understanding.memory"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return int(done.stdout) / 1e6


def proportional(rollup: str) -> int:
    """The bytes in `Pss:` of an smaps_rollup (man 5 proc_pid_smaps). Raises ValueError without."""
    for line in rollup.splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024
    raise ValueError("There is no Pss.")


def main() -> None:
    """Load, read, and say."""
    import workers.__main__  # noqa: F401  a worker imports it
    from bench.understanding.readers import BATCH
    from domain.settings import settings
    from workers.classifier import load
    from workers.training.data import read

    classifier = load(settings().model)
    texts = [one.text for one in read()][:MESSAGES]
    for at in range(0, len(texts), BATCH):
        classifier.read(texts[at : at + BATCH])
    print(proportional(ROLLUP.read_text()))


if __name__ == "__main__":
    main()
