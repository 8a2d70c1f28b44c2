"""What many tell of the same event, looked up once."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any
from uuid import UUID

from tortoise.models import Model

from domain import db, visibility
from domain.actors import Scope
from schema.loaders import rows


class Moment(db.Once):
    """The moment of one event: a row is read once for all whose scopes see its table alike.

    What is read belongs to all of them: nobody changes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[tuple[Any, ...], asyncio.Task[db.Row | None]] = {}

    async def row(self, scope: Scope, model: type[Model], id: UUID) -> db.Row | None:
        """A row by id; None for what is not there or not theirs to see. Raises what `rows` does."""
        key = (id, *_sight(model, scope))
        task = self._rows.get(key)
        if task is None:
            task = self._rows[key] = asyncio.ensure_future(_row(scope, model, id))
        # Most come when it is there already, and need not wait for their turn.
        return task.result() if task.done() else await asyncio.shield(task)


async def _row(scope: Scope, model: type[Model], id: UUID) -> db.Row | None:
    return next(iter(await rows(scope, model, [("t.id = {}", id)])), None)


@lru_cache(maxsize=4096)
def _sight(model: type[Model], scope: Scope) -> tuple[Any, ...]:
    """All that decides what a scope sees of a table: where from, the condition, their values."""
    values: list[Any] = []
    table = visibility.source(model, scope, values)
    return table, visibility.condition(model, scope, values), *values
