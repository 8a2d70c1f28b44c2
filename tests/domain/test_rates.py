"""How often somebody asks: exact in one process, brought together between several."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from domain import broker, embedded
from domain.rates import Rates


@pytest.fixture
def caller(stack: embedded.Servers) -> str:
    """Somebody who has never asked."""
    return f"rate:test:{secrets.token_hex(8)}"


@pytest.fixture
async def away(stack: embedded.Servers) -> AsyncIterator[None]:
    """Redis is not there, until this test or its end brings it back."""
    await broker.close()
    broker.connect("redis://127.0.0.1:1")
    yield
    await broker.close()
    broker.connect(stack.redis_url)


async def _counted(name: str, number: int) -> None:
    """Wait until Redis knows of so many."""
    async with asyncio.timeout(5):
        while await broker.peek(name) < number:
            await asyncio.sleep(0.01)


async def test_one_process_counts_each_hit_once_even_those_that_come_together(caller: str) -> None:
    rates = Rates(60)
    assert sorted(await asyncio.gather(*(rates.hit(caller) for _ in range(20)))) == [*range(1, 21)]
    assert await rates.hit(caller) == 21
    await _counted(caller, 21)
    assert await broker.peek(caller) == 21


async def test_whoever_is_known_is_counted_without_waiting_as_anybody_else_is(caller: str) -> None:
    rates = Rates(60)
    assert rates.hit_at_once(caller) is None
    assert await rates.hit(caller) == 1
    assert [rates.hit_at_once(caller), await rates.hit(caller), rates.hit_at_once(caller)] == [
        2, 3, 4,
    ]  # fmt: skip
    await _counted(caller, 4)
    over = Rates(0)
    assert await over.hit(caller) > 0
    assert over.hit_at_once(caller) is None


async def test_two_processes_learn_of_each_other(caller: str) -> None:
    here, there = Rates(60), Rates(60)
    assert [await here.hit(caller) for _ in range(5)] == [1, 2, 3, 4, 5]
    await _counted(caller, 5)
    assert await there.hit(caller) == 6
    hits = 6
    async with asyncio.timeout(5):
        while await here.hit(caller) != hits + 1:
            hits += 1
            await asyncio.sleep(0.01)
    await _counted(caller, hits + 1)
    assert await broker.peek(caller) == hits + 1


async def test_hits_are_told_though_nobody_asks_again(caller: str) -> None:
    rates = Rates(60)
    await rates.hit(caller)
    assert await rates.hit(caller) == 2
    await _counted(caller, 2)


async def test_a_thousand_hits_are_a_few_questions(caller: str) -> None:
    async def asked() -> int:
        return int((await broker.redis().info("commandstats"))["cmdstat_incrby"]["calls"])

    rates = Rates(60)
    await rates.hit(caller)
    before = await asked()
    for _ in range(1000):
        await rates.hit(caller)
    await _counted(caller, 1001)
    assert await asked() - before < 50


async def test_a_new_window_begins_at_one(caller: str) -> None:
    rates = Rates(1)
    assert [await rates.hit(caller) for _ in range(3)] == [1, 2, 3]
    async with asyncio.timeout(10):
        while await rates.hit(caller) != 1:
            await asyncio.sleep(0.3)


async def test_a_process_joins_the_window_of_the_others(caller: str) -> None:
    await Rates(1).hit(caller)
    late = Rates(60)
    assert await late.hit(caller) == 2
    async with asyncio.timeout(5):
        while await late.hit(caller) != 1:
            await asyncio.sleep(0.3)


async def test_without_redis_nobody_is_counted_and_later_everybody(
    caller: str, away: None, stack: embedded.Servers
) -> None:
    rates = Rates(60)
    assert [await rates.hit(caller) for _ in range(5)] == [0] * 5
    await broker.close()
    broker.connect(stack.redis_url)
    async with asyncio.timeout(5):
        while (number := await rates.hit(caller)) == 0:
            await asyncio.sleep(0.01)
    assert number > 5


async def test_only_so_many_callers_are_kept_and_the_forgotten_are_still_known(
    caller: str,
) -> None:
    rates = Rates(60, most=10)
    assert await rates.hit(caller) == 1
    for n in range(50):
        await rates.hit(f"{caller}:{n}")
    assert len(rates._tallies) == 10
    assert await rates.hit(caller) == 2


async def test_whoever_goes_away_does_not_take_the_count_with_them(caller: str) -> None:
    rates = Rates(60)
    gone = asyncio.create_task(rates.hit(caller))
    await asyncio.sleep(0)
    gone.cancel()
    assert await rates.hit(caller) == 2
