"""The queue query: what it costs here, in other GraphQL servers, and at the least.

Servers run one at a time on the first core; PostgreSQL, Redis and the load share the second. Each
round starts every server afresh, warms it up and measures it, and begins with another one.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvloop
from rich.console import Console

from bench import pinned
from bench.figures import percentile
from bench.fill import Filled, fill
from bench.load import BadAnswer, Loaded, load, post
from bench.node import why_no_node
from bench.progress import progress
from bench.reads.query import AGENT, ASKERS, BODY
from bench.reads.variants import Place, Running, Variant, all_variants, running
from domain import connections, db, embedded

CONNECTIONS = 32
WARM_LEAST = 2.0
"""Seconds of load before each measurement: compilers and connection pools get ready."""
TIMES = 10
"""How many times the tickets the larger database has."""


class Disagreement(RuntimeError):
    """A variant answers something else than ours; the text says what."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: milliseconds of CPU per request, requests a second, latencies in ms."""

    server: float
    postgres: float
    redis: float
    rate: float
    p50: float
    p99: float
    requests: int

    @property
    def total(self) -> float:
        """Server, PostgreSQL and Redis together."""
        return self.server + self.postgres + self.redis

    @classmethod
    def of(cls, loaded: Loaded, spent: pinned.Spent) -> Sample:
        """The sample of a load and what it took."""
        each = 1000 / max(loaded.requests, 1)
        ordered = sorted(loaded.latencies)
        return cls(
            spent.server * each,
            spent.postgres * each,
            spent.redis * each,
            loaded.rate,
            percentile(ordered, 0.5) * 1000,
            percentile(ordered, 0.99) * 1000,
            loaded.requests,
        )


@dataclass
class Run:
    """All rounds. `notes` are what a reader must know: cores shared, peers left out."""

    filled: list[Filled]
    samples: dict[Variant, list[Sample]]
    size: int = 0
    """Bytes of ours' answer, as compact JSON."""
    notes: list[str] = field(default_factory=list)


def measure(console: Console, rounds: int, seconds: float, tickets: int) -> Run:
    """Fill two databases and run every variant `rounds` times for `seconds`. Main thread only.

    Raises Disagreement if the variants do not give the same data, RuntimeError if one fails.
    """
    with progress(console) as say:
        say("The peers …")
        missing = why_no_node(say)
        return _measured(say, rounds, seconds, tickets, missing)


def _measured(
    say: Callable[[str], None], rounds: int, seconds: float, tickets: int, missing: str
) -> Run:
    with _placed(say, tickets) as (place, filled):
        chosen = all_variants(node=not missing)
        run = Run(filled, {variant: [] for variant in chosen}, notes=[missing] if missing else [])
        if not place.cores.apart:
            run.notes.append("There is one core only: the load and the servers share it.")
        say("The same answers everywhere …")
        run.size = check(place, chosen)
        for number in range(rounds):
            turn = number % len(chosen)
            for variant in chosen[turn:] + chosen[:turn]:
                say(f"Round {number + 1} of {rounds}: {variant.name} …")
                run.samples[variant].append(_sample(place, variant, seconds))
    return run


def check(place: Place, chosen: list[Variant]) -> int:
    """Ask every variant once, as everybody; the length of the agent's answer.

    Raises Disagreement where one of them gives other data than the first.
    """
    first: dict[str, Any] = {}
    for variant in chosen:
        if not variant.large:
            said = answers(place, variant)
            first = first or said
            for asker, data in said.items():
                if where := difference(first[asker], data):
                    raise Disagreement(f"{variant.name} answers the {asker} otherwise: {where}")
    return len(orjson.dumps({"data": first["agent"]}))


def answers(place: Place, variant: Variant) -> dict[str, Any]:
    """What a variant gives each asker; the one that keeps its first answer, the agent alone."""
    with running(variant, place) as server:
        return {
            asker: server.ask(headers)
            for asker, headers in ASKERS.items()
            if asker == "agent" or variant.kind != "static"
        }


def difference(ours: Any, theirs: Any, path: str = "data") -> str:
    """The first place where two values differ, with both; empty where they are equal."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(f"{path}.{name}", ours[name], theirs[name]) for name in ours]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{path}[{n}]", *both) for n, both in enumerate(zip(ours, theirs, strict=True))]
    else:
        return "" if ours == theirs else f"{path} is {theirs!r:.200}, not {ours!r:.200}"
    return next((found for pair in pairs if (found := difference(pair[1], pair[2], pair[0]))), "")


def _sample(place: Place, variant: Variant, seconds: float) -> Sample:
    request = post("/graphql", BODY, AGENT)
    with running(variant, place) as server:
        try:
            _load(server, request, max(WARM_LEAST, seconds / 2))
            before = _spent(place, server)
            loaded = _load(server, request, seconds)
            return Sample.of(loaded, _spent(place, server) - before)
        except BadAnswer as bad:
            raise RuntimeError(f"{variant.name} fails under load: {bad}") from bad


def _load(server: Running, request: bytes, seconds: float) -> Loaded:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(load(server.port, request, CONNECTIONS, seconds))


def _spent(place: Place, server: Running) -> pinned.Spent:
    postgres, redis = place.servers.postgres.pid or 0, place.servers.redis.pid or 0
    return pinned.spent(server.pid, postgres, redis)


@contextmanager
def _placed(say: Callable[[str], None], tickets: int) -> Iterator[tuple[Place, list[Filled]]]:
    """Servers and ourselves on the second core, and two databases filled."""
    cores = pinned.cores()
    home = Path(tempfile.mkdtemp(prefix="zr-", dir="/tmp"))
    try:
        with embedded.ephemeral() as servers:
            larger = servers.dsn.replace("/zaide?", "/zaide_larger?")
            place = Place(home, servers, servers.dsn, larger, cores)
            filled = asyncio.run(_filled(say, place, tickets))
            for pid in (servers.postgres.pid, servers.redis.pid):
                pinned.pin(pid or 0, cores.others)
            with pinned.on(cores.others):
                yield place, filled
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _filled(say: Callable[[str], None], place: Place, tickets: int) -> list[Filled]:
    connection = await connections.dedicated(place.database)
    await connection.execute("CREATE DATABASE zaide_larger")
    await connection.close()
    made = []
    for url, count in ((place.database, tickets), (place.larger, tickets * TIMES)):

        def step(what: str, words: str = f"{count:,} tickets") -> None:
            say(f"{words}: {what} …")

        await db.migrate(url)
        made.append(await fill(url, count, step))
    return made
