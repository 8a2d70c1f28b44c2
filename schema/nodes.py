"""What every noun with an id is: made from a row, named by an opaque id."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

import strawberry
from tortoise.models import Model

from domain import db
from schema.context import Context
from schema.loaders import decoded
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
    async def load_by(cls, context: Context, id: UUID | None) -> Self | None:
        """The object of a key; None where there is none to see."""
        if id is None:
            return None
        return cls.maybe(await context.loaders.one(cls.model()).load(id))

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
