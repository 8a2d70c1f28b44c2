"""The demo shop's buyers, signed in by the shop's word, who write as people write."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from api.talk.door import Away, Door, assertion

TALKS = (
    ("你好", "卡密提示无效 {order}", "谢谢"),
    ("{order} 付了款没收到卡密", "那要等多久呢", "好的谢谢"),
    ("Steam 50 的有货吗", "怎么付款", "嗯嗯知道了"),
    ("在吗", "{order} 充值没到账", "我再看看"),
    ("充值卡怎么使用", "在哪里输入卡密", "ok 谢谢"),
    ("订单 {order} 到哪一步了", "好的", "辛苦了"),
    ("Hi", "my key for {order} does not work", "thanks"),
    ("忘记查询密码了怎么办", "可以开发票吗", "谢谢啦"),
    ("这个卡密有效期多久", "{order} 这个过期了吗", "好"),
    ("支持微信支付吗", "下单之后多久发货", "好的"),
)
TRIES = 3


@dataclass(slots=True)
class Sent:
    """One message: when it was sent, and when each of the three things had happened."""

    client_id: str
    at: float
    stored: float | None = None
    shown: float | None = None
    answered: float | None = None


@dataclass
class Buyer:
    """A customer with a page open. `waiting` are their messages that the bot has yet to answer."""

    door: Door
    lines: deque[str] = field(default_factory=deque)
    waiting: deque[Sent] = field(default_factory=deque)
    sent: list[Sent] = field(default_factory=list)
    holder: str = "bot"
    failures: int = 0
    is_open: bool = False
    _page: asyncio.Task[None] | None = None

    @property
    def has_gone(self) -> bool:
        """Whether nothing more will be said, and nothing is waited for."""
        return not self.lines and (not self.waiting or self.holder == "queue")

    def open(self) -> None:
        """Open the page; `is_open` once it follows what happens."""
        self._page = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Close the page. Raises what went wrong with it."""
        self.is_open = False
        if self._page is not None:
            self._page.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._page

    async def enter(self, who: str, talk: tuple[str, ...]) -> None:
        """Sign in with the shop's word; the lines are about an order of their own."""
        await self.door.enter(await assertion(self.door.http, who))
        own = await self.door.orders()
        number = own[0]["number"] if own else ""
        self.lines.extend(line.replace("{order}", number).strip() for line in talk)

    async def say(self, known: dict[str, Sent]) -> None:
        """Say the next line; `known` finds it again by its id."""
        sent = Sent(secrets.token_hex(12), time.perf_counter())
        known[sent.client_id] = sent
        self.sent.append(sent)
        self.waiting.append(sent)
        line = self.lines.popleft()
        for _ in range(TRIES):
            try:
                await self.door.say(line, sent.client_id)
            except Away:
                self.failures += 1
                continue
            sent.stored = time.perf_counter()
            return

    async def _listen(self) -> None:
        position = -1
        while True:
            try:
                if position < 0:
                    position = (await self.door.said())["position"]
                self.is_open = True
                async for news in self.door.news(position):
                    position = max(position, news.position)
                    self._hear(news.kind, news.data)
            except Away:
                self.failures += 1
            await asyncio.sleep(0.2)

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "status":
            self.holder = data["holder"]
        elif kind == "message" and data["author"] == "bot" and self.waiting:
            # A buyer says the next line only seconds later, so the first that waits is meant.
            self.waiting.popleft().answered = time.perf_counter()
