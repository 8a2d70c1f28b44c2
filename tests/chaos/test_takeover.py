"""Two workers: when the one that gives positions dies, the other takes office."""

from __future__ import annotations

import asyncio
import re
import time

import httpx

from api.talk.door import Door
from bench.installation import WORKER, Installation, kill
from tests.chaos.crowd import Shopper
from tests.chaos.truth import settled

IN_OFFICE = 2.0  # seconds
_OFFICE = re.compile(r"sequencer\.took_office\W.*?\bterm\W+(\d+)")


def _terms(here: Installation) -> dict[int, int]:
    """The terms of office that the living workers' logs tell of: term -> process id."""
    return {
        int(term): pid
        for pid in here.children(WORKER)
        for term in _OFFICE.findall(here.log_of(pid).read_text())
    }


async def _term(here: Installation) -> int:
    async with here.database() as connection:
        return int(await connection.fetchval("SELECT term FROM sequence"))


async def test_the_other_worker_is_in_office_within_two_seconds(
    here: Installation, http: httpx.AsyncClient
) -> None:
    term = await _term(here)
    holder = _terms(here)[term]
    (other,) = set(here.children(WORKER)) - {holder}
    shopper = Shopper(Door(http))
    await shopper.door.enter()
    await asyncio.to_thread(kill, holder)
    struck = time.monotonic()
    async with here.database() as connection:
        while await connection.fetchval("SELECT term FROM sequence") == term:
            assert time.monotonic() - struck < IN_OFFICE
            await asyncio.sleep(0.01)
        took = time.monotonic() - struck
        await shopper.say("卡密无效")
        said = time.monotonic()
        while not await connection.fetchval(
            "SELECT position FROM events WHERE kind = 'MessageReceived' "
            "AND customer_ids @> ARRAY[$1::uuid]",
            shopper.id,
        ):
            assert time.monotonic() - said < IN_OFFICE
            await asyncio.sleep(0.01)
    assert _terms(here)[await _term(here)] == other
    await settled(here)
    print(f"in office after {took:.2f} s")
