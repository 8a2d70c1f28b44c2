"""Live updates: each subscription is executed once per (document, variables, scope), and shared.

A `Group` is one such execution. Everybody in it asked the same and may see the same, so that one
encoded frame serves all. `after` is no part of the group: a client that was away is first told
what it missed, up to where the group stands, and then joins it without a gap or a repetition.
Frames are told at once while the process has time; when it is behind, several at a time
(schema/pulse.py). An event wakes only the groups that follow what it happened to
(schema/topics.py).

The hub hears every event of the installation once, from the process's one reader, and also knows
the clients themselves: when somebody's grants, session or token change, their clients are told to
look again before they send anything more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol
from uuid import UUID

import structlog
from graphql import ExecutionResult, GraphQLError

from domain import live
from domain.actors import Actor, Scope
from domain.errors import DomainError
from domain.events import Happened, Kind
from schema import execution
from schema.context import Context
from schema.execution import encode
from schema.feed import Feed, Hello, Item, Lost
from schema.moments import Moment
from schema.parsing import Refused
from schema.pulse import Pulse
from schema.questions import Question
from schema.telling import Frame, Lines, Listener
from schema.topics import concerned, topic
from schema.updates import concerns

MOST_HELD = 1000
log = structlog.get_logger()


class Client(Protocol):
    """One connection of one actor."""

    @property
    def actor(self) -> Actor | None:
        """Who it belongs to."""

    def stale(self) -> None:
        """Hold everything back, and find out anew who this is."""


class Member:
    """One client's place in a group: first it catches up, then it hears what the group tells."""

    __slots__ = ("group", "held", "listener", "overrun", "seen", "task")

    def __init__(self, group: Group, listener: Listener, seen: int) -> None:
        self.group, self.listener = group, listener
        self.seen = seen
        self.held: list[Frame] | None = []
        self.overrun = False
        self.task: asyncio.Task[None] | None = None

    def tell(self, frame: Frame) -> None:
        """Pass a frame on, or keep it until this member has caught up."""
        if frame.position <= self.seen:
            return
        if self.held is None:
            self.listener.told(frame)
        elif len(self.held) < MOST_HELD:
            self.held.append(frame)
        else:
            self.overrun = True

    def go_live(self) -> None:
        """Hear the group directly from now on, after what it told in the meantime."""
        held, self.held, self.task = self.held or [], None, None
        self.group.changed()
        for frame in held:
            self.listener.told(frame)

    def leave(self) -> None:
        """Hear nothing more."""
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        self.group.drop(self)


class Group:
    """One execution and those who hear it."""

    def __init__(self, hub: Hub, question: Question, scope: Scope) -> None:
        self.hub, self.question, self.scope = hub, question, scope
        self.topic = topic(question)
        self.feed = Feed(hub.position)
        self.members: set[Member] = set()
        self._due: list[Frame] = []
        self.task = asyncio.create_task(self._run(), name="live-group")
        self._hello: Frame | None = None
        # Those who hear all that is told from here on; None while it is not known who they are.
        self._lines: Lines | None = None

    @property
    def position(self) -> int:
        """Up to where everything has been told: the hub's position when nothing waits here."""
        idle = self.feed.current is None and not self.feed.waiting
        return self.hub.position if idle else self.feed.position

    def add(self, listener: Listener, after: int | None, resync: bool) -> Member:
        """Let a client in. What happens from this moment on will reach it."""
        # A client may be ahead of this process, having been on another one before.
        until = self.position
        member = Member(self, listener, until if after is None else max(after, until))
        self.members.add(member)
        self.changed()
        opening = self._opening(member, after, until, resync)
        member.task = asyncio.create_task(self._welcome(member, opening), name="live-welcome")
        return member

    def drop(self, member: Member) -> None:
        """Let a client go; the last one ends the execution."""
        self.members.discard(member)
        self.changed()
        if not self.members:
            self.hub.forget(self)
            self.task.cancel()

    def tell(self) -> None:
        """Tell everybody what is due."""
        due, self._due = self._due, []
        if not due:
            return
        whole = due[0] if len(due) == 1 else Frame(due[-1].position, b"", tuple(due))
        if self._lines is not None:
            self._lines.tell(whole)
            return
        first, catching_up = due[0].position, []
        alike = []
        for member in self.members:
            if member.held is None and first > member.seen:
                alike.append(member.listener)
            else:
                catching_up.append(member)
        lines = Lines(alike)
        if not catching_up:
            self._lines = lines
        lines.tell(whole)
        for member in catching_up:
            for frame in due:
                member.tell(frame)

    def changed(self) -> None:
        """Somebody came, went, or hears it directly from now on."""
        self._lines = None

    @property
    def is_quiet(self) -> bool:
        """Whether all that was heard has been told."""
        return self.feed.current is None and not self.feed.waiting and not self._due

    async def _welcome(self, member: Member, opening: AsyncIterator[Frame]) -> None:
        try:
            async for frame in opening:
                await member.listener.room()
                member.listener.told(frame)
            while member.overrun:
                member.overrun, member.held = False, []
                async for frame in self.play([Lost(self.position)]):
                    member.listener.told(frame)
        except Refused as refused:
            self._refuse(member, refused.errors)
        except Exception as error:
            # Expected ones (not found, not allowed, away) are told as such, others as internal.
            self._refuse(member, [GraphQLError(type(error).__name__, original_error=error)])
        else:
            member.go_live()

    def _refuse(self, member: Member, errors: list[GraphQLError]) -> None:
        if member in self.members:
            member.leave()
            member.listener.refused(errors)

    def _refuse_all(self, errors: list[GraphQLError]) -> None:
        self.tell()
        for member in list(self.members):
            self._refuse(member, errors)

    async def _opening(
        self, member: Member, after: int | None, until: int, resync: bool
    ) -> AsyncIterator[Frame]:
        """The first frames of a client: hello and what it missed, or the call to fetch anew."""
        if resync:
            frames = self.play([Lost(until)])
        elif after is None:
            frames = self._greeting(until)
        else:
            missed = await self._missed(after, until)
            if missed is None:
                # The place it named is not ours, so nothing of ours was seen there.
                member.seen = until
                frames = self.play([Lost(until)])
            else:
                frames = self.play([Hello(after), *missed])
        async for frame in frames:
            yield frame

    async def _missed(self, after: int, until: int) -> list[Happened] | None:
        if self.scope.shop_id is None:
            return None
        missed = await live.missed(self.scope.shop_id, after, until)
        if missed is None:
            return None
        return [event for event in missed if concerns(self.scope, event)]

    async def _greeting(self, position: int) -> AsyncIterator[Frame]:
        """The hello, which all who come at the same moment share."""
        if self._hello is None or self._hello.position != position:
            async for frame in self.play([Hello(position)]):
                self._hello = frame
                yield frame
        else:
            yield self._hello

    async def play(self, items: Iterable[Item]) -> AsyncIterator[Frame]:
        """Execute for these items alone. Raises Refused where the subscription cannot begin."""
        feed = Feed(0, items, closed=True)
        async for result in await self._subscribe(feed):
            yield self._frame(result, feed)

    async def _run(self) -> None:
        while True:
            try:
                async for result in await self._subscribe(self.feed):
                    self._due.append(self._frame(result, self.feed))
                    self.hub.pulse.due(self)
                return None
            except Refused as refused:
                return self._refuse_all(refused.errors)
            except DomainError as error:
                return self._refuse_all([GraphQLError(error.code, original_error=error)])
            except Exception as error:
                # Whatever went wrong over one event, nobody is left with a gap.
                log.error("live.group_failed", error=type(error).__name__)
                self.feed.repeat_lost()
                self.feed.tell()
                await asyncio.sleep(0.1)

    async def _subscribe(self, feed: Feed) -> AsyncIterator[ExecutionResult]:
        question, language = self.question, self.question.language
        context = Context(shared=self.scope, language=language, feed=feed)
        return await execution.follow(
            question.document, question.operation, question.variables, context
        )

    def _frame(self, result: ExecutionResult, feed: Feed) -> Frame:
        """The frame of the item at hand, which is told from here on."""
        item = feed.current
        assert item is not None
        if result.errors and not isinstance(item, Lost):
            feed.repeat_lost()
        feed.tell()
        body = encode(result, Context(shared=self.scope, language=self.question.language))
        return Frame(item.position, body)


