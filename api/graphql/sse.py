"""GraphQL over server-sent events, for places where sockets are blocked: one operation a stream.

Protocol: distinct connections mode of
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

    event: next       data: a result; of a subscription with its cursor as `id`
    event: complete   nothing more will come
    :                 nothing but a sign of life

A refused document is a result too, so that a browser can read why. Who comes back with
Last-Event-ID is told what it missed. Whatever may be tried again (a client too slow, after its
Resync, or a server that stops) ends without `complete`. Members of the hub's groups as sockets are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.auth import asked_again
from api.console.stream import EventStream
from api.graphql.crowd import crowd
from api.graphql.following import followed, is_subscription, question_of
from api.graphql.outbox import Outbox
from api.graphql.viewer import Viewer
from domain.errors import DomainError, Unauthenticated
from schema import documents, execution
from schema.context import Context
from schema.errors import refusal
from schema.live import Member, hub
from schema.parsing import Refused
from schema.questions import Question
from schema.request import Asked
from schema.scalars import Cursor, read_position, show_position
from schema.telling import Frame

STREAM = "text/event-stream"
COMPLETE = b"event: complete\ndata: \n\n"
ALIVE = b":\n\n"
KEY = "\0sse"
"""Where the event of a frame is kept among what was made of it; no operation id has a NUL first."""


def names_stream(accept: str | None) -> bool:
    """Whether an Accept header asks for a stream by name."""
    return any(
        part.partition(";")[0].strip().lower() == STREAM for part in (accept or "").split(",")
    )


async def streamed(request: Request, given: Asked, context: Context) -> Response:
    """The answer as a stream; `context` knows who asks."""
    try:
        question = question_of(await documents.known(given, context), context.language)
        if is_subscription(question):
            return _following(request, question, context)
        if request.method != "POST" and question.operation.operation is not OperationType.QUERY:
            raise Refused(refusal("post_only", "Verbs are sent with POST."))
        result = await execution.answer(
            question.document, question.operation, question.variables, context
        )
    except Refused as refused:
        result = ExecutionResult(None, refused.errors)
    except DomainError as error:
        result = ExecutionResult(None, [GraphQLError(error.code, original_error=error)])
    body = event(execution.encode(result, context)) + COMPLETE
    return Response(body, media_type=STREAM, headers={"Cache-Control": "no-store"})


def event(payload: bytes, id: str = "") -> bytes:
    """A result as an event; JSON on one line."""
    place = b"id: %b\n" % id.encode() if id else b""
    return b"%bevent: next\ndata: %b\n\n" % (place, payload)


def _following(request: Request, question: Question, context: Context) -> Response:
    if crowd.is_full:
        return PlainTextResponse("Too many streams.", 503, {"Retry-After": "5"})
    question, after = followed(question, context)
    last = request.headers.get("last-event-id")
    stream = Stream(request, question, context, read_position(last) if last else after)
    return EventStream(stream.events())


class Stream(Viewer[None]):
    """One subscriber's stream."""

    __slots__ = ("_after", "_context", "_is_closed", "_is_over", "_member", "_question", "_wake")

    def __init__(
        self, request: Request, question: Question, context: Context, after: Cursor | None
    ) -> None:
        super().__init__(Outbox(self._nudge, self._too_slow))
        self._question, self._context, self._after = question, context, after
        self.actor = context.actor
        self._authenticate = asked_again(request)
        self._member: Member | None = None
        # Over: it ends after what waits. Closed: what waits is no longer for it.
        self._is_over = self._is_closed = False
        self._wake = asyncio.Event()

    async def events(self) -> AsyncIterator[bytes]:
        """What is sent, as fast as it is taken."""
        assert self.actor is not None
        crowd.enter(self)
        hub.clients.add(self)
        try:
            self._member = hub.join(self._question, self.actor.scope, self, after=self._after)
            # Whoever asks may have changed since it was looked who that is.
            self.stale()
            yield ALIVE
            while True:
                self._wake.clear()
                if waiting := self.outbox.take():
                    yield waiting
                elif self._is_over and self.outbox.is_empty:
                    return
                else:
                    await self._wake.wait()
        finally:
            self._leave()

    def _leave(self) -> None:
        crowd.leave(self)
        hub.clients.discard(self)
        if self._member is not None:
            self._member.leave()
        self.stop_all()

    # What the group tells

    line = None
    """Its outbox is fetched from, so there is always something between."""

    def bytes_of(self, frame: Frame) -> bytes:
        """A frame's event, made once for all streams."""
        written = frame.written.get(KEY)
        if written is None:
            parts = frame.parts or (frame,)
            written = b"".join(event(p.payload, show_position(p.position)) for p in parts)
            frame.written[KEY] = written
        return written

    def told(self, frame: Frame) -> None:
        """Send a frame."""
        self.outbox.put(self.bytes_of(frame))

    def refused(self, errors: list[GraphQLError]) -> None:
        """Say that it cannot be done, which ends it."""
        self._member = None
        self.outbox.put(event(execution.encode_errors(errors, self._context)) + COMPLETE)
        self._end()

    async def room(self) -> None:
        """Wait while the outbox is half full."""
        await self.outbox.room()

    # What the process tells

    def beat(self) -> None:
        """A sign of life."""
        self.outbox.put(ALIVE)

    def dismiss(self) -> None:
        """The server stops: the client comes back to another one."""
        self._end()

    def is_closing(self) -> bool:
        """As in Viewer."""
        return self._is_closed

    def close(self, code: int, reason: str) -> None:
        """As in Viewer: say why where coming back would not help."""
        if self._is_closed:
            return
        self._is_closed = True
        self.outbox.drop()
        self.outbox.release()
        if self._member is not None:
            self._member.leave()
        if code == 4403:
            self.refused([GraphQLError(reason, original_error=Unauthenticated())])
        self._end()

    def regroup(self) -> None:
        """As in Viewer."""
        self.outbox.drop()
        if self._member is not None and self.actor is not None:
            self._member.leave()
            self._member = hub.join(self._question, self.actor.scope, self, resync=True)

    # How it goes out

    def _nudge(self, message: bytes) -> bool:
        self._wake.set()
        return False

    def _too_slow(self) -> None:
        self.outbox.drop()
        member, self._member = self._member, None
        if member is not None:
            self.start(self._part(member))

    async def _part(self, member: Member) -> None:
        member.leave()
        for frame in await hub.lost(member):
            self.told(frame)
        self._end()

    def _end(self) -> None:
        self._is_over = True
        self._wake.set()
