"""Customers who talk all at once, each in order, and repeat themselves until they are heard."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from api.talk.door import Away, Door

PATIENCE = 30.0
TEXTS = (
    "你好，在吗",
    "卡密无效，提示已被使用",
    "付款了但是没有收到卡密",
    "怎么修改绑定的邮箱？",
    "我要退款",
    "支付宝扣了两次钱",
    "有没有 Steam 充值卡 50 元的",
    "How do I redeem the card?",
    "谢谢",
    "你们几点下班",
)


@dataclass
class Shopper:
    """A customer, and what they were told is stored: client ids in the order of sending."""

    door: Door
    acknowledged: list[str] = field(default_factory=list)
    slowest: float = 0.0
    position: int = 0
    heard: list[int] = field(default_factory=list)
    """The positions of the messages that the stream told, in the order of telling."""

    @property
    def id(self) -> UUID:
        """The customer's id."""
        return UUID(self.door.customer["id"])

    async def say(self, text: str) -> None:
        """Send until acknowledged, each time under the same id."""
        client_id = secrets.token_hex(12)
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            try:
                await self.door.say(text, client_id)
            except Away:
                await asyncio.sleep(0.1)
                continue
            self.acknowledged.append(client_id)
            self.slowest = max(self.slowest, time.monotonic() - began)
            return
        raise TimeoutError(f"not acknowledged within {PATIENCE} s")

    async def listen(self) -> None:
        """Follow the stream from where it broke, again and again, until cancelled."""
        while True:
            with contextlib.suppress(Away):
                async for news in self.door.news(self.position):
                    if news.kind == "message":
                        self.heard.append(news.position)
                    assert news.kind in ("message", "status")
                    self.position = max(self.position, news.position)
            await asyncio.sleep(0.1)


class Crowd:
    """Some shoppers; together they say `rate` messages a second."""

    def __init__(self, shoppers: Sequence[Shopper], rate: float) -> None:
        self.shoppers = shoppers
        self.rate = rate

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Everybody keeps the page open. What went wrong with a stream is raised at the end."""
        ears = [asyncio.create_task(shopper.listen()) for shopper in self.shoppers]
        try:
            yield
        finally:
            for ear in ears:
                ear.cancel()
            ended = await asyncio.gather(*ears, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def talk(self, seconds: float) -> None:
        """Everybody says their messages one after the other; nobody overtakes himself."""
        each = round(self.rate * seconds / len(self.shoppers))
        pause = seconds / each
        async with asyncio.TaskGroup() as group:
            for place, shopper in enumerate(self.shoppers):
                group.create_task(self._talk(shopper, place, each, pause))

    async def _talk(self, shopper: Shopper, place: int, each: int, pause: float) -> None:
        began = asyncio.get_running_loop().time() + pause * place / len(self.shoppers)
        for number in range(each):
            due = began + number * pause - asyncio.get_running_loop().time()
            if due > 0:
                await asyncio.sleep(due)
            await shopper.say(f"{TEXTS[(place + number) % len(TEXTS)]} {number}")

    @property
    def acknowledged(self) -> int:
        """How many messages they know to be stored."""
        return sum(len(shopper.acknowledged) for shopper in self.shoppers)


async def gather(http: httpx.AsyncClient, count: int, rate: float) -> Crowd:
    """Strangers who have just opened the shop's page."""
    shoppers = [Shopper(Door(http)) for _ in range(count)]
    for shopper in shoppers:
        await shopper.door.enter()
        shopper.position = (await shopper.door.said())["position"]
    return Crowd(shoppers, rate)
