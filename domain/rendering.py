"""Projections as SQL: the columns a plan asks for, with to-one rows joined, under a Scope.

Text only; domain/db.py runs it. Every table that a statement touches carries the Scope's
condition, the joined ones too. Limits are literals: with a parameter PostgreSQL plans a queue
twice as slow. What is read stands in a subquery `r`, so that rows are limited before they are
joined to others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tortoise.models import Model

from domain import visibility
from domain.actors import Scope

ROOT = "r"


@dataclass(frozen=True, slots=True)
class Join:
    """A to-one row: of `model`, found by its id in a column, or first by an order of its own."""

    alias: str
    model: type[Model]
    parent: str
    column: str
    first_by: str | None = None

    def sql(self, scope: Scope, place: Callable[[str], str]) -> str:
        """The LEFT JOIN: nothing to see is nothing there."""
        table = visibility.table(self.model, scope, place)
        if self.first_by is None:
            seen = visibility.seen(self.model, scope, self.alias, place)
            found = f"{self.alias}.id = {self.parent}.{self.column}"
            return f"LEFT JOIN {table} {self.alias} ON {found} AND {seen}"
        seen = visibility.seen(self.model, scope, "t", place)
        return (
            f"LEFT JOIN LATERAL (SELECT {visibility.columns_of(self.model)} FROM {table} t "
            f"WHERE t.{self.column} = {self.parent}.id AND {seen} "
            f"ORDER BY {self.first_by} LIMIT 1) {self.alias} ON TRUE"
        )


@dataclass(eq=False, slots=True)
class Projection:
    """Columns of one table and of the to-one rows joined to it, by their places in a row."""

    model: type[Model]
    columns: list[str] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)

    def place(self, alias: str, column: str, cast: str = "") -> int:
        """The place of a column of `alias`, which is added unless it is there."""
        return self.place_of(self.sql_of(alias, column) + cast)

    def place_of(self, sql: str) -> int:
        """The place of an expression, which is added unless it is there."""
        if sql not in self.columns:
            self.columns.append(sql)
        return self.columns.index(sql)

    def join(
        self, model: type[Model], parent: str, column: str, first_by: str | None = None
    ) -> str:
        """The alias of a to-one row, joined unless it is already."""
        for known in self.joins:
            if (known.model, known.parent, known.column, known.first_by) == (
                model,
                parent,
                column,
                first_by,
            ):
                return known.alias
        self.joins.append(Join(f"a{len(self.joins)}", model, parent, column, first_by))
        return self.joins[-1].alias

    def sql_of(self, alias: str, column: str) -> str:
        """A column of `alias` in SQL, or what a derived one is made of."""
        join = next((join for join in self.joins if join.alias == alias), None)
        if join is not None and join.first_by is None and column in visibility.derived(join.model):
            return visibility.derived(join.model)[column].format(t=alias)
        return f"{alias}.{column}"


class Ends(NamedTuple):
    """So many keys are wanted, but only of the first and the last of the `size` rows of a page."""

    keys: int
    size: int


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, and where each of its values comes from: a Scope's field, or the values given.

    `in_columns` is whether it gives one row, of an array for each column, instead of many rows: to
    the driver that is one message instead of fifty, and PostgreSQL sends it with one write. With
    `ends` the keys follow as plain values, those of the first row and those of the page's last.
    """

    text: str
    sources: tuple[str | None, ...]
    in_columns: bool = False
    ends: Ends | None = None

    def values(self, scope: Scope, *given: Any) -> list[Any]:
        """The values in their places."""
        rest = iter(given)
        return [next(rest) if name is None else getattr(scope, name) for name in self.sources]

    def rows(self, found: list[Any]) -> list[Any]:
        """The rows in what the driver gave; keys come last, with `ends` at the ends alone."""
        if not self.in_columns:
            return found
        (columns,) = found
        if columns[0] is None:  # Of no rows at all an aggregate is NULL.
            return []
        if self.ends is None:
            return list(zip(*columns, strict=True))
        arrays = len(columns) - 2 * self.ends.keys
        rows = list(zip(*columns[:arrays], strict=True))
        if self.ends.size:
            last = min(len(rows), self.ends.size) - 1
            rows[0] += columns[arrays : arrays + self.ends.keys]
            rows[last] += columns[arrays + self.ends.keys :]
        return rows


