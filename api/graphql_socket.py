"""graphql-transport-ws: subscriptions, queries and verbs over one socket.

Protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

    4400 an invalid message        4401 an operation before the greeting
    4403 not, or no longer, you    4406 another protocol
    4408 no greeting within 10 s   4409 an id used twice
    4413 too slow: fetch anew      4429 two greetings
    1009 a message over the limit  1013 we could not look who you are: try again

What is written waits in an outbox, so that nobody waits for a slow reader. Over 1,000 frames or
1 MB the outbox is dropped: each subscription is sent Resync, and the socket is closed with 4413.
When the asker's grants, session or token change, the outbox is held until they were looked at
anew: the same scope goes on, another one fetches anew, nobody at all is closed with 4403.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.auth import Reauthenticate, actor_of_socket
from api.outbox import Outbox
from api.tracing import locale_of, trace_of
from domain import broker, db
from domain.actors import Actor
from domain.errors import DomainError
from domain.routing.actions import heartbeat
from domain.settings import settings
from schema import execution
from schema.context import Context
from schema.errors import refusal, said
from schema.execution import Refused
from schema.live import Frame, Member, hub
from schema.questions import Question, resumed
from schema.request import Malformed, asked

PROTOCOL = "graphql-transport-ws"
GREETING = 10.0
HEARTBEAT = 25.0
OPERATIONS = 50
PATIENCE = 10.0
log = structlog.get_logger()


class Closed(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Operation:
    """One operation of a socket. For a subscription it is where the group's frames go."""

    def __init__(self, socket: Socket, id: str) -> None:
        self.socket = socket
        self.id = orjson.dumps(id).decode()
        self.name = id
        self.question: Question | None = None
        self.member: Member | None = None
        self.task: asyncio.Task[None] | None = None
        self.keeps_on = False

    def told(self, frame: Frame) -> None:
        """Send a frame."""
        self.answer(frame.payload)

    def answer(self, payload: str) -> None:
        """Send a result."""
        self.socket.write(f'{{"id":{self.id},"type":"next","payload":{payload}}}', self)

    def refused(self, errors: list[GraphQLError]) -> None:
        """Say that it cannot be done, which ends it."""
        context = self.socket.context()
        shown = orjson.dumps([said(error, context) for error in errors], default=str).decode()
        self.socket.write(f'{{"id":{self.id},"type":"error","payload":{shown}}}', None)
        self.socket.end(self)

    def complete(self) -> None:
        """Say that it is done."""
        self.socket.write(f'{{"id":{self.id},"type":"complete"}}', self)
        self.socket.end(self)

    async def room(self) -> None:
        """Wait while the outbox is half full."""
        await self.socket.outbox.room()

    def stop(self) -> None:
        """End it. A verb under way is not torn off in the middle; its answer is not sent."""
        if self.member is not None:
            self.member.leave()
        if self.task is not None and not self.keeps_on:
            self.task.cancel()


