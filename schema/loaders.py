"""Batching reads. Every one goes through `db.select` with the asker's scope: what may not be seen
is not found, here as everywhere.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from strawberry.dataloader import DataLoader
from tortoise.fields import JSONField
from tortoise.models import Model

from domain import db, visibility
from domain.actors import Scope
from domain.events import Happened, histories

K = TypeVar("K")
T = TypeVar("T")


async def rows(
    scope: Scope,
    model: type[Model],
    where: visibility.Where,
    order: str = "t.id",
    limit: int | None = None,
    once: db.Once | None = None,
) -> list[db.Row]:
    """Visible rows with their JSON columns decoded."""
    found = await db.select(
        model,
        scope,
        where,
        order=order,
        limit=limit,
        columns=visibility.columns_of(model),
        once=once,
    )
    return [decoded(model, row) for row in found]


def decoded(model: type[Model], row: db.Row) -> db.Row:
    """The row with its JSON columns as values: the driver gives them as text."""
    for column in _json_columns(model):
        if isinstance(row.get(column), str):
            row[column] = orjson.loads(row[column])
    return row


@lru_cache(maxsize=64)
def _json_columns(model: type[Model]) -> tuple[str, ...]:
    fields = model._meta.fields_map
    return tuple(name for name, field in fields.items() if isinstance(field, JSONField))


class SharedLoader(DataLoader[K, T]):
    """A data loader whose answers survive one asker.

    When a field fails, graphql-core cancels its siblings. What such a sibling was waiting for is
    often awaited elsewhere in the same query as well, and must not be cancelled with it.
    """

    def load(self, key: K) -> Awaitable[T]:
        """The value of a key; cancelling this wait leaves the value to the others."""
        return asyncio.shield(super().load(key))


class Loaders:
    """The loaders of one execution. To look again, make fresh ones."""

    def __init__(self, scope: Scope, once: db.Once | None = None) -> None:
        self.scope, self.once = scope, once
        self._made: dict[Any, DataLoader[Any, Any]] = {}

    def one(self, model: type[Model]) -> DataLoader[UUID, db.Row | None]:
        """Rows by id; None for what is not there or not theirs to see."""

        async def load(ids: list[UUID]) -> list[db.Row | None]:
            where = [("t.id = ANY({})", ids)]
            return db.by_ids(await rows(self.scope, model, where, once=self.once), ids)

        return self._once(("one", model), load)

    def many(
        self, model: type[Model], column: str, order: str = "t.id", where: visibility.Where = ()
    ) -> DataLoader[UUID, list[db.Row]]:
        """All rows of a small relation, by the id in `column`."""

        async def load(ids: list[UUID]) -> list[list[db.Row]]:
            found: dict[UUID, list[db.Row]] = defaultdict(list)
            among = (f"t.{column} = ANY({{}})", ids)
            for row in await rows(self.scope, model, [among, *where], order):
                found[row[column]].append(row)
            return [found[id] for id in ids]

        return self._once(("many", model, column, order), load)

    def first(self, model: type[Model], column: str, order: str) -> DataLoader[UUID, Any]:
        """The first row of a relation, by the id in `column`; None where there is none."""

        async def load(ids: list[UUID]) -> list[db.Row | None]:
            found = await db.select(
                model,
                self.scope,
                [(f"t.{column} = ANY({{}})", ids)],
                order=f"t.{column}, {order}",
                columns=f"DISTINCT ON (t.{column}) {visibility.columns_of(model)}",
            )
            return db.by_ids([decoded(model, row) for row in found], ids, column)

        return self._once(("first", model, column), load)

    def history(self, column: str) -> DataLoader[UUID, list[Happened]]:
        """What happened to conversations or tickets, by the event's column; for staff."""

        async def load(ids: list[UUID]) -> list[list[Happened]]:
            found = await histories(self.scope.shop_id, column, ids)
            return [found.get(id, []) for id in ids]

        return self._once(("history", column), load)

    def _once(self, key: Any, load: Callable[[list[Any]], Any]) -> DataLoader[Any, Any]:
        if key not in self._made:
            self._made[key] = SharedLoader(load, max_batch_size=500)
        return self._made[key]
