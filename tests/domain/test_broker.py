"""Redis is asked by tasks that may be told to stop at any moment."""

from __future__ import annotations

import asyncio

import pytest

from domain import broker, embedded


@pytest.fixture(autouse=True)
def on_the_stack(stack: embedded.Servers) -> None:
    """Redis is there."""


async def _ask_for_ever() -> None:
    while True:
        await broker.redis().ping()


async def test_whoever_is_told_to_stop_stops_in_whatever_moment_of_a_command() -> None:
    for turns in range(60):
        asking = asyncio.create_task(_ask_for_ever())
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        done, _ = await asyncio.wait({asking}, timeout=2)
        asking.cancel()
        assert done, f"cancelled after {turns} turns of the loop, it goes on"


async def test_after_one_who_stopped_others_get_their_own_answers() -> None:
    for turns in range(30):
        asking = asyncio.create_task(_ask_for_ever())
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        assert await broker.redis().echo(f"{turns}") == f"{turns}".encode()
