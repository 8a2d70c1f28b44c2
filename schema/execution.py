"""From a document to an answer: compiled, shared with others, or interpreted by graphql-core.

Strawberry made the schema; graphql-core executes what plans (schema/compiled) do not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import isawaitable
from typing import Any

import orjson
import structlog
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    map_source_to_response_event,
)

from domain.actors import Scope
from domain.settings import settings
from domain.words import hint, say
from schema.answers import Answers
from schema.compiled import plan
from schema.context import Context
from schema.errors import refusal, said
from schema.parsing import Document, Refused, coded, core, weigh
from schema.ready import Ready

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answered:
    """The bytes of an answer, and whether the request failed before anything ran."""

    body: bytes
    is_request_error: bool = False


async def answered(ready: Ready, context: Context) -> Answered:
    """As `answer`, in bytes: perhaps an answer that others got."""
    actor = context.actor
    if actor and actor.as_of and ready.kind is OperationType.QUERY and answers().most:
        scope, language = actor.scope, context.locale
        key = ready.key, scope, language, actor.as_of
        body = await answers().get(key, partial(_shared, ready, scope, language))
        if body is not None:
            context.path = "shared"
            return Answered(body)
    result = await _answer(ready, context)
    return Answered(encode(result, context), is_request_error(result))


async def _shared(ready: Ready, scope: Scope, language: str) -> bytes | None:
    """The answer that everybody of a scope gets; None for one that depends on more than that."""
    context = Context(shared=scope, language=language)
    try:
        made, values = ready.plan(scope.is_staff)
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
    return await _answer(Ready(document, operation, variables), context)


async def _answer(ready: Ready, context: Context) -> ExecutionResult:
    stranger = unknown_asker(ready.document, ready.operation, context)
    if stranger is not None:
        return stranger
    if ready.kind is OperationType.QUERY:
        try:
            return await compiled(ready, context)
        except Exception as error:
            # Whatever it was, graphql-core meets it again, and tells it as it should be told.
            log.debug("graphql.not_compiled", error=type(error).__name__)
            context.refresh()
    return await interpreted(ready, context)


async def compiled(ready: Ready, context: Context) -> ExecutionResult:
    """Run a query by its plan. Raises Unknown for what plans do not understand."""
    made, values = ready.plan(context.scope.is_staff)
    data = await made.answer(values, context)
    context.path = "compiled"
    return data if isinstance(data, ExecutionResult) else ExecutionResult(data, None)


async def interpreted(ready: Ready, context: Context) -> ExecutionResult:
    """Run an operation by graphql-core."""
    context.path = "interpreted"
    name = ready.operation.name
    result = execute(
        core,
        ready.document.node,
        context_value=context,
        variable_values=ready.variables,
        operation_name=name.value if name else None,
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
