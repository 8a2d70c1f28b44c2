"""What one statement reads and what hangs on it, while a plan is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, get_named_type
from graphql.execution.collect_fields import FieldDetails
from tortoise.models import Model

from domain.rendering import Projection
from schema.compiled.leaves import Unknown, bare
from schema.compiled.shapes import Member, model_of
from schema.fields import Foremost, History, Many, Pages, Related

Details: TypeAlias = list[FieldDetails]
"""Where a field is selected, once or more often."""


@dataclass(eq=False, slots=True)
class Reader:
    """What one statement reads, what hangs on its rows, and the name of the function over them."""

    projection: Projection
    of_each: bool = False
    children: list[Child] = field(default_factory=list)

    def written(self, sql: str) -> int:
        """The place of an expression in a row."""
        return self.projection.place_of(sql) + self.of_each

    def at(self, alias: str, column: str, cast: str = "") -> int:
        """The place of a column in a row; in rows of each parent the parent's id comes first."""
        return self.projection.place(alias, column, cast) + self.of_each


@dataclass(eq=False, slots=True)
class Child:
    """A to-many relation: the parent's id is at `at`, its rows go to slot `slot`."""

    read: Many | Pages | History
    at: int
    slot: int
    reader: Reader
    arguments: int = -1
    wants: Wants | None = None


@dataclass(slots=True)
class Wants:
    """What of a connection is selected beside its rows: cursors of each row, or of its ends."""

    total: bool = False
    cursors: bool = False
    ends: bool = False


@dataclass(eq=False, slots=True)
class Arguments:
    """A field whose arguments are looked up per request, and their slot."""

    slot: int
    member: Member
    details: FieldDetails


def type_is_plain(field: Any, promise: GraphQLOutputType) -> bool:
    """Whether the driver's value of a column is what orjson writes, with nothing to look at."""
    if isinstance(promise, GraphQLNonNull) and field.null:
        return False
    return str(getattr(bare(promise), "name", "")) in _PLAIN.get(type(field).__name__, ())


# By the column's type. A moment is written by orjson as isoformat() writes it in UTC.
_PLAIN = {
    "CharField": ("String",),
    "TextField": ("String",),
    "BooleanField": ("Boolean",),
    "SmallIntField": ("Int",),
    "IntField": ("Int",),
    "IntegerField": ("Int",),
    "DatetimeField": ("DateTime",),
}


def join_of(
    projection: Projection, member: Member, read: Related | Foremost, alias: str
) -> tuple[str, type[Model]]:
    """The alias and the table of a to-one row of `alias`, joined unless it is already."""
    model = table_of(object_of(member.promise.type))
    if isinstance(read, Related):
        column = read.column or f"{member.field.python_name}_id"
        return projection.join(model, alias, column), model
    return projection.join(model, alias, read.key, read.order), model


def node_type(connection: GraphQLObjectType) -> GraphQLObjectType:
    """The type of a connection's nodes."""
    return object_of(connection.fields["nodes"].type)


def object_of(type: GraphQLOutputType) -> GraphQLObjectType:
    """The object type in a type. Raises Unknown for any other kind."""
    found = get_named_type(type)
    if not isinstance(found, GraphQLObjectType):
        raise Unknown(found.name)
    return found


def table_of(type: GraphQLObjectType) -> type[Model]:
    """The table of a node's type. Raises Unknown where there is none."""
    found = model_of(type)
    if found is None:
        raise Unknown(type.name)
    return found
