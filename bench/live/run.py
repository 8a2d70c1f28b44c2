"""One run of `bench live`: rounds in which every variant has its turn, one after the other.

Events come from real verbs, go through the sequencer and Redis, and arrive over
graphql-transport-ws or as server-sent events. The measured server has the first core to itself;
PostgreSQL, Redis, workers, who writes and who listens share the second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rich.console import Console

from bench.figures import finite
from bench.live import trials
from bench.live.figures import Round, goals, tables
from bench.live.stage import LIMIT, NODE, OURS, Stage
from bench.node import why_no_node
from bench.pinned import cores, on
from bench.progress import progress
from bench.subscribers import many_files


def measure(console: Console, rounds: int, seconds: float) -> list[Round]:
    """Run all rounds, each window `seconds` long."""
    many_files()
    here = cores()
    if not here.apart:
        console.print("There is one core: nothing is kept apart, and times are worth little.")
    if missing := why_no_node(console.print):
        console.print(missing)
    with on(here.others), progress(console) as say:
        say("An installation of its own …")
        stage = Stage()
        try:
            return [
                _round(stage, seconds, bool(missing), _Told(say, n + 1, rounds))
                for n in range(rounds)
            ]
        finally:
            stage.end()


class _Told:
    """Says which trial of which round it is."""

    def __init__(self, say: Callable[[str], None], number: int, of: int) -> None:
        self._say, self._number, self._of = say, number, of

    def __call__(self, trial: str, name: str) -> None:
        self._say(f"Round {self._number} of {self._of}: {trial}, {name} …")


def _round(stage: Stage, seconds: float, alone: bool, told: _Told) -> Round:
    found, peers = Round(), [] if alone else list(NODE)
    # A machine's pace drifts within minutes: what is held closest to a limit stands beside it.
    for name in (LIMIT, OURS, *peers):
        told("one group", name)
        found.groups[name] = trials.one_group(stage, name, seconds, walk=name != LIMIT)
    for name in (OURS, *peers):
        told("many scopes", name)
        found.scopes[name] = trials.many_scopes(stage, name, seconds)
    told("the console", OURS)
    found.console = trials.console(stage, OURS, seconds)
    return found


def tell(console: Console, rounds: list[Round]) -> bool:
    """Print all of it; whether everything was reached."""
    for table in tables(rounds):
        console.print(table)
    return all(goal.is_reached for goal in goals(rounds))


def report(rounds: list[Round], seconds: float) -> dict[str, Any]:
    """All of it as JSON."""
    data: dict[str, Any] = finite(
        {
            "seconds": seconds,
            "goals": [goal.as_data() for goal in goals(rounds)],
            "rounds": [asdict(one) for one in rounds],
        }
    )
    return data
