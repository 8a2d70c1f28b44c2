"""What a long measurement is at: one line that changes on a terminal, a line at times elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

SELDOM = 2.0
"""Seconds between two lines of a log: filling a database has hundreds of steps."""


@contextmanager
def progress(
    console: Console, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[str], None]]:
    """Gives the function that says what is being done now."""
    if console.is_terminal:
        with console.status("") as status:
            yield status.update
        return
    told = float("-inf")

    def say(words: str) -> None:
        nonlocal told
        if clock() - told >= SELDOM:
            told = clock()
            console.print(f"{time.strftime('%H:%M:%S')} {words}")

    yield say
