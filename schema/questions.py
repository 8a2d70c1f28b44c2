"""What a subscription asks, told apart from where its client stood when it last heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from graphql import (
    ArgumentNode,
    NullValueNode,
    OperationDefinitionNode,
    StringValueNode,
    VariableNode,
    Visitor,
    visit,
)

from schema.parsing import Document
from schema.scalars import Cursor, read_position, show_position


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A subscription: its document and variables, without the place to resume from."""

    document: Document
    operation: OperationDefinitionNode
    variables: dict[str, Any] = field(default_factory=dict)
    language: str = "zh"

    @property
    def key(self) -> tuple[str, str, bytes, str]:
        """What makes two questions the same one."""
        name = self.operation.name.value if self.operation.name else ""
        variables = orjson.dumps(self.variables, option=orjson.OPT_SORT_KEYS)
        return self.document.text, name, variables, self.language


def resumed(question: Question) -> tuple[Question, Cursor | None]:
    """The question without its `after`, and the place that it named. Raises BadCursor.

    A variable that is used for `after` alone does not tell two subscribers apart. One that is
    used elsewhere as well, and a place written into the document, do; that is rare and costs
    sharing only.
    """
    argument = _after(question)
    if argument is None or isinstance(argument.value, NullValueNode):
        return question, None
    if not isinstance(argument.value, VariableNode):
        literal = argument.value
        given = literal.value if isinstance(literal, StringValueNode) else None
        return question, read_position(given)
    name = argument.value.name.value
    value = question.variables.get(name, _default(question.operation, name))
    cursor = None if value is None else read_position(value)
    if _uses(question, name) == 1:
        return replace(question, variables=_without(question.variables, name)), cursor
    return question, cursor


def _after(question: Question) -> ArgumentNode | None:
    for selected in question.document.selected(question.operation):
        for argument in selected.arguments or ():
            if argument.name.value == "after":
                return argument
    return None


def _default(operation: OperationDefinitionNode, name: str) -> Any:
    for definition in operation.variable_definitions or ():
        if definition.variable.name.value == name:
            return getattr(definition.default_value, "value", None)
    return None


def _without(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The same for everybody, and valid even where the variable must be given."""
    return {**variables, name: show_position(0)}


class _Uses(Visitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.count = name, 0

    def enter_variable_definition(self, *_: Any) -> Any:
        """Not a use."""
        return False

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        """A use, perhaps of ours."""
        self.count += node.name.value == self.name


def _uses(question: Question, name: str) -> int:
    found = _Uses(name)
    visit(question.document.node, found)
    return found.count
