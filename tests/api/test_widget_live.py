"""A customer's open chat page: every message once and in order, until the token is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from api.console.live import hub
from api.widget import talk
from domain import events, live
from domain.actors import Actor
from domain.conversations import actions as conversations
from domain.people import actions as people
from domain.people.models import Customer
from domain.people.widget import actor_of_widget, widget_token
from tests import factories
from tests.hands import Hands
from tests.people import House


@dataclass
class Chat:
    """One open page; `said` are the messages it was told, `words` the frames without content."""

    said: list[dict[str, Any]] = field(default_factory=list)
    status: list[dict[str, Any]] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, frames: AsyncIterator[bytes]) -> None:
        """Take frames until they end."""
        async for frame in frames:
            lines = dict(
                line.split(": ", 1) for line in frame.decode().splitlines() if ": " in line
            )
            match lines.get("event"):
                case "message":
                    self.said.append(orjson.loads(lines["data"]))
                case "status":
                    self.status.append({"id": int(lines["id"]), **orjson.loads(lines["data"])})
                case _:
                    self.words.append(frame)
            self.changed.set()
        self.words.append(b"end")
        self.changed.set()

    async def until(self, condition: Any) -> None:
        """Wait until it has been told."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Line:
    """Opens chats, and carries what happened to them by hand."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self, who: Actor, after: int | None = None) -> Chat:
        """A page of a customer, once it listens."""
        token = widget_token(await Customer.get(id=who.id))
        actor, chat = await actor_of_widget(token), Chat()
        frames = talk._follow(token, actor, "zh", live.reader.position if after is None else after)
        self.tasks.append(asyncio.create_task(chat.read(frames)))
        await chat.until(lambda: len(chat.words) > 1 or chat.status)
        return chat

    async def carry(self) -> None:
        """Publish what is committed and let this process hear it."""
        await self.hands.carry(live.reader)


@pytest.fixture
async def line(house: House, hands: Hands) -> AsyncIterator[Line]:
    """Nothing open yet; at the end everything is closed."""
    await hands.sequence()
    live.reader.position = await events.head()
    made = Line(hands)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert not hub._circles


async def test_a_customer_is_told_each_message_once_and_who_has_the_talk(
    house: House, line: Line
) -> None:
    before = live.reader.position
    said = await conversations.receive(house.eve, "一")
    await line.carry()
    chat, other = await line.open(house.eve, after=before), await line.open(house.frank)
    await conversations.reply(house.alice, said.conversation_id, "在的")
    await conversations.note(house.alice, said.conversation_id, "小心")
    await conversations.receive(house.eve, "二")
    await line.carry()
    await chat.until(lambda: len(chat.said) == 3)
    assert [message["text"] for message in chat.said] == ["一", "在的", "二"]
    await chat.until(lambda: chat.status[-1]["holder"] == "agent")
    assert "小心" not in str(chat.said)
    assert other.said == []


async def test_no_chat_asks_the_database_who_it_is_for_each_frame(
    house: House, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def counting(token: str) -> Actor:
        nonlocal asked
        asked += 1
        return await actor_of_widget(token)

    monkeypatch.setattr(talk, "actor_of_widget", counting)
    chat = await line.open(house.eve)
    for n in range(1, 4):
        await conversations.receive(house.eve, f"{n}")
        await line.carry()
        await chat.until(lambda n=n: len(chat.said) == n)
    assert asked == 1


async def test_a_visitor_who_has_signed_in_elsewhere_is_told_nothing_more(
    house: House, line: Line
) -> None:
    visitor = await factories.customer(house.shop, "Visitor")
    said = await conversations.receive(visitor, "在吗")
    await line.carry()
    chat = await line.open(visitor)
    await people.adopt(await Customer.get(id=visitor.id), await Customer.get(id=house.eve.id))
    await conversations.reply(house.alice, said.conversation_id, "只给登录的人看")
    await line.carry()
    await chat.until(lambda: b"end" in chat.words)
    assert chat.said == []
    assert chat.words[-2:] == [b"event: renew\ndata: \n\n", b"end"]
