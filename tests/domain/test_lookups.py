"""Connections kept for short look-ups: right under load, and new after any failure."""

from __future__ import annotations

import asyncio

import pytest

from domain import db, embedded


@pytest.fixture(autouse=True)
def on_the_stack(stack: embedded.Servers) -> None:
    """PostgreSQL is there."""


async def test_each_of_many_gets_its_own_answer_over_a_few_connections() -> None:
    query = "SELECT $1::int AS n, pg_backend_pid() AS pid"
    rows = await asyncio.gather(*(db.row(query, n) for n in range(50)))
    assert [row and row["n"] for row in rows] == [*range(50)]
    assert len({row["pid"] for row in rows if row}) <= 4
    assert await db.row("SELECT 1 WHERE FALSE") is None


async def test_the_answer_of_one_who_left_is_nobody_elses() -> None:
    lookups = db.Lookups(None, most=1)
    await lookups.row("SELECT 1", [])
    left = asyncio.create_task(lookups.row("SELECT 1 AS n, pg_sleep(30)", []))
    async with asyncio.timeout(5):
        while not lookups._free.empty():
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    left.cancel()
    async with asyncio.timeout(5):
        row = await lookups.row("SELECT 7 AS n", [])
    assert row is not None
    assert row["n"] == 7
    assert left.cancelled()
    await lookups.close()


async def test_a_lost_connection_is_replaced() -> None:
    lookups = db.Lookups(None, most=1)
    row = await lookups.row("SELECT pg_backend_pid() AS pid", [])
    assert row is not None
    await db.sql("SELECT pg_terminate_backend($1, 5000)", row["pid"])
    async with asyncio.timeout(5):
        while True:
            try:
                again = await lookups.row("SELECT pg_backend_pid() AS pid", [])
                break
            except db.Unreachable:
                await asyncio.sleep(0.01)
    assert again is not None
    assert again["pid"] != row["pid"]
    await lookups.close()


async def test_in_a_unit_of_work_its_own_changes_are_seen() -> None:
    query = "SELECT pg_backend_pid() AS pid"
    async with db.unit_of_work():
        assert await db.row(query) == (await db.sql(query))[0]
