"""A document becomes a plan, which is kept; a plan answers a request.

Kept are the 512 most recent plans, by document, operation, whether the asker is staff (what is
kept for staff is not even read for others) and the variables of @skip and @include.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import isawaitable
from typing import Any, Protocol

import orjson
from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_variable_values,
    located_error,
    visit,
)
from graphql import GraphQLNonNull as NonNull
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues
from graphql.type import GraphQLObjectType

from domain.errors import DomainError
from schema.compiled.leaves import Unknown
from schema.compiled.parts import Part, ValuePart, ask, part_of
from schema.compiled.readers import Arguments, Details
from schema.compiled.reading import Run, Variables
from schema.compiled.shapes import Member, core, members
from schema.compiled.source import Source
from schema.context import Context
from schema.nodes import FirstOf, One, Rows
from schema.paging import Listing

KEPT = 512
SHORT = 2048
"""Bytes of variables that are kept with their coerced values."""
PROMISES = (Listing, One, Rows, FirstOf)


@dataclass(frozen=True, slots=True)
class Root:
    """A field of the operation itself."""

    key: str
    member: Member
    details: Details
    part: Part
    arguments: Arguments

    def failed(self, error: BaseException) -> ExecutionResult:
        """The answer when this field fails. Raises Unknown where null may stand in its place."""
        if not isinstance(self.member.promise.type, NonNull) or not isinstance(error, Exception):
            raise Unknown(self.key) from error
        nodes = [found.node for found in self.details]
        return ExecutionResult(None, [located_error(error, nodes, [self.key])])


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operation reads; `typename` are the keys that ask for the root's own name."""

    roots: Sequence[Root]
    typename: dict[str, str]
    order: Sequence[str]

    @property
    def is_shareable(self) -> bool:
        """Whether all of it is rows: figures depend on the time, a viewer on who asks."""
        return not any(isinstance(root.part, ValuePart) for root in self.roots)

    async def answer(self, variables: Variables, context: Context) -> Any:
        """The data, or an ExecutionResult without any. Raises Unknown."""
        found: list[Any] = []
        try:
            run = Run(context, variables)
            for root in self.roots:
                arguments = run.arguments(root.arguments)
                try:
                    found.append(ask(root.member, context, None, arguments))
                except DomainError as error:
                    return root.failed(error)
            return await self._data(run, found)
        finally:
            _close(found)

    async def shown(self, update: Any, variables: Variables, context: Context) -> dict[str, Any]:
        """The data of one update of a subscription, whose root is one field. Raises Unknown."""
        (root,) = self.roots
        return {root.key: await root.part.data(Run(context, variables), update)}

    async def _data(self, run: Run, found: list[Any]) -> Any:
        waiting = sum(_is_coroutine(value) for value in found)
        # First what is no rows: who waits for it shall not keep others from reading meanwhile.
        for place, root in enumerate(self.roots):
            if _is_coroutine(found[place]):
                try:
                    found[place] = await found[place]
                except DomainError as error:
                    if waiting > 1:
                        raise Unknown(root.key) from error
                    return root.failed(error)
        data: dict[str, Any] = dict(self.typename)
        for root, value in zip(self.roots, found, strict=True):
            data[root.key] = await root.part.data(run, value)
        return {key: data[key] for key in self.order}


def _is_coroutine(value: Any) -> bool:
    return isawaitable(value) and not isinstance(value, PROMISES)


def _close(found: list[Any]) -> None:
    for value in found:
        if _is_coroutine(value) and hasattr(value, "close"):
            value.close()


class Parsed(Hashable, Protocol):
    """A parsed and valid document, the same object each time (schema/execution.py keeps them)."""

    @property
    def operations(self) -> Sequence[OperationDefinitionNode]:
        """Its operations."""

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """Its fragments, by name."""


@lru_cache(maxsize=2 * KEPT)
def _coerced(document: Parsed, number: int, raw: bytes) -> Variables | None:
    declared = document.operations[number].variable_definitions or ()
    found = get_variable_values(core, declared, orjson.loads(raw))
    return None if isinstance(found, list) else Variables(found)


def planned(
    document: Parsed, operation: OperationDefinitionNode, given: dict[str, Any], staff: bool
) -> tuple[Plan, Variables]:
    """The plan of an operation, kept, and its coerced variables, kept too while they are short.

    Raises Unknown for an operation that is not understood, or variables that are refused.
    """
    number = next(n for n, each in enumerate(document.operations) if each is operation)
    raw = orjson.dumps(given)
    coerce = _coerced if len(raw) <= SHORT else _coerced.__wrapped__
    variables = coerce(document, number, raw)
    if variables is None:
        raise Unknown("variables")
    known = variables.values.coerced
    switches = tuple((name, known[name]) for name in _switches(document) if name in known)
    made = _plan(document, number, switches, staff)
    if isinstance(made, str):
        raise Unknown(made)
    return made, variables


@lru_cache(maxsize=KEPT)
def _plan(
    document: Parsed, number: int, switches: tuple[tuple[str, Any], ...], staff: bool
) -> Plan | str:
    operation, values = document.operations[number], VariableValues({}, dict(switches))
    fragments = {name: FragmentDetails(node) for name, node in document.fragments.items()}
    begin = partial(Source, operation, fragments, values, staff)
    root = core.get_root_type(operation.operation)
    assert isinstance(root, GraphQLObjectType)
    try:
        return _compiled(begin, root, operation, fragments, values)
    except Unknown as unknown:
        return str(unknown)


def _compiled(
    begin: partial[Source],
    root: GraphQLObjectType,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDetails],
    values: VariableValues,
) -> Plan:
    grouped = collect_fields(core, fragments, values, root, operation).grouped_field_set
    roots, typename = [], {}
    for key, details in grouped.items():
        name = details[0].node.name.value
        if name == "__typename":
            typename[key] = root.name
        elif name.startswith("__"):
            raise Unknown(name)
        else:
            member = members(root)[name]
            part = part_of(begin, member.promise, details)
            roots.append(Root(key, member, details, part, Arguments(0, member, details[0])))
    return Plan(roots, typename, list(grouped))


class _Switches(Visitor):
    """Finds the variables that decide what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        """Look at @skip and @include."""
        if node.name.value in ("skip", "include"):
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.names.add(argument.value.name.value)


@lru_cache(maxsize=KEPT)
def _switches(document: Parsed) -> tuple[str, ...]:
    found = _Switches()
    for node in (*document.operations, *document.fragments.values()):
        visit(node, found)
    return tuple(sorted(found.names))
