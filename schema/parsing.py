"""From a document's text to a document: parsed, checked and measured once, and kept.

Documents are kept by their text, the most recent 512 of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from domain.settings import settings
from schema.errors import refusal
from schema.limits import TOKENS, Measure, Scales, too_much, whole
from schema.root import schema

KEPT = 512
KEPT_LENGTH = 16_384
core: GraphQLSchema = schema._schema


class Refused(Exception):
    """The request was turned away before anything ran; `errors` say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__()
        self.errors = list(errors)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A parsed and valid document."""

    text: str
    node: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises Refused if it is not in the document, or not named."""
        found = [o for o in self.operations if name in (None, o.name.value if o.name else None)]
        if len(found) == 1:
            return found[0]
        if name is None:
            raise Refused(refusal("operation_unnamed", "operationName says which one to run."))
        raise Refused(refusal("operation_unknown", "The document has no such operation."))

    def selected(self, operation: OperationDefinitionNode) -> Iterator[FieldNode]:
        """The root fields of an operation, those in fragments too."""
        yield from _fields(operation.selection_set, self.fragments, set())


def read(text: str) -> Document:
    """The document of a text. Raises Refused if it is malformed, invalid or too large."""
    introspect = settings().development
    check = _check if len(text) > KEPT_LENGTH else _kept
    found = check(text, introspect)
    if isinstance(found, Refused):
        raise Refused(*found.errors)
    return found


def weigh(
    document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> None:
    """Measure an operation with its variables. Raises Refused above a limit."""
    sizes = tuple((name, variables.get(name)) for name in _sizes(document))
    plain = all(value is None or type(value) is int for _, value in sizes)
    number = next(n for n, each in enumerate(document.operations) if each is operation)
    measured = _measured if plain else _measured.__wrapped__
    over = too_much(measured(document, number, sizes if plain else tuple(variables.items())))
    if over:
        raise Refused(*over)


@lru_cache(maxsize=KEPT)
def _measured(document: Document, number: int, variables: tuple[tuple[str, Any], ...]) -> Measure:
    operation = document.operations[number]
    given = _given(operation, {name: value for name, value in variables if value is not None})
    return Scales(core, document.fragments, given).operation(operation)


@lru_cache(maxsize=KEPT)
def _kept(text: str, introspect: bool) -> Document | Refused:
    return _check(text, introspect)


def _check(text: str, introspect: bool) -> Document | Refused:
    try:
        node = parse(text, max_tokens=TOKENS)
    except GraphQLSyntaxError as error:
        return Refused(_malformed(error))
    except (RecursionError, UnicodeError):
        return Refused(refusal("too_deep", "The document is nested too deeply."))
    document = _document(text, node)
    measures = [Scales(core, document.fragments, {}).operation(o) for o in document.operations]
    # The cost depends on variables; depth and aliases do not, and must be known before the rules
    # of validation, some of which take long over a hostile document.
    over = [
        e for m in measures for e in too_much(m) if (e.extensions or {})["code"] != "too_costly"
    ]
    if over:
        return Refused(*over)
    rules = [*specified_rules, *([] if introspect else [NoSchemaIntrospectionCustomRule])]
    invalid = validate(core, node, rules, max_errors=20, hide_suggestions=not introspect)
    invalid = invalid or _unusable(node)
    return (
        Refused(*(coded(error, "invalid_document") for error in invalid)) if invalid else document
    )


def _document(text: str, node: DocumentNode) -> Document:
    operations = [d for d in node.definitions if isinstance(d, OperationDefinitionNode)]
    fragments = [d for d in node.definitions if isinstance(d, FragmentDefinitionNode)]
    return Document(text, node, tuple(operations), {f.name.value: f for f in fragments})


def _malformed(error: GraphQLSyntaxError) -> GraphQLError:
    if "tokens" in error.message:
        message = f"The document has more than {TOKENS} tokens."
        return refusal("too_many_tokens", message, hint="Ask in several steps.", limit=TOKENS)
    if "nested too deeply" in error.message:
        return refusal("too_deep", "The document is nested too deeply.")
    return coded(error, "malformed_document")


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The error with a code, unless it has one."""
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


class _Strings(Visitor):
    """Finds texts that no database keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[StringValueNode] = []

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Look at a literal."""
        if not usable(node.value):
            self.bad.append(node)


def _unusable(node: DocumentNode) -> list[GraphQLError]:
    strings = _Strings()
    visit(node, strings)
    return [
        GraphQLError(
            "A text holds NUL or half a character.", [bad], extensions={"code": "invalid_text"}
        )
        for bad in strings.bad
    ]


def usable(text: str) -> bool:
    """Whether a text has neither NUL nor a lone surrogate."""
    return (text.isascii() and "\0" not in text) or (
        "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
    )


def _given(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables with their defaults, as far as page sizes need them."""
    given = dict(variables)
    for definition in operation.variable_definitions or ():
        name, default = definition.variable.name.value, definition.default_value
        if name not in given and default is not None and hasattr(default, "value"):
            text = str(default.value)
            given[name] = whole(text) if text.isdigit() else None
    return given


class _Sizes(Visitor):
    """Finds the variables that are page sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Look at `first` and `last`."""
        if node.name.value in ("first", "last") and isinstance(node.value, VariableNode):
            self.names.add(node.value.name.value)


@lru_cache(maxsize=KEPT)
def _sizes(document: Document) -> tuple[str, ...]:
    found = _Sizes()
    visit(document.node, found)
    return tuple(sorted(found.names))


def _fields(
    selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[FieldNode]:
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in seen:
                seen.add(name)
                yield from _fields(fragments[name].selection_set, fragments, seen)
        else:
            assert isinstance(node, InlineFragmentNode)
            yield from _fields(node.selection_set, fragments, seen)
