"""Objects whose JSON the database writes: those that are columns, ids and to-one rows, all the way.

What needs Python (arguments, JSON columns, to-many relations, a null to be told as an error) is
Unwritten, and made of the row's values by the functions of schema/compiled/source.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLObjectType
from graphql.execution.collect_fields import GroupedFieldSet
from tortoise.models import Model

from domain import visibility, writing
from domain.rendering import ROOT, Projection
from domain.writing import Literal, Piece
from schema.compiled.leaves import bare, raw_names
from schema.compiled.readers import Details, join_of, object_of
from schema.compiled.shapes import Member, members
from schema.fields import Derived, Foremost, Related

Below: TypeAlias = Callable[[GraphQLObjectType, Details], GroupedFieldSet]


class Unwritten(Exception):
    """Not for the database to write."""


class Writer:
    """Writes objects of one statement's rows.

    `below` gives what is selected of a type, by response key; `staff` is whether the asker is.
    """

    def __init__(self, projection: Projection, below: Below, staff: bool) -> None:
        self._projection, self._below, self._staff = projection, below, staff

    def row(self, type: GraphQLObjectType, details: Details) -> str | None:
        """SQL for a row's JSON in bytes; None for one that is Unwritten."""
        model = self._projection.model
        return self._whole(lambda: writing.joined(self._object(type, details, ROOT, model)))

    def to_one(
        self, member: Member, read: Related | Foremost, details: Details, alias: str
    ) -> str | None:
        """The same for a to-one row of `alias`."""
        return self._whole(lambda: self._to_one(member, read, details, alias))

    def _whole(self, write: Callable[[], str]) -> str | None:
        joins = len(self._projection.joins)
        try:
            return writing.as_bytes(write())
        except Unwritten:
            # What was joined for the part that could be written would be joined for nothing.
            del self._projection.joins[joins:]
            return None

    def _object(
        self, type: GraphQLObjectType, details: Details, alias: str, model: type[Model]
    ) -> list[Piece]:
        pieces: list[Piece] = []
        for key, found in self._below(type, details).items():
            pieces.append(Literal(f'{"," if pieces else "{"}"{key}":'))
            name = found[0].node.name.value
            if name == "__typename":
                pieces.append(Literal(f'"{type.name}"'))
            else:
                member = members(type)[name]
                pieces += self._member(member, type, found, alias, model)
        return [*pieces, Literal("}" if pieces else "{}")]

    def _member(
        self,
        member: Member,
        type: GraphQLObjectType,
        details: Details,
        alias: str,
        model: type[Model],
    ) -> list[Piece]:
        if member.kept is not None and not self._staff:
            return [Literal("[]" if member.kept.empty else "null")]
        if member.name == "id" and member.field.base_resolver is not None:
            return [writing.opaque(f"{alias}.id", type.name)]
        if isinstance(member.read, Related | Foremost):
            return [self._to_one(member, member.read, details, alias)]
        if isinstance(member.read, Derived) or (
            member.read is None and (member.field.is_basic_field or member.kept is not None)
        ):
            return [self._column(member, alias, model)]
        raise Unwritten(member.name)

    def _to_one(
        self, member: Member, read: Related | Foremost, details: Details, alias: str
    ) -> str:
        type = object_of(member.promise.type)
        other, model = join_of(self._projection, member, read, alias)
        return writing.if_there(
            f"{other}.id", writing.joined(self._object(type, details, other, model))
        )

    def _column(self, member: Member, alias: str, model: type[Model]) -> str:
        may_lack, json = self._json(member, alias, model)
        if not may_lack:
            return json
        must = isinstance(member.promise.type, GraphQLNonNull)
        return writing.or_fail(json, f"{alias}.id") if must else writing.or_null(json)

    def _json(self, member: Member, alias: str, model: type[Model]) -> tuple[bool, str]:
        """Whether a column may be NULL, and its JSON."""
        column, kind = member.field.python_name, bare(member.promise.type)
        place = self._projection.sql_of(alias, column)
        derived = isinstance(member.read, Derived) or column in visibility.derived(model)
        known = None if derived else model._meta.fields_map[column]
        may_lack = known is None or known.null
        if isinstance(kind, GraphQLEnumType):
            return may_lack, writing.name(place, raw_names(kind))
        stored = "derived" if known is None else type(known).__name__
        write = _WRITTEN.get((stored, getattr(kind, "name", "")))
        if write is None:
            raise Unwritten(member.name)
        return may_lack, write(place)


_TEXTS = ("CharField", "TextField", "derived")
_WHOLE = ("SmallIntField", "IntField", "IntegerField", "derived")
_TRUTHS = ("BooleanField", "derived")
_WRITTEN: dict[tuple[str, str], Callable[[str], str]] = {
    **dict.fromkeys(((stored, "String") for stored in _TEXTS), writing.text),
    **dict.fromkeys(((stored, "Int") for stored in _WHOLE), writing.number),
    **dict.fromkeys(((stored, "Boolean") for stored in _TRUTHS), writing.truth),
    ("DatetimeField", "DateTime"): writing.moment,
    ("DecimalField", "Decimal"): writing.decimal,
}
"""How a column is written, by its type at rest and the promised one."""
