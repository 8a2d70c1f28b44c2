"""Units of work: one that could not begin leaves nothing behind in its task."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from tortoise import connections

from domain import db
from domain.settings import settings


@pytest.mark.parametrize("failure", [asyncpg.ConnectionDoesNotExistError, asyncio.CancelledError])
async def test_a_task_whose_transaction_could_not_begin_can_begin_the_next(
    stack: object, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    async def broken(begun: Transaction) -> None:
        if failure is not asyncio.CancelledError:
            begun._connection.terminate()
        raise failure

    pool = connections.get("default")
    # More often than there are connections: each must come back to the pool.
    for _ in range(settings().database_pool + 2):
        with monkeypatch.context() as patch:
            patch.setattr(Transaction, "start", broken)
            with pytest.raises(failure):
                async with db.unit_of_work():
                    pytest.fail("it did not begin")
        # Not the connection that was to begin: outside of a unit it is anybody's.
        assert connections.get("default") is pool
        async with asyncio.timeout(5), db.unit_of_work():
            assert await db.sql("SELECT 1 AS one") == [{"one": 1}]


async def test_a_task_whose_transaction_could_not_end_can_begin_the_next(
    stack: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(begun: Transaction) -> None:
        begun._connection.terminate()
        raise asyncpg.InterfaceError("the connection is closed")

    for _ in range(settings().database_pool + 2):
        with monkeypatch.context() as patch:
            patch.setattr(Transaction, "commit", broken)
            with pytest.raises(asyncpg.InterfaceError):
                async with db.unit_of_work():
                    await db.sql("SELECT 1 AS one")
        assert await db.sql("SELECT 1 AS one") == [{"one": 1}]
