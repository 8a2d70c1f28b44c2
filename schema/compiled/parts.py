"""What a field gives becomes data: a node, a list, a connection, or a plain value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

from domain.rendering import ROOT, Projection
from schema.compiled.leaves import Unknown, bare
from schema.compiled.readers import Arguments, Details, Reader, node_type
from schema.compiled.reading import Run
from schema.compiled.shapes import Member, core, is_connection, members, model_of
from schema.compiled.source import Build, Source
from schema.context import Context
from schema.nodes import FirstOf, Node, One, Rows
from schema.paging import Listing

Begin = Callable[..., Source]
"""Makes the source of one part; takes `writes`, as Source does."""


class Part(Protocol):
    """How what a resolver gave becomes data. Raises Unknown for what it did not expect."""

    async def data(self, run: Run, found: Any) -> Any:
        """The data, as orjson writes it."""


def part_of(begin: Begin, promise: GraphQLField, details: Details) -> Part:
    """The part of a field. Raises Unknown for what is not understood."""
    named = get_named_type(promise.type)
    if is_abstract_type(named):
        return AnyPart(begin, promise, details)
    if not isinstance(named, GraphQLObjectType):
        raise Unknown(named.name)
    if is_connection(named):
        return PagePart(begin(), named, details)
    if model_of(named) is None:
        value = ValuePart(begin, named, details)
        return ValuesPart(value) if isinstance(bare(promise.type), GraphQLList) else value
    if isinstance(bare(promise.type), GraphQLList):
        return RowsPart(begin(), named, details)
    return NodePart(begin, named, details, isinstance(promise.type, GraphQLNonNull))


class _OfRows:
    """A part whose objects are rows of one table."""

    def __init__(self, source: Source, type: GraphQLObjectType) -> None:
        model = model_of(type)
        assert model is not None
        self.reader = Reader(Projection(model))
        self.source = source

    async def _slots(self, run: Run, rows: Any) -> list[Any]:
        slotted = run.filled(self.source.slots, self.source.arguments)
        if self.reader.children:
            await run.fill(self.reader, rows, slotted)
        return slotted


class NodePart(_OfRows):
    """One node, or null."""

    def __init__(self, begin: Begin, type: GraphQLObjectType, details: Details, must: bool) -> None:
        super().__init__(begin(), type)
        self.make: Build = self.source.built(self.source.row(type, details, self.reader))
        self.must = must
        self._own = Own(begin(writes=False), type, details)

    async def data(self, run: Run, found: Any) -> Any:
        """The node of a promise, or of an object that was read already."""
        if isinstance(found, Node) and self._own.is_all_of(found):
            return self._own.data(run, found)
        rows = await self._rows(run, found)
        if rows:
            return self.make(rows[0], await self._slots(run, rows[:1]))
        if self.must:
            raise Unknown("null")
        return None

    async def _rows(self, run: Run, found: Any) -> list[Any]:
        projection = self.reader.projection
        if isinstance(found, FirstOf):
            return await run.rows(projection, found.rows)
        if isinstance(found, One):
            return await run.one(projection, found.id) if found.id is not None else []
        if isinstance(found, Node):
            return await run.one(projection, found.pk)
        if found is None:
            return []
        raise Unknown(type(found).__name__)


class Own(_OfRows):
    """A node of which nothing is asked but its own columns, made of an object that has them."""

    def __init__(self, source: Source, type: GraphQLObjectType, details: Details) -> None:
        super().__init__(source, type)
        self._make: Build = source.built(source.row(type, details, self.reader))
        texts = self.reader.projection.columns
        more = self.reader.children or self.reader.projection.joins or any("::" in t for t in texts)
        self._columns = [] if more else [text.removeprefix(f"{ROOT}.") for text in texts]

    def is_all_of(self, found: Node) -> bool:
        """Whether all that is asked is there."""
        return bool(self._columns) and found.__dict__.keys() >= set(self._columns)

    def data(self, run: Run, found: Node) -> Any:
        """The node's data."""
        row = [found.__dict__[name] for name in self._columns]
        return self._make(row, run.filled(self.source.slots, self.source.arguments))


