"""Expected failures as types, and how everything else is told without telling too much.

A verb's DomainError becomes the member of its result union by itself: the handlers here match it
by class. A query's becomes a GraphQL error with the same code. What nobody expected is logged by
type, with the request's id, and shown as `internal`.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import strawberry
import structlog
from graphql import GraphQLError

from domain import broker, db, errors, words
from schema.context import Context

log = structlog.get_logger()


@strawberry.interface(description="Why a verb was refused. Nothing was changed.")
class Problem:
    """`code` is stable, `message` is for people, `field` names the input at fault."""

    code: str
    message: str
    field: str | None = None
    hint: str | None = None


P = TypeVar("P", bound=Problem)


@strawberry.type(description="It is not there, or not yours to see.")
class NotFoundProblem(Problem):
    """NotFound."""


@strawberry.type(description="You may see it, but not do this.")
class NotAllowedProblem(Problem):
    """NotAllowed."""


@strawberry.type(description="What was sent cannot be used.")
class InvalidProblem(Problem):
    """Invalid."""


@strawberry.type(description="The world has moved on: somebody was faster.")
class ConflictProblem(Problem):
    """Conflict."""


@strawberry.type(description="Slower, please.")
class TooManyProblem(Problem):
    """TooMany."""


@strawberry.type(description="A part of us is down; try again.")
class UnavailableProblem(Problem):
    """Unavailable."""


Problems: TypeAlias = (
    NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem
)

_TYPES: tuple[tuple[type[errors.DomainError], type[Problem]], ...] = (
    (errors.NotFound, NotFoundProblem),
    (errors.NotAllowed, NotAllowedProblem),
    (errors.Invalid, InvalidProblem),
    (errors.Conflict, ConflictProblem),
    (errors.TooMany, TooManyProblem),
    (errors.Unavailable, UnavailableProblem),
)


class _Handler:
    """Turns one branch of the error tree into its problem type."""

    def __init__(self, branch: type[errors.DomainError], problem: type[Problem]) -> None:
        self.exception_type = branch
        self.error_type = problem

    def handle(self, exception: Exception, *, field: Any, info: Any) -> Problem:
        """The problem to show for a DomainError."""
        assert isinstance(exception, errors.DomainError)
        return problem(self.error_type, exception, info.context.locale)


def problem(kind: type[P], error: errors.DomainError, locale: str) -> P:
    """An expected failure as a type, in somebody's words."""
    return kind(
        code=error.code,
        message=words.say(error.code, locale, **error.params),
        field=error.field,
        hint=_hint(error, locale),
    )


def handlers() -> list[Any]:
    """One handler for each branch of the tree."""
    return [_Handler(branch, problem) for branch, problem in _TYPES]


def refusal(code: str, message: str, **more: Any) -> GraphQLError:
    """An error of the door itself, with a stable code and what to do about it."""
    return GraphQLError(message, extensions={"code": code, **more})


def said(error: GraphQLError, context: Context) -> dict[str, Any]:
    """An error as the asker may see it."""
    cause = _cause(error)
    if isinstance(cause, errors.DomainError):
        return _shown(
            error, cause.code, words.say(cause.code, context.locale, **cause.params), cause
        )
    if isinstance(cause, (*db.Unreachable, *broker.Unreachable)):
        log.warning("graphql.away", error=type(cause).__name__, request_id=context.request_id)
        return _shown(error, "unavailable", words.say("unavailable", context.locale))
    if cause is None or "code" in (error.extensions or {}):
        code = str((error.extensions or {}).get("code", "bad_request"))
        return _shown(error, code, error.message)
    # Only the type: a message may hold what a customer wrote.
    log.error("graphql.failed", error=type(cause).__name__, request_id=context.request_id)
    return _shown(error, "internal", words.say("internal", context.locale)) | {
        "extensions": {"code": "internal", "requestId": context.request_id}
    }


def _hint(error: errors.DomainError, locale: str) -> str | None:
    """What to do: what the verb said, else what the catalogue advises."""
    given = error.params.get("hint")
    return str(given) if given is not None else words.hint(error.code, locale, **error.params)


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _shown(
    error: GraphQLError, code: str, message: str, cause: errors.DomainError | None = None
) -> dict[str, Any]:
    shown: dict[str, Any] = {"message": message}
    if error.locations:
        shown["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    extensions = {**(error.extensions or {}), "code": code}
    if cause is not None and cause.params:
        extensions["params"] = {name: str(value) for name, value in cause.params.items()}
    shown["extensions"] = extensions
    return shown
