"""How often somebody asks: counted here, and brought together with other processes in Redis.

The first hit of a caller in a window asks Redis at once. From then on hits are counted in this
process and told every quarter of a second, those of all callers in one round trip. For one process
the count is exact; with several, what the others counted in the last quarter second is missing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from domain import broker

EVERY = 0.25  # seconds between two meetings with Redis
TOGETHER = 500  # callers in one round trip
# Callers that one process keeps apart, in about 5 MB. Whoever has been away the longest is
# forgotten first; Redis knows them when they come back.
MOST = 10_000


@dataclass(slots=True, eq=False)
class Tally:
    """The hits of one caller in one window, which ends at `ends` of the event loop's time."""

    ends: float
    mine: int = 0  # hits in this process,
    told: int = 0  # those of them that Redis has,
    others: int = 0  # and the hits in other processes, as of the last meeting
    away: bool = False  # whether Redis was, at the last meeting
    first: asyncio.Task[None] | None = None  # the first meeting


class Rates:
    """Counts hits by name in windows of `window` seconds, for the `most` names seen last."""

    def __init__(self, window: int, most: int = MOST) -> None:
        self.window, self.most = window, most
        self._tallies: OrderedDict[str, Tally] = OrderedDict()
        self._untold: dict[str, Tally] = {}
        self._telling: asyncio.Task[None] | None = None

    async def hit(self, name: str) -> int:
        """Count one more of `name`; the count so far in its window.

        While Redis is away it answers 0: a door stays open rather than locking everybody out.
        """
        tally = self._tally(name)
        tally.mine = number = tally.mine + 1
        if tally.first is None:
            tally.first = asyncio.create_task(self._meet({name: tally}))
        else:
            self._will_tell(name, tally)
        if not tally.first.done():
            await asyncio.shield(tally.first)
        return 0 if tally.away else tally.others + number

    def hit_at_once(self, name: str) -> int | None:
        """As `hit`, where that needs no waiting; None, and nothing counted, where it does."""
        tally = self._tallies.get(name)
        if tally is None or tally.first is None or not tally.first.done():
            return None
        if asyncio.get_running_loop().time() >= tally.ends:
            return None
        self._tallies.move_to_end(name)
        tally.mine += 1
        self._will_tell(name, tally)
        return 0 if tally.away else tally.others + tally.mine

    def _will_tell(self, name: str, tally: Tally) -> None:
        if name not in self._untold:
            self._untold[name] = tally
            self._telling = self._telling or asyncio.create_task(self._tell())

    def _tally(self, name: str) -> Tally:
        now = asyncio.get_running_loop().time()
        tally = self._tallies.get(name)
        if tally is None or now >= tally.ends:
            tally = self._tallies[name] = Tally(now + self.window)
            self._untold.pop(name, None)
        self._tallies.move_to_end(name)
        if len(self._tallies) > self.most:
            self._tallies.popitem(last=False)
        return tally

    async def _tell(self) -> None:
        try:
            while self._untold:
                await asyncio.sleep(EVERY)
                now = asyncio.get_running_loop().time()
                # What was not told when its window ended ends with it.
                news = [(name, tally) for name, tally in self._untold.items() if now < tally.ends]
                self._untold = {}
                for at in range(0, len(news), TOGETHER):
                    await self._meet(dict(news[at : at + TOGETHER]))
        finally:
            self._telling = None

    async def _meet(self, tallies: dict[str, Tally]) -> None:
        """Tell Redis our hits of each, and learn of the others'."""
        news = {name: tally.mine - tally.told for name, tally in tallies.items()}
        for name, tally in tallies.items():
            tally.told += news[name]
        found = await broker.count(news, self.window)
        now = asyncio.get_running_loop().time()
        for name, tally in tallies.items():
            tally.away = found is None
            if found is None:
                tally.told -= news[name]
                continue
            total, left = found[name]
            tally.others = max(0, total - tally.told)
            tally.ends = min(tally.ends, now + left)
