"""Batching reads. Every one goes through `db.select` with the asker's scope: what may not be seen
is not found, here as everywhere.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from strawberry.dataloader import DataLoader
from tortoise.fields import JSONField
from tortoise.models import Model

from domain import db
from domain.actors import Scope
from domain.conversations.models import Conversation, Message
from domain.people.models import Grant

# An agent's name is the person's; everything else is in the row itself.
_COLUMNS: dict[type[Model], str] = {
    Grant: "t.*, (SELECT p.name FROM people p WHERE p.id = t.person_id) AS name"
}
Where = Sequence[tuple[str, Any]]
K = TypeVar("K")
T = TypeVar("T")


async def rows(
    scope: Scope, model: type[Model], where: Where, order: str = "t.id", limit: int | None = None
) -> list[db.Row]:
    """Visible rows with their JSON columns decoded."""
    found = await db.select(
        model, scope, where, order=order, limit=limit, columns=_COLUMNS.get(model, "t.*")
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

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._made: dict[Any, DataLoader[Any, Any]] = {}

    def one(self, model: type[Model]) -> DataLoader[UUID, db.Row | None]:
        """Rows by id; None for what is not there or not theirs to see."""

        async def load(ids: list[UUID]) -> list[db.Row | None]:
            return db.by_ids(await rows(self.scope, model, [("t.id = ANY({})", ids)]), ids)

        return self._once(("one", model), load)

    def many(
        self, model: type[Model], column: str, order: str = "t.id"
    ) -> DataLoader[UUID, list[db.Row]]:
        """All rows of a small relation, by the id in `column`."""

        async def load(ids: list[UUID]) -> list[list[db.Row]]:
            found: dict[UUID, list[db.Row]] = defaultdict(list)
            where = [(f"t.{column} = ANY({{}})", ids)]
            for row in await rows(self.scope, model, where, order):
                found[row[column]].append(row)
            return [found[id] for id in ids]

        return self._once(("many", model, column), load)

    @property
    def last_message(self) -> DataLoader[UUID, db.Row | None]:
        """The newest message of a conversation that may be seen."""

        async def load(ids: list[UUID]) -> list[db.Row | None]:
            found = await db.select(
                Message,
                self.scope,
                [("t.conversation_id = ANY({})", ids)],
                order="t.conversation_id, t.seq DESC",
                columns="DISTINCT ON (t.conversation_id) t.*",
            )
            return db.by_ids([decoded(Message, r) for r in found], ids, "conversation_id")

        return self._once("last_message", load)

    @property
    def channel_kind(self) -> DataLoader[UUID, str]:
        """The kind of the channel that a conversation came by."""

        async def load(ids: list[UUID]) -> list[str]:
            found = await db.select(
                Conversation,
                self.scope,
                [("t.id = ANY({})", ids)],
                columns="t.id, (SELECT c.kind FROM channels c WHERE c.id = t.channel_id) AS kind",
            )
            kinds = {row["id"]: str(row["kind"]) for row in found}
            return [kinds.get(id, "") for id in ids]

        return self._once("channel_kind", load)

    @property
    def load_of_agent(self) -> DataLoader[UUID, int]:
        """How many open conversations an agent has."""

        async def load(ids: list[UUID]) -> list[int]:
            found = await db.select(
                Conversation,
                self.scope,
                [("t.agent_id = ANY({})", ids), ("t.state = 'open'", ...)],
                order="t.agent_id",
                columns="DISTINCT ON (t.agent_id) t.agent_id, "
                "count(*) OVER (PARTITION BY t.agent_id) AS n",
            )
            counts = {row["agent_id"]: int(row["n"]) for row in found}
            return [counts.get(id, 0) for id in ids]

        return self._once("load_of_agent", load)

    def _once(self, key: Any, load: Callable[[list[Any]], Any]) -> DataLoader[Any, Any]:
        if key not in self._made:
            self._made[key] = SharedLoader(load, max_batch_size=500)
        return self._made[key]
