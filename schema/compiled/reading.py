"""Rows are fetched, and what hangs on them: one statement for each level of to-many relations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from graphql import GraphQLError
from graphql.execution.values import VariableValues, get_argument_values

from domain import db, rendering
from domain.actors import Scope
from domain.errors import DomainError
from domain.events import histories
from domain.rendering import Projection, Statement
from schema.compiled.leaves import Unknown
from schema.compiled.readers import Arguments, Child, Reader, Wants
from schema.context import Context
from schema.conversations.types import Event
from schema.fields import History, Many, Pages
from schema.nodes import Rows
from schema.paging import Listing, Order, Page, order_bounds

Rendered = Callable[..., Statement]


@dataclass(slots=True)
class PageOf:
    """The rows of one page, and what is told about it."""

    rows: Sequence[Any] = ()
    has_next: bool = False
    has_previous: bool = False
    total: int = 0
    cursor: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """A scope by its kind: statements are alike for all scopes of one kind."""

    kind: Any
    scope: Scope = field(compare=False)


@lru_cache(maxsize=2048)
def _rendered(make: Rendered, what: Any, kind: _Kind, *rest: Any) -> Statement:
    return make(what, kind.scope, *rest)


@dataclass(eq=False, slots=True)
class Variables:
    """Coerced variables, and what arguments became with them; shared by requests that give them."""

    values: VariableValues
    known: dict[Arguments, dict[str, Any]] = field(default_factory=dict)


class Run:
    """One request's reads."""

    def __init__(self, context: Context, variables: Variables) -> None:
        self.context, self.variables = context, variables
        self.scope = context.scope
        self._kind = _Kind(self.scope.kind, self.scope)

    async def fetch(self, make: Rendered, what: Any, *rest: Any, given: Sequence[Any]) -> list[Any]:
        """The rows of a statement of domain/rendering.py."""
        statement = _rendered(make, what, self._kind, *rest)
        values = statement.values(self.scope, *given)
        once = self.context.once
        if once is None:
            return statement.rows(await db.rows(statement.text, values))
        read = partial(db.rows, statement.text, values)
        return statement.rows(await once.read(statement.text, values, read))

    def filled(self, slots: int, arguments: Sequence[Arguments]) -> list[Any]:
        """The slots of a part, with the context and the arguments in theirs."""
        slotted: list[Any] = [None] * slots
        slotted[0] = self.context
        for each in arguments:
            slotted[each.slot] = self.arguments(each)
        return slotted

    def arguments(self, each: Arguments) -> dict[str, Any]:
        """The arguments of a field. Raises Unknown for those that are refused."""
        known = self.variables.known
        if each not in known:
            details = each.details
            try:
                given = get_argument_values(
                    each.member.promise,
                    details.node,
                    self.variables.values,
                    details.fragment_variable_values,
                )
            except GraphQLError as error:
                raise Unknown("arguments") from error
            known[each] = each.member.arguments(given)
        return known[each]

    # The rows a part begins with

    async def one(self, projection: Projection, id: UUID) -> list[Any]:
        """The row of an id, if there is one to see."""
        return await self.fetch(rendering.by_id, projection, given=[id])

    async def rows(self, projection: Projection, wanted: Rows[Any]) -> list[Any]:
        """The rows of a list without pages."""
        terms, values = rendering.terms_of(wanted.where)
        return await self.fetch(
            rendering.listed, projection, terms, wanted.order, wanted.limit, given=values
        )

    async def page(self, projection: Projection, listing: Listing[Any], wants: Wants) -> PageOf:
        """The rows of one page, and what else is wanted of it."""
        wanted, order = listing.wanted, listing.order
        terms, values = rendering.terms_of([*listing.where, *listing.bounds])
        keys = _keys(order, wants)
        by = order.sql(wanted.backwards)
        size = None if wants.cursors else wanted.size
        found = await self.fetch(
            rendering.listed, projection, terms, by, wanted.size + 1, keys, size, given=values
        )
        page = _page(found, wanted, order)
        if wants.total:
            terms, values = rendering.terms_of(listing.where)
            counted = await self.fetch(rendering.counted, projection.model, terms, given=values)
            page.total = counted[0][0]
        return page

    # What hangs on them

    async def fill(self, reader: Reader, rows: Sequence[Any], slotted: list[Any]) -> None:
        """Read the to-many relations of some rows into their slots."""
        for child in reader.children:
            ids = list({row[child.at] for row in rows if row[child.at] is not None})
            if isinstance(child.read, Pages):
                slotted[child.slot] = await self._pages(child, child.read, ids, slotted)
            elif isinstance(child.read, History):
                slotted[child.slot] = await self._histories(child.read, ids)
            else:
                slotted[child.slot] = await self._many(child, child.read, ids, slotted)

    async def _many(
        self, child: Child, read: Many, ids: list[UUID], slotted: list[Any]
    ) -> dict[UUID, list[Any]]:
        terms, values = rendering.terms_of(read.where)
        projection, given = child.reader.projection, [ids, *values]
        if not ids:
            found = []
        elif read.link is None:
            found = await self.fetch(
                rendering.all_of_each, projection, read.key, terms, read.order, given=given
            )
        else:
            found = await self.fetch(
                rendering.linked, projection, read.link[0], read.key, read.link[1], terms,
                given=given,
            )  # fmt: skip
        await self.fill(child.reader, found, slotted)
        return _grouped(found)

    async def _pages(
        self, child: Child, read: Pages, ids: list[UUID], slotted: list[Any]
    ) -> Callable[[UUID], PageOf]:
        assert child.wants is not None
        try:
            wanted = Page.wanted(**{**_WHOLE, **slotted[child.arguments]})
            bounds = order_bounds(read.order, wanted)
        except DomainError as error:
            if not ids:
                bounds, wanted = [], Page(0, False, None, None)
            else:
                # An error at each of many places: graphql-core tells them.
                raise Unknown("arguments") from error
        projection = child.reader.projection
        terms, values = rendering.terms_of(bounds)
        keys, by = _keys(read.order, child.wants), read.order.sql(wanted.backwards)
        found = ids and await self.fetch(
            rendering.of_each, projection, read.key, terms, by, wanted.size + 1, keys,
            given=[ids, *values],
        )  # fmt: skip
        pages = {id: _page(rows, wanted, read.order) for id, rows in _grouped(found).items()}
        if child.wants.total and ids:
            await self._count(child, read, ids, pages, wanted)
        await self.fill(
            child.reader, [row for page in pages.values() for row in page.rows], slotted
        )
        none = _page([], wanted, read.order)
        return lambda id: pages.get(id, none)

    async def _count(
        self,
        child: Child,
        read: Pages,
        ids: list[UUID],
        pages: dict[UUID, PageOf],
        wanted: Page,
    ) -> None:
        model = child.reader.projection.model
        counts = await self.fetch(rendering.counted_each, model, read.key, given=[ids])
        for id, total in counts:
            pages.setdefault(id, _page([], wanted, read.order)).total = total

    async def _histories(self, read: History, ids: list[UUID]) -> dict[UUID, list[Event]]:
        found = await histories(self.scope.shop_id, read.column, ids) if ids else {}
        return {id: [Event.of(happened) for happened in each] for id, each in found.items()}


_WHOLE: dict[str, None] = {"first": None, "after": None, "last": None, "before": None}


def _keys(order: Order, wants: Wants) -> tuple[str, ...]:
    return tuple(key.column for key in order.keys) if wants.cursors or wants.ends else ()


def _page(found: list[Any], wanted: Page, order: Order) -> PageOf:
    rows, more = wanted.cut(found)
    count = len(order.keys)
    return PageOf(
        rows,
        wanted.has_next(more),
        wanted.has_previous(more),
        cursor=lambda row: order.cursor(list(row)[-count:]),
    )


def _grouped(found: Sequence[Any]) -> dict[UUID, list[Any]]:
    groups: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        groups[row[0]].append(row)
    return groups
