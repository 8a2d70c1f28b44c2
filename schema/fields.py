"""How a field of a type is read, said once: what graphql-core resolves and what a plan compiles.

A plain attribute of a type is the column of that name. Everything else is declared with one of the
functions here, which make a Strawberry field and leave, in its metadata, how to read it:

    customer: Customer | None = related("Whom it is for.")
    cards: list[Card] = many("The cards it was given.", models.Card, "order_id")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryContainer
from strawberry.types.lazy_type import LazyType
from tortoise.models import Model

from domain import db
from schema.context import Info
from schema.nodes import Node
from schema.paging import After, Before, First, Last, Order, Page, page

READ = "read"


@dataclass(frozen=True, slots=True)
class Related:
    """One other row, whose key is in a column of this one; by default `<field>_id`."""

    column: str | None = None


@dataclass(frozen=True, slots=True)
class Foremost:
    """The first of the rows whose `key` column holds this row's id, in an order."""

    key: str
    order: str


@dataclass(frozen=True, slots=True)
class Many:
    """All rows of a small relation. `link` is a table between, with its column of theirs."""

    model: type[Model]
    key: str
    order: str = "t.id"
    where: tuple[tuple[Any, ...], ...] = ()
    link: tuple[type[Model], str] | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """A connection of the rows whose `key` column holds this row's id."""

    key: str
    order: Order


@dataclass(frozen=True, slots=True)
class History:
    """Events that name this row in a column."""

    column: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived column, which rows that a verb gives back do not have yet."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value made of columns: `make(context, *columns, **arguments)`."""

    columns: tuple[str, ...]
    make: Callable[..., Any]


Reading: TypeAlias = Related | Foremost | Many | Pages | History | Derived | Computed


def related(description: str, column: str | None = None) -> Any:
    """A field that is the one other row a column names; null where it is not to be seen."""
    read = Related(column)

    async def resolve(self: Any, info: Info) -> Any:
        id = self.column(read.column or f"{info.python_name}_id")
        return await type_of(info.return_type).load_by(info.context, id)

    return _field(resolve, description, read)


def foremost(description: str, key: str, order: str) -> Any:
    """A field that is the first row of a relation; null where there is none."""

    async def resolve(self: Any, info: Info) -> Any:
        kind = type_of(info.return_type)
        return kind.maybe(await info.context.loaders.first(kind.model(), key, order).load(self.pk))

    return _field(resolve, description, Foremost(key, order))


def many(
    description: str,
    model: type[Model],
    key: str,
    order: str = "t.id",
    where: tuple[tuple[Any, ...], ...] = (),
    extensions: tuple[FieldExtension, ...] = (),
) -> Any:
    """A field that is a whole small relation."""

    async def resolve(self: Any, info: Info) -> Any:
        found = await info.context.loaders.many(model, key, order, where).load(self.pk)
        kind = type_of(info.return_type)
        return [made(kind, row) for row in found]

    return _field(resolve, description, Many(model, key, order, where), extensions)


def through(
    description: str,
    link: type[Model],
    mine: str,
    theirs: str,
    model: type[Model],
    where: tuple[tuple[Any, ...], ...] = (),
) -> Any:
    """A field that is the rows on the other side of a table between."""

    async def resolve(self: Any, info: Info) -> Any:
        loaders, kind = info.context.loaders, type_of(info.return_type)
        links = await loaders.many(link, mine).load(self.pk)
        keys = [row[theirs] for row in links]
        found = await loaders.many(model, "id", "t.id", where).load_many(keys)
        return [kind.of(row) for rows in found for row in rows]

    read = Many(model, mine, "link.id", where, (link, theirs))
    return _field(resolve, description, read)


def pages(description: str, key: str, order: Order) -> Any:
    """A field that is a connection: the rows whose `key` holds this row's id."""

    def resolve(
        self: Any,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        wanted = Page.wanted(first, after, last, before)
        kind = node_of(info.return_type)
        where = [(f"t.{key} = {{}}", self.pk)]
        return page(info.context.scope, kind, where, order, wanted)

    return _field(resolve, description, Pages(key, order))


def derived(description: str, extensions: tuple[FieldExtension, ...] = ()) -> Any:
    """A field that is a derived column of its table (domain/visibility.py)."""

    async def resolve(self: Any, info: Info) -> Any:
        if info.python_name not in self.__dict__:
            row = await info.context.loaders.one(self.model()).load(self.pk)
            return row and row[info.python_name]
        return self.column(info.python_name)

    return _field(resolve, description, Derived(), extensions)


def type_of(annotated: Any) -> Any:
    """The Strawberry type in an annotation: of a list's or an optional's item, loaded if lazy."""
    while True:
        if isinstance(annotated, LazyType):
            annotated = annotated.resolve_type()
        elif isinstance(annotated, StrawberryContainer):
            annotated = annotated.of_type
        else:
            return annotated


def node_of(connection: Any) -> Any:
    """The type of the nodes of a connection's type."""
    bound = type_of(connection).__strawberry_definition__.type_var_map
    return type_of(next(iter(bound.values())))


def made(kind: Any, row: db.Row) -> Any:
    """The object of a row: a node, or a plain type whose fields are columns."""
    if issubclass(kind, Node):
        return kind.of(row)
    names = [field.python_name for field in kind.__strawberry_definition__.fields]
    return kind(**{name: row[name] for name in names})


def _field(
    resolve: Callable[..., Any],
    description: str,
    read: Reading,
    extensions: tuple[FieldExtension, ...] = (),
) -> Any:
    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={READ: read},
        extensions=list(extensions),
    )