class _Writer:
    """Numbers the values of one statement."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.sources: list[str | None] = []
        self.merged = ""

    def of_scope(self, name: str) -> str:
        if name not in self.sources:
            self.sources.append(name)
        return f"${self.sources.index(name) + 1}"

    def given(self) -> str:
        self.sources.append(None)
        return f"${len(self.sources)}"

    def seen(self, model: type[Model], alias: str = "t") -> str:
        return visibility.seen(model, self.scope, alias, self.of_scope)

    def table(self, model: type[Model]) -> str:
        return visibility.table(model, self.scope, self.of_scope)

    def where(self, terms: Sequence[tuple[str, int]], merge: bool = False) -> str:
        """Conditions, each with how many values follow it; `merge` sets the first Each apart."""
        made = []
        for term, count in terms:
            places = [self.given() for _ in range(count)]
            if merge and isinstance(term, visibility.Each) and not self.merged:
                self.merged = places[0]
                made.append(f"{term.partition(' ')[0]} = each.value")
            else:
                made.append(term.format(*places))
        return "".join(f" AND {term}" for term in made)

    def joins(self, projection: Projection) -> str:
        return "".join(f" {join.sql(self.scope, self.of_scope)}" for join in projection.joins)

    def done(self, text: str, **how: Any) -> Statement:
        return Statement(text, tuple(self.sources), **how)

    def rows(self, *outer: Any, ends: Ends | None = None, **more: Any) -> Statement:
        """Many rows, in columns."""
        text = _in_columns(*_outer(self, *outer, **more), ends)
        return self.done(text, in_columns=True, ends=ends)


Terms = tuple[tuple[str, int], ...]
"""Conditions over `t`, each with the number of its values."""


def terms_of(where: visibility.Where) -> tuple[Terms, list[Any]]:
    """Conditions without their values, and the values."""
    found = [visibility.values_of(term) for term in where]
    texts = tuple((term[0], len(values)) for term, values in zip(where, found, strict=True))
    return texts, [value for values in found for value in values]


def by_id(projection: Projection, scope: Scope) -> Statement:
    """One row: the value given is its id."""
    writer, model = _Writer(scope), projection.model
    inner = (
        f"SELECT {visibility.columns_of(model)} FROM {writer.table(model)} t "
        f"WHERE t.id = {writer.given()} AND {writer.seen(model)}"
    )
    columns, source = _outer(writer, projection, inner)
    return writer.done(f"SELECT {', '.join(columns)} {source}")


def listed(
    projection: Projection,
    scope: Scope,
    terms: Terms,
    order: str,
    limit: int | None,
    keys: tuple[str, ...] = (),
    size: int | None = None,
) -> Statement:
    """Rows in an order; the last columns are `keys`, which with a page's `size` only its ends have.

    Values given: those of `terms`.
    """
    writer, model = _Writer(scope), projection.model
    tail = f" LIMIT {int(limit)}" if limit is not None else ""
    where = writer.where(terms, merge=limit is not None)
    inner = (
        f"SELECT {visibility.columns_of(model)} FROM {writer.table(model)} t "
        f"WHERE {writer.seen(model)}{where} ORDER BY {order}{tail}"
    )
    if writer.merged:
        inner = (
            f"SELECT t.* FROM (SELECT DISTINCT unnest({writer.merged}::text[]) AS value) each "
            f"CROSS JOIN LATERAL ({inner}) t ORDER BY {order}{tail}"
        )
    ends = Ends(len(keys), size) if keys and size is not None else None
    return writer.rows(projection, inner, order, keys, ends=ends)


def of_each(
    projection: Projection,
    scope: Scope,
    key: str,
    terms: Terms,
    order: str,
    limit: int,
    keys: tuple[str, ...] = (),
) -> Statement:
    """For each of some ids at most `limit` rows whose `key` is the id, which comes first.

    Values given: the ids, then those of `terms`.
    """
    writer, model = _Writer(scope), projection.model
    ids = writer.given()
    inner = (
        f"SELECT t.* FROM unnest({ids}::uuid[]) about(id) CROSS JOIN LATERAL ("
        f"SELECT {visibility.columns_of(model)} FROM {writer.table(model)} t "
        f"WHERE t.{key} = about.id "
        f"AND {writer.seen(model)}{writer.where(terms)} ORDER BY {order} LIMIT {int(limit)}) t"
    )
    return writer.rows(projection, inner, order, keys, first=f"{ROOT}.{key}")


def all_of_each(
    projection: Projection, scope: Scope, key: str, terms: Terms, order: str
) -> Statement:
    """All rows whose `key` is among some ids; the key comes first.

    Values given: the ids, then those of `terms`.
    """
    writer, model = _Writer(scope), projection.model
    inner = (
        f"SELECT {visibility.columns_of(model)} FROM {writer.table(model)} t "
        f"WHERE t.{key} = ANY({writer.given()}::uuid[]) "
        f"AND {writer.seen(model)}{writer.where(terms)}"
    )
    return writer.rows(projection, inner, order, first=f"{ROOT}.{key}")


def linked(
    projection: Projection,
    scope: Scope,
    link: type[Model],
    mine: str,
    theirs: str,
    terms: Terms,
) -> Statement:
    """Rows on the other side of a table between, by its `mine` among some ids, which comes first.

    In the order of the links. Values given: the ids, then those of `terms`.
    """
    writer, model = _Writer(scope), projection.model
    inner = (
        f"SELECT {visibility.columns_of(model)}, link.{mine} AS link_mine, link.id AS link_id "
        f"FROM {link._meta.db_table} link JOIN {writer.table(model)} t ON t.id = link.{theirs} "
        f"WHERE link.{mine} = ANY({writer.given()}::uuid[]) AND {writer.seen(link, 'link')} "
        f"AND {writer.seen(model)}{writer.where(terms)}"
    )
    order, first = "t.link_id", f"{ROOT}.link_mine"
    return writer.rows(projection, inner, order, first=first)


def counted(model: type[Model], scope: Scope, terms: Terms) -> Statement:
    """How many rows there are. Values given: those of `terms`."""
    writer = _Writer(scope)
    return writer.done(
        f"SELECT count(*) FROM {writer.table(model)} t "
        f"WHERE {writer.seen(model)}{writer.where(terms)}"
    )


def counted_each(model: type[Model], scope: Scope, key: str) -> Statement:
    """How many rows there are with their `key` among some ids: pairs of id and number."""
    writer = _Writer(scope)
    return writer.done(
        f"SELECT t.{key}, count(*) FROM {writer.table(model)} t "
        f"WHERE t.{key} = ANY({writer.given()}::uuid[]) AND {writer.seen(model)} GROUP BY 1"
    )


def _outer(
    writer: _Writer,
    projection: Projection,
    inner: str,
    order: str = "",
    keys: tuple[str, ...] = (),
    first: str = "",
) -> tuple[list[str], str]:
    """The columns, and where they come from."""
    columns = [first] if first else []
    columns += projection.columns or ["1"]
    columns += [f"{ROOT}.{key}" for key in keys]
    by = f" ORDER BY {order.replace('t.', f'{ROOT}.')}" if order else ""
    return columns, f"FROM ({inner}) {ROOT}{writer.joins(projection)}{by}"


def _in_columns(columns: Sequence[str], source: str, ends: Ends | None) -> str:
    """The rows of a select as one row of arrays, in the order of the select."""
    named = ", ".join(f"{column} AS c{n}" for n, column in enumerate(columns))
    told = [f"array_agg(c{n})" for n in range(len(columns))]
    if ends is not None:
        keys = told[-ends.keys :]
        told[-ends.keys :] = [f"({key})[1]" for key in keys]
        told += [f"({key})[LEAST(count(*), {ends.size})]" for key in keys]
    return f"SELECT {', '.join(told)} FROM (SELECT {named} {source}) rows"
