"""What every live door does with what it is asked, before anything runs."""

from __future__ import annotations

from graphql import GraphQLError, OperationType

from domain.actors import Actor, Scope
from schema import execution, parsing
from schema.context import Context
from schema.errors import refusal
from schema.parsing import Refused
from schema.questions import Question, resumed
from schema.request import Asked
from schema.scalars import Cursor


def question_of(given: Asked, language: str) -> Question:
    """The question in a request's parameters. Raises Refused."""
    document = parsing.read(given.query)
    operation = document.operation(given.operation_name)
    return Question(document, operation, given.variables, language)


def is_subscription(question: Question) -> bool:
    """Whether it is answered more than once."""
    return question.operation.operation is OperationType.SUBSCRIPTION


def followed(question: Question, context: Context) -> tuple[Question, Cursor | None]:
    """What a subscription follows, and the place it named to resume from.

    Raises Refused over a limit or for somebody unknown, and BadCursor.
    """
    parsing.weigh(question.document, question.operation, question.variables)
    stranger = execution.unknown_asker(question.document, question.operation, context)
    if stranger is not None or context.actor is None:
        raise Refused(*((stranger and stranger.errors) or ()))
    return resumed(question)


def scope_of(actor: Actor | None) -> Scope | None:
    """What somebody may see; None for nobody."""
    return actor.scope if actor is not None else None


def moved() -> GraphQLError:
    """The refusal of what was found for another scope."""
    return refusal("scope_changed", "What you may see has changed: ask again.")
