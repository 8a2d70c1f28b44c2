"""When frames are told: at once while there is time, several together when there is little.

Telling a thousand screens takes a process about 10 ms. After each telling it turns to its other
work for twice as long as the telling took, and at most 100 ms; what becomes due in the meantime is
told together, in one write for each screen, which costs little more than one of it. So an idle
process tells at once, and one that would be overrun spends at most a third of its time on telling.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Protocol

LONGEST = 0.1  # seconds: what the slowest of our readers may wait for
SHORTEST = 0.002


class Teller(Protocol):
    """Somebody with something to tell."""

    def tell(self) -> None:
        """Tell all that is due."""


class Pulse:
    """Lets those tell who have something due, and rests in between."""

    def __init__(self) -> None:
        self._due: dict[Teller, None] = {}
        self._rests: asyncio.Handle | None = None

    def due(self, teller: Teller) -> None:
        """Let `teller` tell: now, or with the next beat."""
        self._due[teller] = None
        if self._rests is None:
            self._beat()

    def _beat(self) -> None:
        self._rests = None
        if self._due:
            began = perf_counter()
            told, self._due = self._due, {}
            loop = asyncio.get_running_loop()
            # Whoever becomes due while these are told waits for the next beat.
            self._rests = loop.call_soon(self._beat)
            for teller in told:
                teller.tell()
            spent = min(2 * (perf_counter() - began), LONGEST)
            if spent >= SHORTEST:
                self._rests.cancel()
                self._rests = loop.call_later(spent, self._beat)
