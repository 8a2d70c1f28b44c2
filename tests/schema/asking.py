"""Asking as somebody: a query's answer, a subscription's frames."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from graphql import GraphQLError

from domain.actors import Actor
from schema import execution, parsing
from schema.context import Context
from schema.live import Hub, Member
from schema.parsing import Refused
from schema.questions import Question, resumed
from schema.telling import Frame


async def ask(actor: Actor | None, query: str, **variables: Any) -> dict[str, Any]:
    """The response to a query or a verb, as its JSON."""
    context = Context(actor=actor, request_id="test-request", language="en")
    try:
        document = parsing.read(query)
        operation = document.operation(None)
        result = await execution.answer(document, operation, variables, context)
    except Refused as refused:
        return orjson.loads(execution.encode_errors(refused.errors, context))
    return orjson.loads(execution.encode(result, context))


async def data(actor: Actor | None, query: str, **variables: Any) -> Any:
    """The data of an answer that has no errors."""
    answer = await ask(actor, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


class Listening:
    """One subscriber; `frames` are the updates it was told."""

    line = None

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.payloads: list[Frame] = []
        self.errors: list[GraphQLError] = []
        self.member: Member | None = None

    def bytes_of(self, frame: Frame) -> bytes:
        """It is written to no line."""
        raise NotImplementedError

    def told(self, frame: Frame) -> None:
        """Keep a frame, or each of several."""
        for part in frame.parts or (frame,):
            self.payloads.append(part)
            answer = orjson.loads(part.payload)
            assert "errors" not in answer, answer
            (update,) = answer["data"].values()
            self.frames.append(update)

    def refused(self, errors: list[GraphQLError]) -> None:
        """Keep the refusal."""
        self.errors = errors

    async def room(self) -> None:
        """There is always room."""

    async def quiet(self) -> None:
        """Wait until all that was heard so far has been told."""
        assert self.member is not None
        group = self.member.group
        while self.member.task is not None and not self.member.task.done():
            await asyncio.wait({self.member.task})
        while group.members and not group.is_quiet:
            await asyncio.sleep(0.001)

    @property
    def cursor(self) -> str:
        """Where it stands."""
        return str(self.frames[-1]["cursor"])

    def kinds(self) -> list[str]:
        """What it was told, without its first word."""
        return [str(f.get("kind", f["__typename"])) for f in self.frames[1:]]


async def follow(hub: Hub, actor: Actor, query: str, **variables: Any) -> Listening:
    """Subscribe as somebody, and wait for the first word."""
    listening = Listening()
    document = parsing.read(query)
    asked = Question(document, document.operation(None), variables, "en")
    question, after = resumed(asked)
    listening.member = hub.join(question, actor.scope, listening, after=after)
    await listening.quiet()
    return listening
