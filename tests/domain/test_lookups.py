"""Short look-ups: connections kept for them, and one statement for many who ask at once."""

from __future__ import annotations

import asyncio

import pytest

from domain import db, embedded
from domain.connections import Kept
from domain.gathered import FLIGHTS, Gathered


@pytest.fixture(autouse=True)
def on_the_stack(stack: embedded.Servers) -> None:
    """PostgreSQL is there."""


async def test_the_answer_of_one_who_left_is_nobody_elses() -> None:
    lookups = Kept(None, most=1)
    await lookups.rows("SELECT 1", [])
    left = asyncio.create_task(lookups.rows("SELECT 1 AS n, pg_sleep(30)", []))
    async with asyncio.timeout(5):
        while not lookups._free.empty():
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    left.cancel()
    async with asyncio.timeout(5):
        (row,) = await lookups.rows("SELECT 7 AS n", [])
    assert row["n"] == 7
    assert left.cancelled()
    await lookups.close()


async def test_a_lost_connection_is_replaced() -> None:
    lookups = Kept(None, most=1)
    (row,) = await lookups.rows("SELECT pg_backend_pid() AS pid", [])
    await db.sql("SELECT pg_terminate_backend($1, 5000)", row["pid"])
    async with asyncio.timeout(5):
        while True:
            try:
                (again,) = await lookups.rows("SELECT pg_backend_pid() AS pid", [])
                break
            except db.Unreachable:
                await asyncio.sleep(0.01)
    assert again["pid"] != row["pid"]
    await lookups.close()


# Of several at once

WHICH = "SELECT key, txid_current()::text AS of FROM unnest($1::text[]) key WHERE key <> 'none'"


async def test_each_of_many_gets_its_own_answer_in_a_few_statements() -> None:
    gathered = Gathered(WHICH)
    rows = await asyncio.gather(*(gathered.find(str(n % 40)) for n in range(80)))
    assert [row and row["key"] for row in rows] == [str(n % 40) for n in range(80)]
    assert len({row["of"] for row in rows if row}) <= FLIGHTS
    assert await gathered.find("none") is None


async def test_nobody_is_told_what_was_read_before_they_asked() -> None:
    gathered = Gathered("SELECT key, clock_timestamp() AS read FROM unnest($1::text[]) key")
    first = asyncio.create_task(gathered.find("a"))
    while not gathered._flights:
        await asyncio.sleep(0)
    while gathered._waiting:
        await asyncio.sleep(0)
    (row,) = await db.sql("SELECT clock_timestamp() AS asked")
    second = await gathered.find("a")
    assert second is not None
    assert second["read"] > row["asked"]
    await first


async def test_one_who_leaves_takes_nothing_from_the_others() -> None:
    gathered = Gathered(WHICH)
    left, stays = (asyncio.create_task(gathered.find("a")) for _ in range(2))
    await asyncio.sleep(0)
    left.cancel()
    row = await stays
    assert row is not None
    assert row["key"] == "a"
    assert left.cancelled()


async def test_a_failure_is_told_to_all_who_asked_and_to_nobody_after_them() -> None:
    gathered = Gathered("SELECT key, 1 / (key <> 'bad')::int AS one FROM unnest($1::text[]) key")
    asked = asyncio.gather(gathered.find("bad"), gathered.find("good"), return_exceptions=True)
    assert [type(told).__name__ for told in await asked] == ["DivisionByZeroError"] * 2
    assert await gathered.find("good")


async def test_in_a_unit_of_work_its_own_changes_are_seen() -> None:
    gathered = Gathered("SELECT key, pg_backend_pid() AS pid FROM unnest($1::text[]) key")
    async with db.unit_of_work():
        row = await gathered.find("a")
        assert row is not None
        assert [row["pid"]] == [r["pid"] for r in await db.sql("SELECT pg_backend_pid() AS pid")]
