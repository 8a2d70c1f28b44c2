"""What every noun with an id is: made from a row, named by an opaque id.

`One` and `Rows` say what a field will give before anything is read. graphql-core awaits them; a
compiled plan (schema/compiled) reads them itself, with all that is selected below, in one go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, cast
from uuid import UUID

import strawberry
from tortoise.models import Model

from domain import db, visibility
from domain.actors import Scope
from schema.context import Context
from schema.loaders import decoded, rows
from schema.scalars import opaque


@strawberry.interface(description="Anything that has an id of its own.")
class Node:
    """A row as its GraphQL type shows it.

    A type declares the columns it promises as plain fields and resolves what differs. The row
    itself is the object's `__dict__`, so that reading a column costs nothing.
    """

    @classmethod
    def of(cls, row: db.Row) -> Self:
        """The object of a row."""
        made = cls.__new__(cls)
        made.__dict__.update(row)
        made.__dict__["row_id"] = row["id"]
        return made

    @classmethod
    def maybe(cls, row: db.Row | None) -> Self | None:
        """The object of a row, if there is one."""
        return None if row is None else cls.of(row)

    @classmethod
    def of_model(cls, row: Model) -> Self:
        """The object of a model instance, as a verb gives it back."""
        columns = type(row)._meta.db_fields
        return cls.of(decoded(type(row), {name: getattr(row, name) for name in columns}))

    @classmethod
    def load_by(cls, context: Context, id: UUID | None) -> Awaitable[Self | None]:
        """The object of a key; None where there is none to see."""
        return One(cls, context, id)

    @classmethod
    async def shared_by(cls, context: Context, id: UUID | None) -> Self | None:
        """As `load_by`, for what an event is about: read once for all who are told of it."""
        if context.once is None or id is None:
            return await cls.load_by(context, id)
        return cls.maybe(await context.once.row(context.scope, cls.model(), id))

    @classmethod
    def model(cls) -> type[Model]:
        """The table behind the type."""
        raise NotImplementedError

    @strawberry.field(description="Opaque and stable.")
    def id(self) -> strawberry.ID:
        """The opaque id."""
        return opaque(type(self).__name__, self.pk)

    @property
    def pk(self) -> UUID:
        """The key of the row."""
        key: UUID = self.__dict__["row_id"]
        return key

    def column(self, name: str) -> Any:
        """A column of the row that the type does not promise as it is."""
        return self.__dict__[name]


N = TypeVar("N", bound=Node)
T = TypeVar("T")


def later(promised: Awaitable[T]) -> T:
    """What a resolver gives without awaiting it, in the type that it promises."""
    return cast("T", promised)


@dataclass(frozen=True, slots=True)
class One(Generic[N]):
    """The node of a key, if there is one to see."""

    type: type[N]
    context: Context
    id: UUID | None

    def __await__(self) -> Generator[Any, None, N | None]:
        return self._load().__await__()

    async def _load(self) -> N | None:
        if self.id is None:
            return None
        return self.type.maybe(await self.context.loaders.one(self.type.model()).load(self.id))


@dataclass(frozen=True, slots=True)
class Rows(Generic[N]):
    """The nodes of all visible rows that fulfil `where`, at most `limit`."""

    type: type[N]
    scope: Scope
    where: visibility.Where = ()
    order: str = "t.id"
    limit: int | None = None

    def __await__(self) -> Generator[Any, None, list[N]]:
        return self._load().__await__()

    async def _load(self) -> list[N]:
        found = await rows(self.scope, self.type.model(), self.where, self.order, self.limit)
        return [self.type.of(row) for row in found]


@dataclass(frozen=True, slots=True)
class FirstOf(Generic[N]):
    """The first of `rows`, if there is one."""

    rows: Rows[N]

    def __await__(self) -> Generator[Any, None, N | None]:
        return self._load().__await__()

    async def _load(self) -> N | None:
        found = await self.rows
        return found[0] if found else None
