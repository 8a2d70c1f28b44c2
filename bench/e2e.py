"""From the customer's send to the agent's screen and back: twenty messages a second, a minute long.

Everything is real: `zaide up` on a home of its own, the widget's door, the shipped model, a
supervisor subscribed over GraphQL. Customers and screen run on the same machine as what they
measure, so that the figures hold their cost too.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.talk.door import Door
from bench.customers import TALKS, Buyer, Sent
from bench.figures import Figure, table
from bench.installation import (
    API,
    POSTGRES,
    REDIS,
    WORKER,
    Installation,
    cpu_seconds,
    logged_in,
)
from bench.socket import subscribed
from domain.demo import LOGINS
from domain.demo import buyer as user_id
from domain.orders.connectors.demo import CUSTOMERS

SCREEN_MOST, ANSWER_MOST = 1.0, 2.0
"""What is promised of the 95th percentile, in seconds: the agent's screen, the bot's answer."""
PATIENCE = 20.0
PAGES = 60
"""How many customers are there at once; who has said all leaves, and another comes."""
SPARE = PAGES
"""More customers than needed to say everything, since some are handed to a person early."""
SCREEN = """subscription {
  conversations { __typename ... on ConversationChanged { message { clientId } } }
}"""
_NAMES = {"PostgreSQL": POSTGRES, "Redis": REDIS, "workers": WORKER, "API": API}


@dataclass
class Run:
    """One run: who talks, what was sent, and what processes took for it, in seconds of CPU."""

    buyers: list[Buyer]
    known: dict[str, Sent] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def forgotten(self) -> int:
        """Messages that nobody answered although the bot has the talk."""
        return sum(len(buyer.waiting) for buyer in self.buyers if buyer.holder == "bot")

    @property
    def figures(self) -> list[Figure]:
        """The three times."""
        every = self.known.values()
        stored = [sent.stored - sent.at for sent in every if sent.stored]
        shown = [sent.shown - sent.at for sent in every if sent.shown]
        answered = [sent.answered - sent.at for sent in every if sent.answered]
        return [
            Figure.of("2xx", stored, SCREEN_MOST),
            Figure.of("agent's screen", shown, SCREEN_MOST),
            Figure.of("bot's answer", answered, ANSWER_MOST),
        ]

    @property
    def complete(self) -> bool:
        """Whether every message was stored, shown, and answered or passed to a person."""
        done = all(sent.stored and sent.shown for sent in self.known.values())
        return done and self.forgotten == 0

    @property
    def holds(self) -> bool:
        """Whether all that is promised was kept."""
        return self.complete and all(figure.holds for figure in self.figures)


def measure(console: Console, rate: float, seconds: float, workers: int) -> Run:
    """Start an installation, talk, and give what was measured."""
    with console.status("An installation of its own …"):
        here = Installation(workers=workers)
        try:
            here.ready()
        except BaseException:
            here.remove()
            raise
    try:
        return asyncio.run(_talk(console, here, rate, seconds))
    finally:
        here.remove()


async def _talk(console: Console, here: Installation, rate: float, seconds: float) -> Run:
    total = round(rate * seconds)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx.AsyncClient(base_url=here.url, timeout=10, limits=limits, trust_env=False) as http,
        _progress(console) as step,
    ):
        count = min(CUSTOMERS, -(-total // len(TALKS[0])) + SPARE)
        run = Run(await _enter(http, count, step))
        async with _measured(here, run):
            await _send(run, rate, total, step)
            await _wait(run, step)
    return run


async def _enter(
    http: httpx.AsyncClient, count: int, step: Callable[[str, int, int], None]
) -> list[Buyer]:
    """Customers come to the page, a few at a time."""
    buyers = [Buyer(Door(http)) for _ in range(count)]
    for start in range(0, count, 10):
        some = range(start, min(start + 10, count))
        async with asyncio.TaskGroup() as group:
            for n in some:
                group.create_task(buyers[n].enter(user_id(n), TALKS[n % len(TALKS)]))
        step("Customers come", some[-1] + 1, count)
    return buyers


@asynccontextmanager
async def _measured(here: Installation, run: Run) -> AsyncIterator[None]:
    """The supervisor's screen and the first customers' pages are open when the block begins."""
    dana = next(login for login in LOGINS if login.role == "supervisor")
    cookie = await asyncio.to_thread(logged_in, here.url, dana.login, dana.password)
    ready = asyncio.Event()
    screen = asyncio.create_task(_watch(here.url, cookie, run.known, ready))
    await asyncio.wait_for(ready.wait(), 10)
    for buyer in run.buyers[:PAGES]:
        buyer.open()
    while not all(buyer.is_open for buyer in run.buyers[:PAGES]):
        await asyncio.sleep(0.05)
    before, began = _cpu(here), time.perf_counter()
    try:
        yield
    finally:
        run.seconds = time.perf_counter() - began
        run.cpu = {name: spent - before[name] for name, spent in _cpu(here).items()}
        screen.cancel()
        with suppress(asyncio.CancelledError):
            await screen
        await asyncio.gather(*(buyer.close() for buyer in run.buyers))


async def _watch(url: str, cookie: str, known: dict[str, Sent], ready: asyncio.Event) -> None:
    """The supervisor's screen: when each message appeared there."""
    async for data in subscribed(url, SCREEN, cookie=cookie):
        ready.set()
        message = data["conversations"].get("message")
        sent = known.get((message or {}).get("clientId") or "")
        if sent is not None and sent.shown is None:
            sent.shown = time.perf_counter()


