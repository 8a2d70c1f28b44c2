"""Twenty messages a second, and something is killed: no message is lost, none answered twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from redis.asyncio import Redis

from bench.installation import API, POSTGRES, REDIS, WORKER, Installation, kill
from tests.chaos.crowd import gather
from tests.chaos.follower import Follower
from tests.chaos.truth import holds, settled

RATE, SHOPPERS = 20.0, 8


async def _kill(here: Installation, words: str) -> None:
    await asyncio.to_thread(kill, here.children(words)[0])


async def _flush(here: Installation) -> None:
    client = Redis.from_url(here.published.redis_url)
    await client.flushall()
    await client.aclose()


async def _storm(
    here: Installation,
    http: httpx.AsyncClient,
    cookie: str,
    blow: Callable[[], Awaitable[None]],
    seconds: float = 5.0,
    blows: int = 1,
) -> Follower:
    """Talk, strike in the middle (several times: evenly), wait for the end, look at all of it."""
    crowd = await gather(http, SHOPPERS, RATE)
    async with Follower(here.url, cookie) as follower, crowd.listening():
        talk = asyncio.create_task(crowd.talk(seconds))
        for number in range(1, blows + 1):
            while crowd.acknowledged < RATE * seconds * number / (blows + 1):
                assert not talk.done(), talk.exception()
                await asyncio.sleep(0.01)
            await blow()
        await talk
        await settled(here, 20.0 * blows)
        await holds(here, crowd, follower)
    print(f"slowest acknowledgement {max(s.slowest for s in crowd.shoppers):.2f} s")
    return follower


async def test_a_worker_is_killed(here: Installation, http: httpx.AsyncClient, cookie: str) -> None:
    follower = await _storm(here, http, cookie, lambda: _kill(here, WORKER))
    assert follower.resyncs == []


async def test_the_api_is_killed(here: Installation, http: httpx.AsyncClient, cookie: str) -> None:
    follower = await _storm(here, http, cookie, lambda: _kill(here, API))
    assert follower.greetings > 1
    assert follower.resyncs == []


async def test_postgresql_is_killed(
    here: Installation, http: httpx.AsyncClient, cookie: str
) -> None:
    await _storm(here, http, cookie, lambda: _kill(here, POSTGRES))


async def test_redis_is_killed(here: Installation, http: httpx.AsyncClient, cookie: str) -> None:
    follower = await _storm(here, http, cookie, lambda: _kill(here, REDIS))
    assert follower.resyncs == []


async def test_redis_is_emptied(here: Installation, http: httpx.AsyncClient, cookie: str) -> None:
    follower = await _storm(here, http, cookie, lambda: _flush(here))
    assert follower.resyncs == []


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("words", [WORKER, API, POSTGRES, REDIS])
async def test_it_is_killed_four_times(
    words: str, here: Installation, http: httpx.AsyncClient, cookie: str
) -> None:
    await _storm(here, http, cookie, lambda: _kill(here, words), seconds=60, blows=4)


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_redis_is_emptied_ten_times(
    here: Installation, http: httpx.AsyncClient, cookie: str
) -> None:
    follower = await _storm(here, http, cookie, lambda: _flush(here), seconds=40, blows=10)
    assert follower.resyncs == []
