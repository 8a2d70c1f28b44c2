"""A selection becomes columns to read, and the source of a function from their rows to data.

    f0(r, e) -> dict     an object of a row `r`; to-one rows stand in the same row
             -> Fragment, where the database wrote the whole of it (schema/compiled/written.py)
    c0(p, e) -> dict     a connection of a page `p`

`e` is what else is known when it runs, by slots: the context, arguments, and the rows of to-many
relations. Names and keys go into the source as literals only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from orjson import Fragment
from tortoise.fields import DecimalField, JSONField
from tortoise.models import Model

from domain import visibility
from domain.rendering import ROOT, Projection
from schema.compiled.leaves import Unknown, json, opaque_of, present, shower
from schema.compiled.readers import (
    Arguments,
    Child,
    Details,
    Reader,
    Wants,
    join_of,
    node_type,
    object_of,
    table_of,
    type_is_plain,
)
from schema.compiled.shapes import Member, core, members
from schema.compiled.written import Writer
from schema.fields import Computed, Derived, Foremost, History, Many, Pages, Related

Build = Callable[..., Any]


class Source:
    """Writes the functions of one part of a plan.

    `staff` is whether the asker is; `writes` is whether the database may write JSON (schema/
    compiled/written.py), which values that are in hand already have no use for.
    """

    def __init__(
        self,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        switches: VariableValues,
        staff: bool,
        writes: bool = True,
    ) -> None:
        self.operation, self.fragments = operation, fragments
        self.switches, self.staff, self.writes = switches, staff, writes
        self.arguments: list[Arguments] = []
        self.slots = 1
        self._lines: list[str] = []
        self._names: dict[str, Any] = {}
        self._count = 0

    def below(self, type: GraphQLObjectType, details: Details) -> GroupedFieldSet:
        """The fields selected below a field, merged, by response key."""
        return collect_subfields(
            core, self.fragments, self.switches, self.operation, type, details
        ).grouped_field_set

    def built(self, name: str) -> Build:
        """The function of a name, when all has been written."""
        names = dict(self._names)
        # The text is made here, of places in rows and of literals: no name of a client's is in it.
        exec(compile("\n".join(self._lines), "<plan>", "exec"), names)  # noqa: S102
        made: Build = names[name]
        return made

    def known(self, value: Any) -> str:
        """A name for a value of ours."""
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    def slot(self) -> int:
        """A free slot."""
        self.slots += 1
        return self.slots - 1

    def define(self, letter: str, parameter: str, body: str) -> str:
        """A function of a row or page; its name."""
        name = f"{letter}{self._count}"
        self._count += 1
        self._lines.append(f"def {name}({parameter}, e):\n    return {body}")
        return name

    # Objects

    def row(self, type: GraphQLObjectType, details: Details, reader: Reader) -> str:
        """The name of the function that makes an object of a reader's row."""
        written = self.writes and self._writer(reader).row(type, details)
        if written:
            body = self._written(written, reader)
        else:
            body = self._object(type, details, reader, ROOT, reader.projection.model)
        return self.define("f", "r", body)

    def _writer(self, reader: Reader) -> Writer:
        return Writer(reader.projection, self.below, self.staff)

    def _written(self, sql: str, reader: Reader) -> str:
        return f"{self.known(Fragment)}(r[{reader.written(sql)}])"

    def _object(
        self,
        type: GraphQLObjectType,
        details: Details,
        reader: Reader,
        alias: str,
        model: type[Model],
    ) -> str:
        parts = []
        for key, found in self.below(type, details).items():
            name = found[0].node.name.value
            if name == "__typename":
                shown = repr(type.name)
            else:
                shown = self._member(members(type)[name], type, found, reader, alias, model)
            parts.append(f"{key!r}: {shown}")
        return f"{{{', '.join(parts)}}}"

    def _member(
        self,
        member: Member,
        type: GraphQLObjectType,
        details: Details,
        reader: Reader,
        alias: str,
        model: type[Model],
    ) -> str:
        if member.kept is not None and not self.staff:
            return "[]" if member.kept.empty else "None"
        read = member.read
        if member.name == "id" and member.field.base_resolver is not None:
            return f"{self.known(opaque_of(type.name))}(r[{reader.at(alias, 'id')}])"
        if isinstance(read, Related | Foremost):
            return self._to_one(member, read, details, reader, alias)
        if isinstance(read, Many):
            return self._to_many(member, read, details, reader, alias)
        if isinstance(read, Pages):
            return self._page(member, read, details, reader, alias)
        if isinstance(read, History):
            return self._history(member, read, details, reader, alias)
        if isinstance(read, Computed):
            return self._computed(member, read, details[0], reader, alias, model)
        if read is None and not member.field.is_basic_field and member.kept is None:
            raise Unknown(member.name)
        return self._column(member, reader, alias, model)

    def _column(self, member: Member, reader: Reader, alias: str, model: type[Model]) -> str:
        column, promise = member.field.python_name, member.promise.type
        derived = isinstance(member.read, Derived) or column in visibility.derived(model)
        known = None if derived else model._meta.fields_map[column]
        cast = "::text" if isinstance(known, DecimalField) else ""
        value = f"r[{reader.at(alias, column, cast)}]"
        if known is not None and type_is_plain(known, promise):
            return value
        show = shower(promise) if not cast else None
        if isinstance(show, dict):
            value = f"{self.known(show)}[{value}]"
        elif show is not None:
            value = f"{self.known(show)}({value})"
        may_lack = known is None or known.null or isinstance(known, JSONField)
        if isinstance(promise, GraphQLNonNull) and may_lack:
            return f"{self.known(present)}({value})"
        return value

    def _computed(
        self,
        member: Member,
        read: Computed,
        details: FieldDetails,
        reader: Reader,
        alias: str,
        model: type[Model],
    ) -> str:
        values = []
        for column in read.columns:
            value = f"r[{reader.at(alias, column)}]"
            is_json = isinstance(model._meta.fields_map[column], JSONField)
            values.append(f"{self.known(json)}({value})" if is_json else value)
        slot = self._given(member, details)
        return f"{self.known(read.make)}(e[0], {', '.join(values)}, **e[{slot}])"

    def _given(self, member: Member, details: FieldDetails) -> int:
        slot = self.slot()
        self.arguments.append(Arguments(slot, member, details))
        return slot

    # Relations

    def _to_one(
        self,
        member: Member,
        read: Related | Foremost,
        details: Details,
        reader: Reader,
        alias: str,
    ) -> str:
        written = self.writes and self._writer(reader).to_one(member, read, details, alias)
        if written:
            return self._written(written, reader)
        other, model = join_of(reader.projection, member, read, alias)
        there = reader.at(other, "id")
        shown = self._object(object_of(member.promise.type), details, reader, other, model)
        return f"(None if r[{there}] is None else {shown})"

    def _to_many(
        self, member: Member, read: Many, details: Details, reader: Reader, alias: str
    ) -> str:
        child = self._child(read, read.model, reader, alias)
        type = object_of(member.promise.type)
        make = self.row(type, details, child.reader)
        return f"[{make}(r, e) for r in e[{child.slot}].get(r[{child.at}], ())]"

    def _page(
        self, member: Member, read: Pages, details: Details, reader: Reader, alias: str
    ) -> str:
        type = object_of(member.promise.type)
        child = self._child(read, table_of(node_type(type)), reader, alias)
        child.arguments = self._given(member, details[0])
        make, child.wants = self.connection(type, details, child.reader)
        return f"{make}(e[{child.slot}](r[{child.at}]), e)"

    def _history(
        self, member: Member, read: History, details: Details, reader: Reader, alias: str
    ) -> str:
        type = object_of(member.promise.type)
        nothing = Reader(Projection(reader.projection.model))
        child = Child(read, reader.at(alias, "id"), self.slot(), nothing)
        reader.children.append(child)
        make = self.value(type, details)
        return f"[{make}(o, e) for o in e[{child.slot}].get(r[{child.at}], ())]"

    def _child(self, read: Many | Pages, model: type[Model], reader: Reader, alias: str) -> Child:
        below = Reader(Projection(model), of_each=True)
        child = Child(read, reader.at(alias, "id"), self.slot(), below)
        reader.children.append(child)
        return child

    # Connections

    def connection(
        self, type: GraphQLObjectType, details: Details, reader: Reader
    ) -> tuple[str, Wants]:
        """The name of the function that makes a connection of a page, and what it wants."""
        wants, parts = Wants(), []
        for key, found in self.below(type, details).items():
            name = found[0].node.name.value
            parts.append(f"{key!r}: {self._of_page(name, type, found, reader, wants)}")
        return self.define("c", "p", f"{{{', '.join(parts)}}}"), wants

    def _of_page(
        self,
        name: str,
        type: GraphQLObjectType,
        details: Details,
        reader: Reader,
        wants: Wants,
    ) -> str:
        if name == "__typename":
            return repr(type.name)
        if name == "totalCount":
            wants.total = True
            return "p.total"
        if name == "nodes":
            return f"[{self.row(node_type(type), details, reader)}(r, e) for r in p.rows]"
        below = object_of(type.fields[name].type)
        grouped = self.below(below, details)
        if name == "pageInfo":
            parts = [
                f"{key!r}: {self._of_info(found[0].node.name.value, below, wants)}"
                for key, found in grouped.items()
            ]
            return f"{{{', '.join(parts)}}}"
        parts = [
            f"{key!r}: {self._of_edge(found, below, reader, wants)}"
            for key, found in grouped.items()
        ]
        return f"[{{{', '.join(parts)}}} for r in p.rows]"

    def _of_edge(
        self, details: Details, edge: GraphQLObjectType, reader: Reader, wants: Wants
    ) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(edge.name)
        if name == "cursor":
            wants.cursors = True
            return "p.cursor(r)"
        return f"{self.row(object_of(edge.fields[name].type), details, reader)}(r, e)"

    def _of_info(self, name: str, info: GraphQLObjectType, wants: Wants) -> str:
        if name == "__typename":
            return repr(info.name)
        if name in ("startCursor", "endCursor"):
            wants.ends = True
            at = "0" if name == "startCursor" else "-1"
            return f"(p.cursor(p.rows[{at}]) if p.rows else None)"
        return "p.has_next" if name == "hasNextPage" else "p.has_previous"

    # Plain values

    def value(self, type: GraphQLObjectType, details: Details) -> str:
        """The name of the function that makes an object of a Python object's attributes."""
        parts = []
        for key, found in self.below(type, details).items():
            name = found[0].node.name.value
            shown = repr(type.name) if name == "__typename" else self.attribute(members(type)[name])
            parts.append(f"{key!r}: {shown}")
        return self.define("v", "o", f"{{{', '.join(parts)}}}")

    def attribute(self, member: Member) -> str:
        """An attribute of the object `o`, as it is shown. Raises Unknown for anything else."""
        if not member.field.is_basic_field:
            raise Unknown(member.name)
        value, show = f"o.{member.field.python_name}", shower(member.promise.type)
        if isinstance(show, dict):
            value = f"{self.known(show)}[{value}]"
        elif show is not None:
            value = f"{self.known(show)}({value})"
        if isinstance(member.promise.type, GraphQLNonNull):
            return f"{self.known(present)}({value})"
        return value