class Socket:
    """One connection: what it reads, its operations, its outbox."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.actor: Actor | None = None
        self.operations: dict[str, Operation] = {}
        self._authenticate: Reauthenticate | None = None
        self._greeted = False
        self.outbox: Outbox[Operation] = Outbox()
        self._again = False
        self._slow = self._parted = False
        self._writer: asyncio.Task[None] | None = None
        self._closing: Closed | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until either side ends it."""
        if PROTOCOL not in self.websocket.scope.get("subprotocols", []):
            await self.websocket.accept()
            await self.websocket.close(4406, "Subprotocol not acceptable")
            return
        await self.websocket.accept(subprotocol=PROTOCOL)
        writer = self._writer = self._start(self._write())
        self._start(self._beat())
        self._start(self._await_greeting())
        reader = self._start(self._read())
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            if not writer.done():
                await asyncio.wait({writer}, timeout=None if self._closing else 0)
        finally:
            hub.clients.discard(self)
            for operation in list(self.operations.values()):
                operation.stop()
            for task in list(self._tasks):
                task.cancel()

    def context(self) -> Context:
        """A fresh execution for whoever this is now."""
        scope = self.websocket.scope
        return Context(actor=self.actor, request_id=trace_of(scope).id, language=locale_of(scope))

    # Reading

    async def _read(self) -> None:
        try:
            while self._closing is None:
                await self._message()
        except Closed as closed:
            self.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            return
        except Exception as error:
            log.error("socket.failed", error=type(error).__name__)
            self.close(1011, "Internal error")

    async def _await_greeting(self) -> None:
        await asyncio.sleep(GREETING)
        if not self._greeted:
            self.close(4408, "Connection initialisation timeout")

    async def _message(self) -> None:
        event = await self.websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        message = _parsed(event)
        match message["type"]:
            case "connection_init":
                await self._greet(message.get("payload"))
            case "ping":
                self.write('{"type":"pong"}')
            case "pong":
                pass
            case "subscribe":
                self._begin(message)
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
            actor, authenticate = await actor_of_socket(self.websocket, payload or {})
            while self._again:
                self._again = False
                actor = await authenticate()
            self.actor, self._authenticate = actor, authenticate
        except DomainError:
            raise Closed(4403, "Forbidden") from None
        except (*db.Unreachable, *broker.Unreachable):
            raise Closed(1013, "Try again later") from None
        self.write('{"type":"connection_ack"}')

    # Operations

    def _begin(self, message: dict[str, Any]) -> None:
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
            self._ask(operation, payload)
        except Malformed:
            raise Closed(4400, "Invalid message") from None
        except Refused as refused:
            operation.refused(refused.errors)
        except DomainError as error:
            operation.refused([GraphQLError(error.code, original_error=error)])

    def _ask(self, operation: Operation, payload: dict[str, Any]) -> None:
        parameters = asked(payload)
        document = execution.read(parameters.query)
        wanted = document.operation(parameters.operation_name)
        question = Question(document, wanted, parameters.variables, locale_of(self.websocket.scope))
        if wanted.operation is OperationType.SUBSCRIPTION:
            self._subscribe(operation, question)
        else:
            operation.keeps_on = wanted.operation is OperationType.MUTATION
            operation.task = self._start(self._answer(operation, question))

    def _subscribe(self, operation: Operation, question: Question) -> None:
        execution.weigh(question.document, question.operation, question.variables)
        stranger = execution.unknown_asker(question.document, question.operation, self.context())
        if stranger is not None or self.actor is None:
            raise Refused(*((stranger and stranger.errors) or ()))
        operation.question, after = resumed(question)
        operation.member = hub.join(operation.question, self.actor.scope, operation, after=after)

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
        elif _scope(self.actor) != _scope(context.actor):
            operation.refused([_moved()])
        else:
            operation.answer(execution.encode(result, context).decode())
            operation.complete()

    def end(self, operation: Operation) -> None:
        """Forget an operation."""
        if self.operations.get(operation.name) is operation:
            del self.operations[operation.name]
        operation.stop()

    # Writing

    def write(self, text: str, of: Operation | None = None) -> None:
        """Put a message into the outbox."""
        if self._closing is not None:
            return
        self.outbox.put(text, of)
        if self.outbox.is_over and not self._slow:
            self._slow = True
            self.outbox.drop()
            self._start(self._part())

    def close(self, code: int, reason: str) -> None:
        """Send nothing more but the end."""
        if self._closing is None:
            self.outbox.drop()
            self._closing = Closed(code, reason)
            self.outbox.wake()
            self._start(self._give_up())

    async def _give_up(self) -> None:
        """Tear the connection off when the other side does not even take the end of it."""
        await asyncio.sleep(PATIENCE)
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        try:
            while self._closing is None:
                if self._parted and self.outbox.is_empty:
                    self.close(4413, "Too slow")
                elif written := self.outbox.take():
                    await self.websocket.send_text(written.text)
                else:
                    await self.outbox.changed()
            if self.websocket.application_state is WebSocketState.CONNECTED:
                await self.websocket.close(self._closing.code, self._closing.reason)
        except (WebSocketDisconnect, RuntimeError, OSError):
            return

    async def _part(self) -> None:
        """Tell a client that reads too slowly to fetch anew, and let it go."""
        operations = list(self.operations.values())
        members = [o.member for o in operations]
        self.outbox.drop()
        for operation, member in zip(operations, members, strict=True):
            if member is not None:
                member.leave()
                for frame in await hub.lost(member):
                    operation.told(frame)
            self.end(operation)
        self._parted = True
        self.outbox.wake()
        self._start(self._give_up())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            self.write('{"type":"ping"}')
            # A token or session may have run out, which is no event: look again.
            self.stale()
            if self.actor is not None:
                with contextlib.suppress(*db.Unreachable):
                    await heartbeat(self.actor)

    # Who this is, looked at anew

    def stale(self) -> None:
        """Hold everything back until it is known again who this is."""
        self._again = True
        if not self.outbox.held and self._authenticate is not None:
            self.outbox.held = True
            self._start(self._renew())

    async def _renew(self) -> None:
        actor: Actor | None = None
        while self._again:
            self._again = False
            try:
                actor = await self._who()
            except DomainError:
                self.close(4403, "Forbidden")
            except (*db.Unreachable, *broker.Unreachable):
                self.close(1013, "Try again later")
        if actor is None and self.actor is not None:
            self.close(4403, "Forbidden")
        if self._closing is None:
            before, self.actor = self.actor, actor
            if _scope(before) != _scope(actor):
                self._regroup()
            self.outbox.held = False
            self.outbox.wake()

    async def _who(self) -> Actor | None:
        """Ask, three times if the database is away: a restart should not end every socket."""
        for pause in (0.2, 1.0):
            with contextlib.suppress(*db.Unreachable, *broker.Unreachable):
                return await self._authenticate() if self._authenticate else None
            await asyncio.sleep(pause)
        return await self._authenticate() if self._authenticate else None

    def _regroup(self) -> None:
        """What waits was written for another scope: drop it, and begin anew under this one."""
        waiting = self.outbox.drop()
        dropped = {id(w.of): w.of for w in waiting if w.of is not None}
        for written in waiting:
            if written.of is None:
                self.write(written.text)
        for operation in list(self.operations.values()):
            if operation.member is not None and operation.question is not None and self.actor:
                operation.member.leave()
                operation.member = hub.join(
                    operation.question, self.actor.scope, operation, resync=True
                )
        for answered in dropped.values():
            if answered.member is None:
                answered.refused([_moved()])

    def _start(self, coroutine: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def socket(websocket: WebSocket) -> None:
    """Serve one socket."""
    await Socket(websocket).run()


def _parsed(event: Any) -> dict[str, Any]:
    """The message in a frame. Raises Closed for what is none, or is too large."""
    text = event.get("text")
    if text is None:
        raise Closed(4400, "Invalid message")
    if len(text) > settings().max_body or len(text.encode()) > settings().max_body:
        raise Closed(1009, "Message too big")
    try:
        message = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeError):
        raise Closed(4400, "Invalid message") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closed(4400, "Invalid message")
    return message


def _scope(actor: Actor | None) -> Any:
    return actor.scope if actor is not None else None


def _moved() -> GraphQLError:
    return refusal("scope_changed", "What you may see has changed: ask again.")
