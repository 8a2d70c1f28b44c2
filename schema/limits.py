"""What a document may ask for, measured before anything runs.

    depth    fields on the longest path                                        at most 12
    aliases  in the whole operation, fragments counted where they are spread   at most 30
    tokens   of the document                                                   at most 2,000
    cost     of the operation                                                  at most 10,000

The cost of a field with a selection is 1 + n x the cost of what it selects; n is its `first` or
`last` (20 when neither is given), 10 for a list without pages, else 1. Plain values are free.
A field may name a price of its own, which is added: one that asks a worker costs more than half of
what a request may.
Example: 50 tickets, each with its customer and 20 messages: 1 + 50 x (1 + 1 + (1 + 20 x 1)) = 1151.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)
from graphql.type import GraphQLField, GraphQLInterfaceType, GraphQLList, GraphQLObjectType
from graphql.type import GraphQLNonNull as NonNull

from schema.errors import refusal

DEPTH = 12
ALIASES = 30
TOKENS = 2000
COST = 10_000
PAGE = 20
LIST = 10
PRICE = "price"
"""The metadata of a field that costs more than what it selects."""
ONCE = COST // 2
"""The price of a field that a request may ask for once."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a selection."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0


class Scales:
    """Measures one operation. Each fragment is measured once, however often it is spread."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, Measure] = {}

    def operation(self, node: OperationDefinitionNode) -> Measure:
        """The size of an operation."""
        return self._selection(
            node.selection_set, self._schema.get_root_type(node.operation), paged=False
        )

    def _selection(
        self, selected: SelectionSetNode, parent: GraphQLNamedType | None, paged: bool
    ) -> Measure:
        depth = aliases = cost = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                part = self._field(node, parent, paged)
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                inner = self._schema.get_type(on.name.value) if on else parent
                part = self._selection(node.selection_set, inner, paged)
            else:
                assert isinstance(node, FragmentSpreadNode)
                part = self._fragment(node.name.value)
            depth = max(depth, part.depth)
            aliases += part.aliases
            cost += part.cost
        return Measure(depth, aliases, cost)

    def _fragment(self, name: str) -> Measure:
        if name not in self._known:
            # A fragment inside itself is refused by validation; here it counts as nothing.
            self._known[name] = Measure()
            fragment = self._fragments.get(name)
            if fragment is not None:
                on = self._schema.get_type(fragment.type_condition.name.value)
                self._known[name] = self._selection(fragment.selection_set, on, paged=False)
        return self._known[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, paged: bool) -> Measure:
        alias = 1 if node.alias else 0
        if node.name.value.startswith("__"):
            return Measure(0, alias, 0)
        if node.selection_set is None:
            return Measure(1, alias, 0)
        field = _field_of(parent, node.name.value)
        type = get_named_type(field.type) if field else None
        of_page = type is not None and type.name.endswith("Connection")
        inner = self._selection(node.selection_set, type, of_page)
        times = self._times(node, field, of_page, paged)
        cost = 1 + _price(field) + times * inner.cost
        return Measure(inner.depth + 1, inner.aliases + alias, cost)

    def _times(
        self, node: FieldNode, field: GraphQLField | None, of_page: bool, paged: bool
    ) -> int:
        if of_page:
            return self._page_size(node)
        if field is None or paged or not _is_list(field.type):
            return 1
        return LIST if is_composite_type(get_named_type(field.type)) else 1

    def _page_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value: Any = None
                if isinstance(argument.value, IntValueNode):
                    value = whole(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    value = self._variables.get(argument.value.name.value)
                if isinstance(value, int):
                    return max(value, 1)
        return PAGE


def too_much(measure: Measure) -> list[GraphQLError]:
    """What of a measured operation is over a limit."""
    found = []
    if measure.depth > DEPTH:
        found.append(_over("too_deep", "depth", measure.depth, DEPTH, "Select fewer levels."))
    if measure.aliases > ALIASES:
        found.append(
            _over("too_many_aliases", "aliases", measure.aliases, ALIASES, "Ask in several steps.")
        )
    if measure.cost > COST:
        found.append(
            _over("too_costly", "cost", measure.cost, COST, "Lower first or last, or nest less.")
        )
    return found


def whole(digits: str) -> int | None:
    """The number in a literal; None for one that no Int holds, which validation will refuse.

    Python itself raises for more than 4,300 digits.
    """
    return int(digits) if len(digits) <= 11 else None


def _over(code: str, what: str, is_: int, limit: int, hint: str) -> GraphQLError:
    message = f"The {what} of this operation is {is_}, the limit is {limit}."
    return refusal(code, message, hint=hint, limit=limit, **{what: is_})


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        field: GraphQLField | None = parent.fields.get(name)
        return field
    return None


def _price(field: GraphQLField | None) -> int:
    """What a field asks for itself, as Strawberry's declaration of it says."""
    declared = field.extensions.get("strawberry-definition") if field else None
    return int((getattr(declared, "metadata", None) or {}).get(PRICE, 0))


def _is_list(type: GraphQLOutputType) -> bool:
    while isinstance(type, NonNull):
        type = type.of_type
    return isinstance(type, GraphQLList)