async def _send(run: Run, rate: float, total: int, step: Callable[[str, int, int], None]) -> None:
    """Send at an even rate, whether or not what came before was answered."""
    present, coming = deque(run.buyers[:PAGES]), deque(run.buyers[PAGES:])
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(total):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(_next(present).say(run.known))
            step("Messages", number + 1, total)
            if present[0].has_gone and coming:
                group.create_task(present.popleft().close())
                present.append(coming.popleft())
                present[-1].open()


def _next(present: deque[Buyer]) -> Buyer:
    """Whose turn it is: of those who have something to say, whoever spoke longest ago.

    Raises RuntimeError when nobody is left.
    """
    for ready in (lambda buyer: buyer.is_open and buyer.holder != "queue", lambda _: True):
        for _ in range(len(present)):
            present.rotate(-1)
            if present[-1].lines and ready(present[-1]):
                return present[-1]
    raise RuntimeError("All customers have said all they had to say.")


async def _wait(run: Run, step: Callable[[str, int, int], None]) -> None:
    """Until everything arrived where it should, or patience ends."""
    deadline = time.perf_counter() + PATIENCE
    while not run.complete and time.perf_counter() < deadline:
        step("The last answers", len(run.known) - run.forgotten, len(run.known))
        await asyncio.sleep(0.05)


def _cpu(here: Installation) -> dict[str, float]:
    spent = {
        name: sum(cpu_seconds(pid) for pid in here.children(words))
        for name, words in _NAMES.items()
    }
    return {**spent, "this bench": time.process_time()}


@asynccontextmanager
async def _progress(console: Console) -> AsyncIterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Customers come", total=None)
        yield lambda words, done, of: bar.update(task, description=words, completed=done, total=of)


# What is told


def tell(console: Console, run: Run) -> None:
    """The tables, and whether what is promised holds."""
    persons = sum(len(buyer.waiting) for buyer in run.buyers if buyer.holder != "bot")
    console.print(table("From the customer's send", run.figures))
    cpu = Table("process", "CPU", "of one core", title=f"CPU seconds in {run.seconds:.0f} s")
    for name, spent in run.cpu.items():
        cpu.add_row(name, f"{spent:.1f} s", f"{100 * spent / run.seconds:.0f} %")
    console.print(cpu)
    console.print(
        f"{len(run.known)} messages of {len(run.buyers)} customers; {persons} said to a person's "
        f"queue, {run.forgotten} not answered, {_failures(run)} requests repeated."
    )
    for words, most in (("agent's screen", SCREEN_MOST), ("bot's answer", ANSWER_MOST)):
        kept = next(figure for figure in run.figures if words in figure.name).holds
        said = "[green]holds[/]" if kept else "[red]does not hold[/]"
        console.print(f"p95 of the {words} ≤ {most:.0f} s: {said}")


def report(run: Run, rate: float, workers: int) -> dict[str, Any]:
    """The same for machines."""
    return {
        "rate": rate,
        "seconds": round(run.seconds, 1),
        "workers": workers,
        "cores": os.cpu_count(),
        "customers": len(run.buyers),
        "messages": len(run.known),
        "forgotten": run.forgotten,
        "repeated": _failures(run),
        "figures": [figure.as_data() for figure in run.figures],
        "cpu_seconds": {name: round(spent, 2) for name, spent in run.cpu.items()},
        "holds": run.holds,
    }


def _failures(run: Run) -> int:
    return sum(buyer.failures for buyer in run.buyers)
