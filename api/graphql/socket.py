"""graphql-transport-ws: subscriptions, queries and verbs over one socket.

Protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

    4400 an invalid message        4401 an operation before the greeting
    4403 not, or no longer, you    4406 another protocol
    4408 no greeting within 10 s   4409 an id used twice
    4413 too slow: fetch anew      4429 two greetings
    1009 a message over the limit  1013 we could not look who you are: try again
    HTTP 503 instead of a socket: this process has as many as it may (ZAIDE_MAX_SOCKETS)

What is said goes straight to the wire; only for who reads slowly it waits in an outbox. Over 1,000
frames or 1 MB the outbox is dropped: each subscription is sent Resync, and the socket is closed
with 4413. When the asker's grants, session or token change, everything is held until they were
looked at anew: the same scope goes on, another one fetches anew, nobody at all is closed with 4403.

A socket costs one task, the one that reads; hearts and deadlines are shared (api/graphql/crowd.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.auth import actor_of_socket
from api.graphql.crowd import crowd
from api.graphql.following import followed, is_subscription, moved, question_of, scope_of
from api.graphql.incoming import Closed, parsed
from api.graphql.operation import Operation
from api.graphql.outbox import Outbox
from api.graphql.viewer import Viewer, looking
from api.graphql.wire import framed, wire_of
from api.tracing import locale_of, trace_of
from domain import broker, db
from domain.errors import DomainError
from schema import documents, execution
from schema.context import Context
from schema.errors import refusal
from schema.live import hub
from schema.parsing import Refused
from schema.questions import Question
from schema.request import Malformed, asked

PROTOCOL = "graphql-transport-ws"
GREETING = 10.0
OPERATIONS = 50
PATIENCE = 10.0
PING, PONG = framed(b'{"type":"ping"}'), framed(b'{"type":"pong"}')
ACK = framed(b'{"type":"connection_ack"}')
log = structlog.get_logger()


class Socket(Viewer[Operation]):
    """One connection: what it reads, its operations, its outbox."""

    __slots__ = (
        "_closing", "_greeted", "_greeting", "_parted", "_patience", "_slow", "operations",
        "websocket", "wire",
    )  # fmt: skip

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.wire = wire_of(websocket)
        self.wire.resumed = self.resumed
        super().__init__(Outbox(self.wire.write, self._too_slow))
        self.operations: dict[str, Operation] = {}
        self._greeted = self._slow = self._parted = self._closing = False
        self._greeting: asyncio.TimerHandle | None = None
        self._patience = asyncio.timeout(None)

    async def run(self) -> None:
        """Serve until either side ends it, or takes too long over it."""
        if PROTOCOL not in self.websocket.scope.get("subprotocols", []):
            await self.websocket.accept()
            await self.websocket.close(4406, "Subprotocol not acceptable")
            return
        crowd.enter(self)
        try:
            await self.websocket.accept(subprotocol=PROTOCOL)
            loop = asyncio.get_running_loop()
            self._greeting = loop.call_later(GREETING, self._not_greeted)
            async with self._patience:
                await self._read()
        except TimeoutError:
            self.wire.abort()
        finally:
            self._leave()

    def _leave(self) -> None:
        crowd.leave(self)
        hub.clients.discard(self)
        if self._greeting is not None:
            self._greeting.cancel()
        for operation in list(self.operations.values()):
            operation.stop()
        self.stop_all()

    def context(self) -> Context:
        """A fresh execution for whoever this is now."""
        scope = self.websocket.scope
        return Context(actor=self.actor, request_id=trace_of(scope).id, language=locale_of(scope))

    # Reading

    async def _read(self) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while not self._closing:
                try:
                    await self._message()
                except Closed as closed:
                    self.close(closed.code, closed.reason)
                except (WebSocketDisconnect, asyncio.CancelledError):
                    raise
                except Exception as error:
                    log.error("socket.failed", error=type(error).__name__)
                    self.close(1011, "Internal error")
            while self.websocket.client_state is WebSocketState.CONNECTED:
                await self.websocket.receive()

    def _not_greeted(self) -> None:
        if not self._greeted:
            self.close(4408, "Connection initialisation timeout")

    async def _message(self) -> None:
        event = await self.websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        if self._closing:
            return
        message = parsed(event)
        match message["type"]:
            case "connection_init":
                await self._greet(message.get("payload"))
            case "ping":
                self.outbox.put(PONG)
            case "pong":
                pass
            case "subscribe":
                await self._begin(message)
            case "complete" if isinstance(message.get("id"), str):
                operation = self.operations.get(message["id"])
                if operation is not None:
                    self.end(operation)
            case _:
                raise Closed(4400, "Invalid message")

    async def _greet(self, payload: Any) -> None:
        if self._greeted:
            raise Closed(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise Closed(4400, "Invalid message")
        self._greeted = True
        # Known to the hub before the question is asked: a change in between is not missed.
        hub.clients.add(self)
        try:
            async with looking:
                actor, authenticate = await actor_of_socket(self.websocket, payload or {})
                while self._again:
                    self._again = False
                    actor = await authenticate()
            self.actor, self._authenticate = actor, authenticate
        except DomainError:
            raise Closed(4403, "Forbidden") from None
        except (*db.Unreachable, *broker.Unreachable):
            raise Closed(1013, "Try again later") from None
        self.outbox.put(ACK)

    # Operations

    async def _begin(self, message: dict[str, Any]) -> None:
        if not self._greeted or self._authenticate is None:
            raise Closed(4401, "Unauthorized")
        id, payload = message.get("id"), message.get("payload")
        if not isinstance(id, str) or not 0 < len(id) <= 128 or not isinstance(payload, dict):
            raise Closed(4400, "Invalid message")
        if id in self.operations:
            raise Closed(4409, f"Subscriber for {id[:40]} already exists")
        operation = self.operations[id] = Operation(self, id)
        try:
            if len(self.operations) > OPERATIONS:
                said_so = f"At most {OPERATIONS} operations on one socket."
                raise Refused(refusal("too_many_operations", said_so, limit=OPERATIONS))
            await self._ask(operation, payload)
        except Malformed:
            raise Closed(4400, "Invalid message") from None
        except Refused as refused:
            operation.refused(refused.errors)
        except DomainError as error:
            operation.refused([GraphQLError(error.code, original_error=error)])

    async def _ask(self, operation: Operation, payload: dict[str, Any]) -> None:
        given = await documents.known(asked(payload), self.context())
        if self._closing or self.operations.get(operation.name) is not operation:
            return
        question = question_of(given, locale_of(self.websocket.scope))
        if is_subscription(question):
            context = self.context()
            operation.question, after = followed(question, context)
            operation.member = hub.join(operation.question, context.scope, operation, after=after)
        else:
            operation.keeps_on = question.operation.operation is OperationType.MUTATION
            operation.task = self.start(self._answer(operation, question))

    async def _answer(self, operation: Operation, question: Question) -> None:
        context = self.context()
        try:
            result = await execution.answer(
                question.document, question.operation, question.variables, context
            )
        except Refused as refused:
            result = ExecutionResult(None, refused.errors)
        if self.operations.get(operation.name) is not operation:
            return
        if execution.is_request_error(result):
            operation.refused(result.errors or [])
        elif scope_of(self.actor) != scope_of(context.actor):
            operation.refused([moved()])
        else:
            operation.answer(execution.encode(result, context))
            operation.complete()

    def end(self, operation: Operation) -> None:
        """Forget an operation."""
        if self.operations.get(operation.name) is operation:
            del self.operations[operation.name]
        operation.stop()

    # Writing

    def _too_slow(self) -> None:
        self.outbox.drop()
        if not self._slow:
            self._slow = True
            self.start(self._part())

    def resumed(self) -> None:
        """The wire takes frames again."""
        self.outbox.flush()
        if self._parted and self.outbox.is_empty:
            self.close(4413, "Too slow")

    def close(self, code: int, reason: str) -> None:
        """Send nothing more but the end."""
        if not self._closing:
            self._closing = True
            self.outbox.close()
            self._give_up_later()
            self.start(self._end(code, reason))

    async def _end(self, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            if self.websocket.application_state is WebSocketState.CONNECTED:
                await self.websocket.close(code, reason)

    def _give_up_later(self) -> None:
        """Tear the connection off when the other side does not even take the end of it."""
        with contextlib.suppress(RuntimeError):
            self._patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)

    async def _part(self) -> None:
        """Tell a client that reads too slowly to fetch anew, and let it go."""
        operations = list(self.operations.values())
        self._give_up_later()
        for operation in operations:
            member = operation.member
            if member is not None:
                member.leave()
                for frame in await hub.lost(member):
                    operation.told(frame)
            self.end(operation)
        self._parted = True
        self.resumed()

    def is_closing(self) -> bool:
        """As in Viewer."""
        return self._closing

    def dismiss(self) -> None:
        """The server closes its sockets by itself, with 1012."""

    def beat(self) -> None:
        """Show that we are here."""
        if self.wire.is_gone:
            self.wire.abort()
        elif self._greeted:
            self.outbox.put(PING)

    # Somebody else, or nobody

    def regroup(self) -> None:
        """What waits was written for another scope: drop it, and begin anew under this one."""
        waiting = self.outbox.drop()
        dropped = {id(of): of for _, of in waiting if of is not None}
        for frame, of in waiting:
            if of is None:
                self.outbox.put(frame)
        for operation in list(self.operations.values()):
            if operation.member is not None and operation.question is not None and self.actor:
                operation.member.leave()
                operation.member = hub.join(
                    operation.question, self.actor.scope, operation, resync=True
                )
        for answered in dropped.values():
            if answered.member is None:
                answered.refused([moved()])


async def socket(websocket: WebSocket) -> None:
    """Serve one socket, or say that there is no place for it."""
    if not crowd.is_full:
        await Socket(websocket).run()
    elif "websocket.http.response" in websocket.scope.get("extensions", {}):
        full = PlainTextResponse("Too many sockets.", 503, {"Retry-After": "5"})
        await websocket.send_denial_response(full)
    else:
        await websocket.close(1013, "Try again later")