class Hub:
    """All groups and clients of this process."""

    def __init__(self) -> None:
        self.position = 0
        self.clients: set[Client] = set()
        self.pulse = Pulse()
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._by_topic: defaultdict[UUID | None, set[Group]] = defaultdict(set)

    def attach(self, reader: live.Reader) -> Callable[[], None]:
        """Hear a reader that has started; gives the function that ends it."""
        self.position = reader.position
        return reader.listen(self.hear)

    def hear(self, event: Happened) -> None:
        """Pass an event to the groups it concerns, once the clients it concerns are held."""
        self.position = event.position
        if event.kind in _IDENTITY:
            for client in list(self.clients):
                # Who has no actor yet may just be being looked up, before the change.
                if client.actor is None or changes(client.actor, event):
                    client.stale()
        once = Moment()
        for place in concerned(event):
            for group in self._by_topic.get(place, ()):
                if group.topic.hears(event) and concerns(group.scope, event):
                    group.feed.push(event, once)

    def join(
        self,
        question: Question,
        scope: Scope,
        listener: Listener,
        *,
        after: int | None = None,
        resync: bool = False,
    ) -> Member:
        """Subscribe: `after` begins with what was missed since, `resync` with fetching anew."""
        key = (*question.key, scope)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(self, question, scope)
            self._by_topic[group.topic.id or scope.shop_id].add(group)
        return group.add(listener, after, resync)

    def forget(self, group: Group) -> None:
        """A group has ended."""
        key = (*group.question.key, group.scope)
        if self._groups.get(key) is group:
            del self._groups[key]
        place = group.topic.id or group.scope.shop_id
        beside = self._by_topic[place]
        beside.discard(group)
        if not beside:
            del self._by_topic[place]

    async def lost(self, member: Member) -> list[Frame]:
        """The call to fetch anew, for a member that is too slow to be told more."""
        with contextlib.suppress(Refused):
            return [frame async for frame in member.group.play([Lost(member.group.position)])]
        return []

    @property
    def groups(self) -> int:
        """How many executions are shared."""
        return len(self._groups)


_IDENTITY = frozenset(
    {
        Kind.GRANT_CHANGED.value,
        Kind.SESSION_ENDED.value,
        Kind.SHOP_SWITCHED.value,
        Kind.TOKEN_REVOKED.value,
        Kind.CUSTOMER_MERGED.value,
    }
)


def changes(actor: Actor, event: Happened) -> bool:
    """Whether after this event the actor may no longer be who they were."""

    def named(name: str, id: UUID | None) -> bool:
        return id is not None and str(event.data.get(name)) == str(id)

    return (
        named("person_id", actor.person_id)
        or named("grant_id", actor.id)
        or named("session_id", actor.session_id)
        or named("token_id", actor.id)
        or named("merged", actor.customer_id)
    )


hub = Hub()
