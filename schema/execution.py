"""From a document's text to a result: parse, check and measure once, then execute.

Documents are kept by their text, parsed and validated, the most recent 512 of them. graphql-core
executes what plans (schema/compiled) do not; Strawberry made the schema.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import isawaitable
from typing import Any

import orjson
import structlog
from graphql import (
    ArgumentNode,
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    Visitor,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    map_source_to_response_event,
    parse,
    specified_rules,
    validate,
    visit,
)

from domain.actors import Scope
from domain.settings import settings
from domain.words import hint, say
from schema.answers import Answers
from schema.compiled import plan
from schema.context import Context
from schema.errors import refusal, said
from schema.limits import TOKENS, Measure, Scales, too_much, whole
from schema.root import schema

KEPT = 512
KEPT_LENGTH = 16_384
core: GraphQLSchema = schema._schema
log = structlog.get_logger()


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


@dataclass(frozen=True, slots=True)
class Answered:
    """The bytes of an answer, and whether the request failed before anything ran."""

    body: bytes
    is_request_error: bool = False


async def answered(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> Answered:
    """As `answer`, in bytes: perhaps an answer that others got. Raises Refused."""
    actor = context.actor
    if operation.operation is OperationType.QUERY and actor and actor.as_of and answers().most:
        weigh(document, operation, variables)
        raw, scope, language = orjson.dumps(variables), actor.scope, context.locale
        key = (document, operation.name and operation.name.value, raw, scope, language, actor.as_of)
        make = partial(_shared, document, operation, variables, scope, language)
        body = await answers().get(key, make)
        if body is not None:
            context.path = "shared"
            return Answered(body)
    result = await answer(document, operation, variables, context)
    return Answered(encode(result, context), is_request_error(result))


async def _shared(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    scope: Scope,
    language: str,
) -> bytes | None:
    """The answer that everybody of a scope gets; None for one that depends on more than that."""
    context = Context(shared=scope, language=language)
    try:
        made, values = plan.planned(document, operation, variables, scope.is_staff)
        data = await made.answer(values, context) if made.is_shareable else None
    except Exception:
        # Answered for the asker alone, and told as it should be told.
        return None
    return encode(ExecutionResult(data, None), context) if type(data) is dict else None


@lru_cache(maxsize=1)
def answers() -> Answers:
    """The shared answers of this process."""
    return Answers(settings().response_cache * 2**20)


async def answer(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> ExecutionResult:
    """Run a query or a mutation. Raises Refused for what is over a limit.

    A query runs compiled, if it can; `context.path` tells which way it went.
    """
    weigh(document, operation, variables)
    stranger = unknown_asker(document, operation, context)
    if stranger is not None:
        return stranger
    if operation.operation is OperationType.QUERY:
        try:
            return await compiled(document, operation, variables, context)
        except Exception as error:
            # Whatever it was, graphql-core meets it again, and tells it as it should be told.
            log.debug("graphql.not_compiled", error=type(error).__name__)
            context.refresh()
    return await interpreted(document, operation, variables, context)


async def compiled(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> ExecutionResult:
    """Run a query by its plan. Raises Unknown for what plans do not understand."""
    made, values = plan.planned(document, operation, variables, context.scope.is_staff)
    data = await made.answer(values, context)
    context.path = "compiled"
    return data if isinstance(data, ExecutionResult) else ExecutionResult(data, None)


async def interpreted(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> ExecutionResult:
    """Run an operation by graphql-core."""
    context.path = "interpreted"
    result = execute(
        core,
        document.node,
        context_value=context,
        variable_values=variables,
        operation_name=operation.name.value if operation.name else None,
        hide_suggestions=not settings().development,
    )
    answered = await result if isawaitable(result) else result
    if is_request_error(answered):
        for error in answered.errors or ():
            coded(error, "invalid_variables")
    return answered


async def follow(
    document: Document,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> AsyncIterator[ExecutionResult]:
    """The updates of a subscription, each shown by its plan, if it can be.

    Raises Refused for one that cannot begin.
    """
    executor = Executor.build(
        core,
        document.node,
        context_value=context,
        raw_variable_values=variables,
        operation_name=operation.name.value if operation.name else None,
        hide_suggestions=True,
    )
    begun: Any = executor if isinstance(executor, list) else create_source_event_stream(executor)
    stream = await begun if isawaitable(begun) else begun
    errors = stream.errors if isinstance(stream, ExecutionResult) else stream
    if isinstance(executor, list) or isinstance(stream, ExecutionResult):
        raise Refused(*(coded(error, "invalid_variables") for error in errors or ()))

    async def show(one: Executor[Any]) -> ExecutionResult:
        try:
            made, values = plan.planned(document, operation, variables, context.scope.is_staff)
            return ExecutionResult(await made.shown(one.root_value, values, context), None)
        except Exception as error:
            log.debug("graphql.not_compiled", error=type(error).__name__)
            shown = execute_subscription_event(one)
            return await shown if isawaitable(shown) else shown

    return map_source_to_response_event(executor, stream, show)


def unknown_asker(
    document: Document, operation: OperationDefinitionNode, context: Context
) -> ExecutionResult | None:
    """What somebody unknown gets: null and `unauthenticated`, but for __typename and the like."""
    if context.actor is not None:
        return None
    errors = []
    for field in document.selected(operation):
        if not field.name.value.startswith("__"):
            key = field.alias.value if field.alias else field.name.value
            told = say("unauthenticated", context.locale)
            error = refusal("unauthenticated", told, hint=hint("unauthenticated", context.locale))
            errors.append(
                GraphQLError(error.message, [field], path=[key], extensions=error.extensions)
            )
    return ExecutionResult(None, errors) if errors else None


def is_request_error(result: ExecutionResult) -> bool:
    """Whether it failed before execution began (variables, say): then there is no data entry."""
    errors = result.errors or []
    return result.data is None and bool(errors) and all(error.path is None for error in errors)


def encode(result: ExecutionResult, context: Context) -> bytes:
    """The response's JSON. Errors are masked here and nowhere else."""
    body: dict[str, Any] = {} if is_request_error(result) else {"data": result.data}
    if result.errors:
        body["errors"] = [said(error, context) for error in result.errors]
    return orjson.dumps(body, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str)


def encode_errors(errors: list[GraphQLError], context: Context) -> bytes:
    """The response to a request that was turned away."""
    return encode(ExecutionResult(None, errors), context)


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
            yield from _fields(node.selection_set, fragments, seen)  # type: ignore[attr-defined]


def is_kind(operation: OperationDefinitionNode, *kinds: OperationType) -> bool:
    """Whether an operation is of one of these kinds."""
    return operation.operation in kinds
