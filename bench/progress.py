"""What a long measurement is at: one line that changes on a terminal, a line each elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Gives the function that says what is being done now."""
    if console.is_terminal:
        with console.status("") as status:
            yield status.update
    else:
        yield lambda words: console.print(f"{time.strftime('%H:%M:%S')} {words}")
