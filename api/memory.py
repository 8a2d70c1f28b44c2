"""Memory is given back once many have left.

A socket's end leaves some fifty objects that point at each other, and the collections that would
find those who were there for long are rare by design (`COLLECT` in api/__main__.py): after a storm
they would stay, and with many who come and go they would add up.
"""

from __future__ import annotations

import ctypes
import gc
import sys

MANY = 500
"""Who must have left: a full collection is worth it then, 10 to 60 ms with thousands there."""


class Ebb:
    """Watches how many there are, and collects when enough of them have left."""

    def __init__(self) -> None:
        self._most = self._left = 0

    def look(self, connected: int, left: int) -> bool:
        """How many are connected, and how many left altogether; whether memory was given back."""
        self._most = max(self._most, connected)
        gone = max(self._most - connected, left - self._left)
        if gone < max(MANY, connected // 2):
            return False
        self._most, self._left = connected, left
        give_back()
        return True


def give_back() -> None:
    """Collect garbage, and let the system have the pages that glibc keeps, where it is glibc."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
