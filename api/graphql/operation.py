"""One operation of a socket: what it asks, and its words in graphql-transport-ws."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import orjson
from graphql import GraphQLError

from api.graphql.wire import Direct, framed
from schema.errors import said
from schema.live import Member
from schema.questions import Question
from schema.telling import Frame, Line

if TYPE_CHECKING:
    from api.graphql.socket import Socket


class Operation:
    """For a subscription it is where the group's frames go."""

    __slots__ = ("_outbox", "keeps_on", "member", "name", "question", "socket", "task")

    def __init__(self, socket: Socket, id: str) -> None:
        self.socket, self._outbox = socket, socket.outbox
        # Most clients call it the same, and shared texts are found faster.
        self.name = sys.intern(id)
        self.question: Question | None = None
        self.member: Member | None = None
        self.task: asyncio.Task[None] | None = None
        self.keeps_on = False

    @property
    def line(self) -> Line | None:
        """The socket's transport, if it was lent; what waits in the outbox goes first."""
        wire = self.socket.wire
        return wire.line(self.name, self._outbox) if isinstance(wire, Direct) else None

    def bytes_of(self, frame: Frame) -> bytes:
        """A frame's bytes, made once for all operations of this id."""
        written = frame.written.get(self.name)
        if written is None:
            parts = frame.parts or (frame,)
            written = b"".join(self._next(part.payload) for part in parts)
            frame.written[self.name] = written
        return written

    def told(self, frame: Frame) -> None:
        """Send a frame."""
        self._outbox.put(self.bytes_of(frame), self)

    def answer(self, payload: bytes) -> None:
        """Send a result."""
        self._outbox.put(self._next(payload), self)

    def refused(self, errors: list[GraphQLError]) -> None:
        """Say that it cannot be done, which ends it."""
        context = self.socket.context()
        shown = orjson.dumps([said(error, context) for error in errors], default=str)
        self._outbox.put(framed(b'{"id":%b,"type":"error","payload":%b}' % (self._id, shown)))
        self.socket.end(self)

    def complete(self) -> None:
        """Say that it is done."""
        self._outbox.put(framed(b'{"id":%b,"type":"complete"}' % self._id), self)
        self.socket.end(self)

    async def room(self) -> None:
        """Wait while the outbox is half full."""
        await self._outbox.room()

    def stop(self) -> None:
        """End it. A verb under way is not torn off in the middle; its answer is not sent."""
        if self.member is not None:
            self.member.leave()
        if self.task is not None and not self.keeps_on:
            self.task.cancel()

    def _next(self, payload: bytes) -> bytes:
        return framed(b'{"id":%b,"type":"next","payload":%b}' % (self._id, payload))

    @property
    def _id(self) -> bytes:
        return orjson.dumps(self.name)
