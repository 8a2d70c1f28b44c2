"""Lists in pages, as Relay has them: by keys, not offsets, so that nothing is skipped or repeated
when rows come and go between two pages.

A cursor holds the order's name and the row's keys; it is opaque, and one of another order is a bad
cursor. `first` or `last` is at most 100; the default is the first 20.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar, cast
from uuid import UUID

import orjson
import strawberry

from domain import db, visibility
from domain.actors import Scope
from domain.errors import BadCursor, Invalid
from schema.loaders import rows
from schema.nodes import Node

MOST = 100
DEFAULT = 20
T = TypeVar("T")
N = TypeVar("N", bound=Node)

First = Annotated[int | None, strawberry.argument(description="How many, at most 100.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end.")]
After = Annotated[str | None, strawberry.argument(description="Begin after this cursor.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An item with its place in the list.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str
    node: T


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection; `nodes` is a shortcut, `totalCount` is counted only when asked for."""

    edges: list[Edge[T]]
    page_info: PageInfo
    counting: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The items of this page without their cursors.")
    def nodes(self) -> list[T]:
        """The items of the page."""
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many there are in all, over all pages.")
    async def total_count(self) -> int:
        """The length of the whole list."""
        return await self.counting()


@dataclass(frozen=True, slots=True)
class Key:
    """A column to order by: its SQL name, its type, its direction."""

    column: str
    type: type[datetime] | type[int] | type[UUID]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows: its last key is the id."""

    name: str
    keys: tuple[Key, ...]

    def sql(self, backwards: bool) -> str:
        """ORDER BY, in this order or the opposite."""
        return ", ".join(
            f"t.{key.column}{' DESC' if key.descending != backwards else ''}" for key in self.keys
        )

    def beyond(self, cursor: str, field: str, backwards: bool) -> tuple[Any, ...]:
        """The condition of rows behind a cursor: (a < x) OR (a = x AND b < y) OR ...

        The bound on the first key stands alone as well, for the index. Raises BadCursor.
        """
        values = _read(self, cursor, field)
        first = self.keys[0]
        terms, given = [], [values[0]]
        for n, key in enumerate(self.keys):
            same = [f"t.{before.column} = {_PLACES[before.type]}" for before in self.keys[:n]]
            behind = f"t.{key.column} {_sign(key, backwards)} {_PLACES[key.type]}"
            terms.append(" AND ".join([*same, behind]))
            given += values[: n + 1]
        bound = f"t.{first.column} {_sign(first, backwards)}= {_PLACES[first.type]}"
        return f"{bound} AND ({' OR '.join(f'({term})' for term in terms)})", *given

    def cursor(self, values: Sequence[Any]) -> str:
        """The opaque place of a row, by the values of the keys."""
        raw = orjson.dumps([self.name, *values], default=str)
        return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted, checked."""

    size: int
    backwards: bool
    after: str | None
    before: str | None

    @classmethod
    def wanted(
        cls, first: int | None, after: str | None, last: int | None, before: str | None
    ) -> Page:
        """The page that these arguments ask for. Raises Invalid for impossible ones."""
        if first is not None and last is not None:
            raise Invalid(field="last", hint="first or last, not both")
        size = first if first is not None else last if last is not None else DEFAULT
        if not 0 <= size <= MOST:
            name = "first" if first is not None else "last"
            raise Invalid(field=name, hint=f"0 to {MOST}")
        return cls(size, last is not None, after, before)

    def cut(self, found: list[T]) -> tuple[list[T], bool]:
        """The rows of the page in the list's order, of those read; and whether there are more."""
        more = len(found) > self.size
        found = found[: self.size]
        if self.backwards:
            found.reverse()
        return found, more

    def has_next(self, more: bool) -> bool:
        """Whether something follows the page, where `more` was found in its direction."""
        return self.before is not None if self.backwards else more

    def has_previous(self, more: bool) -> bool:
        """Whether something comes before the page."""
        return more if self.backwards else self.after is not None


@dataclass(frozen=True, slots=True)
class Listing(Generic[N]):
    """A page that is wanted, before it is read; `bounds` is where `where` is cut off by cursors.

    graphql-core awaits it; a compiled plan reads it itself.
    """

    type: type[N]
    scope: Scope
    where: visibility.Where
    bounds: visibility.Where
    order: Order
    wanted: Page

    def __await__(self) -> Generator[Any, None, Connection[N]]:
        return self._load().__await__()

    async def _load(self) -> Connection[N]:
        model, wanted = self.type.model(), self.wanted
        found = await rows(
            self.scope,
            model,
            [*self.where, *self.bounds],
            self.order.sql(wanted.backwards),
            wanted.size + 1,
        )
        found, more = wanted.cut(found)
        keys = [key.column for key in self.order.keys]
        edges = [
            Edge(cursor=self.order.cursor([row[key] for key in keys]), node=self.type.of(row))
            for row in found
        ]
        return Connection(
            edges=edges,
            page_info=_info(edges, more, wanted),
            counting=lambda: db.count(model, self.scope, self.where),
        )


def page(
    scope: Scope, make: type[N], where: visibility.Where, order: Order, wanted: Page
) -> Connection[N]:
    """One page of the visible rows of a type in `order`: a promise of it. Raises BadCursor."""
    bounds = order_bounds(order, wanted)
    return cast("Connection[N]", Listing(make, scope, where, bounds, order, wanted))


def order_bounds(order: Order, wanted: Page) -> list[tuple[Any, ...]]:
    """The conditions of a page's cursors. Raises BadCursor."""
    bounds = []
    if wanted.after is not None:
        bounds.append(order.beyond(wanted.after, "after", False))
    if wanted.before is not None:
        bounds.append(order.beyond(wanted.before, "before", True))
    return bounds


def best(make: type[N], order: Order, found: list[db.Row]) -> Connection[N]:
    """The one page of a search, best first: a search has no further pages."""
    edges = [
        Edge(cursor=order.cursor([row[key.column] for key in order.keys]), node=make.of(row))
        for row in found
    ]

    async def counted() -> int:
        return len(edges)

    whole = Page(len(edges), False, None, None)
    return Connection(edges=edges, page_info=_info(edges, False, whole), counting=counted)


def _info(edges: list[Edge[N]], more: bool, wanted: Page) -> PageInfo:
    return PageInfo(
        has_next_page=wanted.has_next(more),
        has_previous_page=wanted.has_previous(more),
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )


def _read(order: Order, cursor: str, field: str) -> list[Any]:
    """The typed keys in a cursor of this order. Raises BadCursor for anything else."""
    try:
        name, *values = orjson.loads(urlsafe_b64decode(cursor[:1024] + "=" * (-len(cursor) % 4)))
        if name != order.name or len(values) != len(order.keys):
            raise ValueError(name)
        return [_typed(key.type, value) for key, value in zip(order.keys, values, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise BadCursor(field=field) from None


def _typed(type: type[Any], value: Any) -> Any:
    if type is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)
    if type is int:
        if not isinstance(value, int) or abs(value) > 2**31:
            raise ValueError(value)
        return value
    return UUID(value)


_PLACES = {datetime: "{}::timestamptz", int: "{}::bigint", UUID: "{}::uuid"}


def _sign(key: Key, backwards: bool) -> str:
    return "<" if key.descending != backwards else ">"
