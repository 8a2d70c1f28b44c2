"""The scripted customers: they come, write at a human pace, wait for answers and go."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.markup import escape

from api.talk.door import Away, Door, News, Refused, assertion
from api.talk.lines import SCRIPTS, Script
from domain import clock
from domain.demo import buyer
from domain.orders.connectors.demo import generate

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red", "bright_cyan", "bright_magenta")
SHOWN = {"bot": "在的", "agent": ""}
PATIENCE = 30.0
"""Seconds to wait for the bot; for a person a customer waits a little and then goes on."""


class NobodyOpens(Exception):
    """The installation is not there, or has no demo shop. The text is one sentence."""


@dataclass(slots=True)
class Outcome:
    """How a talk went. `unanswered` are lines the bot left without an answer."""

    who: str
    said: int = 0
    answers: int = 0
    unanswered: int = 0
    holder: str = "bot"


class Pace:
    """How long people take. `fast` leaves all pauses out, for tests."""

    def __init__(self, *, fast: bool) -> None:
        self.fast = fast

    async def type(self, line: str) -> None:
        """Read what was answered, think, and type a line."""
        if not self.fast:
            await asyncio.sleep(random.uniform(1.5, 4.0) + min(0.12 * len(line), 6.0))

    async def wait(self) -> float:
        """How long to wait for a person before going on."""
        return 0.0 if self.fast else random.uniform(6.0, 12.0)


class Customer:
    """One customer who plays a script. `taken` are the buyers whom others of the play are."""

    def __init__(
        self, door: Door, script: Script, console: Console, colour: str, taken: set[str]
    ) -> None:
        self.door, self.script, self.console, self.colour = door, script, console, colour
        self.taken = taken
        self.outcome = Outcome(script.who)
        self._answered = asyncio.Event()
        self._order = ""

    async def play(self, pace: Pace) -> Outcome:
        """Come, say all lines, and go. Raises Refused, and Away when nobody opens."""
        await self._enter()
        ear = asyncio.create_task(self._listen((await self.door.said())["position"]))
        try:
            for line in self.script.lines:
                await pace.type(line)
                await self._say(line.replace("{order}", self._order))
                await self._await_answer(await pace.wait())
        finally:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear
        return self.outcome

    async def _enter(self) -> None:
        """A stranger, or a buyer who has an order of the kind that the script is about.

        The buyer has said nothing yet, if there is such a one left: a talk that a person already
        holds gets no answer from the bot.
        """
        if not self.script.verdict:
            await self.door.enter()
            return
        buyers = [who for who in _buyers_with(self.script.verdict) if who not in self.taken]
        for who in random.sample(buyers, len(buyers)):
            self.taken.add(who)
            await self.door.enter(await assertion(self.door.http, who))
            if not (await self.door.said())["messages"]:
                break
        own = await self.door.orders()
        about = [order for order in own if order["verdict"] == self.script.verdict.upper()]
        self._order = (about or own)[0]["number"] if own else ""

    async def _say(self, line: str) -> None:
        client_id, deadline = secrets.token_hex(12), time.monotonic() + PATIENCE
        self._answered.clear()
        self._show(self.script.who, line)
        while True:
            try:
                await self.door.say(line, client_id)
                break
            except Away:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.3)
        self.outcome.said += 1

    async def _await_answer(self, seconds: float) -> None:
        """Wait for the bot as long as it has the talk, for a person `seconds`."""
        deadline = time.monotonic() + PATIENCE
        while self.outcome.holder in ("", "bot") and time.monotonic() < deadline:
            if await self._is_answered(0.2):
                return
        if self.outcome.holder in ("", "bot"):
            self.outcome.unanswered += 1
            return
        await self._is_answered(seconds)

    async def _is_answered(self, seconds: float) -> bool:
        """Whether there is an answer within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._answered.wait()
        return False

    async def _listen(self, position: int) -> None:
        while True:
            with suppress(Away):
                async for news in self.door.news(position):
                    position = max(position, news.position)
                    self._hear(news)
            await asyncio.sleep(0.3)

    def _hear(self, news: News) -> None:
        if news.kind == "status":
            self.outcome.holder = news.data["holder"]
        elif news.kind == "message" and news.data["author"] in SHOWN:
            self.outcome.answers += 1
            self._answered.set()
            self._show(SHOWN[news.data["author"]] or news.data["name"], news.data["text"], True)

    def _show(self, who: str, text: str, is_answer: bool = False) -> None:
        arrow = f"→ {self.script.who}  " if is_answer else ""
        style = "dim " if is_answer else "bold "
        first, *rest = escape(text).splitlines() or [""]
        at = f"[dim]{clock.now().astimezone():%H:%M:%S}[/]"
        self.console.print(f"{at} [{style}{self.colour}]{escape(who)} {arrow}[/]{first}")
        for line in rest:
            self.console.print(f"         {line}")


async def play(
    base_url: str, customers: int, seconds: float | None, *, fast: bool, console: Console
) -> list[Outcome]:
    """Play all scripts, `customers` at a time, or as many as begin within `seconds`."""
    scripts = list(SCRIPTS) if fast else random.sample(SCRIPTS, len(SCRIPTS))
    waiting, pace, outcomes = deque(enumerate(scripts)), Pace(fast=fast), []
    taken: set[str] = set()
    deadline = time.monotonic() + seconds if seconds is not None else float("inf")

    async def in_turn() -> None:
        while waiting and time.monotonic() < deadline:
            number, script = waiting.popleft()
            colour = COLOURS[number % len(COLOURS)]
            outcomes.append(await Customer(Door(http), script, console, colour, taken).play(pace))

    async with (
        httpx.AsyncClient(base_url=base_url, timeout=10, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(customers):
            group.create_task(in_turn())
            await pace.type("")
    return outcomes


def talk(
    base_url: str,
    customers: int = 6,
    seconds: float | None = None,
    *,
    fast: bool = False,
    console: Console | None = None,
) -> list[Outcome]:
    """Let scripted customers talk to a running installation; how it went for each.

    It ends by itself, or on Ctrl-C. Raises NobodyOpens.
    """
    shown = console or Console(highlight=False)
    try:
        return asyncio.run(play(base_url, customers, seconds, fast=fast, console=shown))
    except KeyboardInterrupt:
        return []
    except BaseExceptionGroup as group:
        closed = group.subgroup((Away, Refused))
        if closed is None:
            raise
        raise NobodyOpens(f"{base_url} does not let customers in: {_first(closed)}") from group


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _buyers_with(verdict: str) -> list[str]:
    """The demo's buyers who have an order of this verdict; the generator makes the same again."""
    orders = generate(clock.now())
    return [
        buyer(order.customer)
        for order in orders
        if order.expected == verdict and order.customer is not None
    ]