class RowsPart(_OfRows):
    """A list of nodes without pages."""

    def __init__(self, source: Source, type: GraphQLObjectType, details: Details) -> None:
        super().__init__(source, type)
        self.make: Build = source.built(source.row(type, details, self.reader))

    async def data(self, run: Run, found: Any) -> Any:
        """The nodes of promised rows."""
        if not isinstance(found, Rows):
            raise Unknown(type(found).__name__)
        rows = await run.rows(self.reader.projection, found)
        slotted = await self._slots(run, rows)
        return [self.make(row, slotted) for row in rows]


class PagePart(_OfRows):
    """A connection."""

    def __init__(self, source: Source, type: GraphQLObjectType, details: Details) -> None:
        super().__init__(source, node_type(type))
        name, self.wants = source.connection(type, details, self.reader)
        self.make: Build = source.built(name)

    async def data(self, run: Run, found: Any) -> Any:
        """The connection of a promised page."""
        if not isinstance(found, Listing):
            raise Unknown(type(found).__name__)
        page = await run.page(self.reader.projection, found, self.wants)
        return self.make(page, await self._slots(run, page.rows))


@dataclass(frozen=True, slots=True)
class _Below:
    """A field of a plain value that is not a leaf."""

    key: str
    member: Member
    arguments: Arguments
    part: Part


class ValuePart:
    """A plain object: its leaves are attributes, what lies below are parts of their own."""

    def __init__(self, begin: Begin, type: GraphQLObjectType, details: Details) -> None:
        source, leaves = begin(), {}
        self._same: dict[str, str] = {}
        self._below: list[_Below] = []
        grouped = source.below(type, details)
        for key, found in grouped.items():
            name = found[0].node.name.value
            if name == "__typename":
                self._same[key] = type.name
                continue
            member = members(type)[name]
            if is_leaf_type(get_named_type(member.promise.type)):
                leaves[key] = source.define("v", "o", source.attribute(member))
            else:
                part = part_of(begin, member.promise, found)
                self._below.append(_Below(key, member, Arguments(0, member, found[0]), part))
        self._leaves = {key: source.built(leaf) for key, leaf in leaves.items()}
        self._order = list(grouped)

    async def data(self, run: Run, found: Any) -> Any:
        """The object's data. Raises Unknown for null."""
        if found is None:
            raise Unknown("null")
        data: dict[str, Any] = dict(self._same)
        data |= {key: leaf(found, ()) for key, leaf in self._leaves.items()}
        for below in self._below:
            value = ask(below.member, run.context, found, run.arguments(below.arguments))
            data[below.key] = await below.part.data(run, value)
        return {key: data[key] for key in self._order}


class ValuesPart:
    """A list of plain objects."""

    def __init__(self, each: ValuePart) -> None:
        self._each = each

    async def data(self, run: Run, found: Any) -> Any:
        """The data of each. Raises Unknown for null."""
        if found is None:
            raise Unknown("null")
        return [await self._each.data(run, one) for one in found]


class AnyPart:
    """A node or news whose type is known only when it is there."""

    def __init__(self, begin: Begin, promise: GraphQLField, details: Details) -> None:
        self._begin, self._promise, self._details = begin, promise, details
        self._parts: dict[str, Part] = {}

    async def data(self, run: Run, found: Any) -> Any:
        """The data of whatever it is."""
        if found is None:
            return None
        made = found.type if isinstance(found, One) else type(found)
        return await self._part(made.__strawberry_definition__.name).data(run, found)

    def _part(self, name: str) -> Part:
        if name not in self._parts:
            named = core.type_map[name]
            assert isinstance(named, GraphQLObjectType)
            self._parts[name] = part_of(self._begin, GraphQLField(named), self._details)
        return self._parts[name]


class _Asked:
    """As much of Strawberry's info as the resolvers of promises use."""

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context


def ask(member: Member, context: Context, parent: Any, arguments: dict[str, Any]) -> Any:
    """What a field's resolver gives, unawaited; an attribute where it has none."""
    resolver = member.field.base_resolver
    if resolver is None:
        return getattr(parent, member.field.python_name)
    function: Any = resolver.wrapped_func
    return function(parent, info=_Asked(context), **arguments)
