"""A run of understanding as one table, as a report, and against what is promised."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Goal, finite, reached, spread
from bench.pinned import cores
from bench.understanding import SPLITS, Run, Sample
from bench.understanding.readers import OURS

P50_MOST, RATE_LEAST, MEMORY_MOST = 10.0, 150.0, 500.0
"""Milliseconds of a message alone, messages a second in batches, megabytes; from issue 4."""


def goals(run: Run) -> list[Goal]:
    """What is promised of the model that ships, as far as it was measured."""
    own = run.samples[OURS]
    p50, rate = tuple(one.p50 for one in own), tuple(one.rate for one in own)
    found = [
        Goal("a message alone, one thread, p50", p50, P50_MOST, " ms", places=1),
        Goal("messages/s in batches of 64, two cores", rate, RATE_LEAST, at_least=True),
    ]
    if run.memory:
        name = "memory with the model loaded, 1,000 messages read"
        found.append(Goal(name, tuple(run.memory), MEMORY_MOST, " MB"))
    return found


def holds(run: Run) -> bool:
    """Whether all that was measured is as promised."""
    return all(goal.is_reached for goal in goals(run))


def tell(console: Console, run: Run) -> None:
    """Print the table, what is promised, and what was left out."""
    console.print(_readers(run))
    console.print(reached(goals(run)))
    where = "one core and two" if cores().apart else "the one core there is"
    console.print(
        f"{run.messages} messages of dev and test, on {where}; median (least–most) of "
        f"{len(run.samples[OURS])} rounds. Shares in %: accuracy / macro-F1, of which the public "
        "sets have accuracy of two classes alone."
    )
    for note in run.notes:
        console.print(f"[yellow]{note}[/]")


def _readers(run: Run) -> Table:
    sets = list(dict.fromkeys(name for found in run.public.values() for name in found))
    intents, tones = (tuple(f"{what}, {s}" for s in SPLITS) for what in ("intent", "tone"))
    columns = ("p50 ms", "p99 ms", "messages/s", *intents, *tones, *sets)
    drawn = Table("", *columns, title="Reading messages")
    for column in drawn.columns[1:]:
        column.justify = "right"
    for name, samples in run.samples.items():
        drawn.add_row(name, *_times(samples), *_shares(run, name, sets))
    return drawn


def _times(samples: list[Sample]) -> list[str]:
    figures: list[tuple[Callable[[Sample], float], int]] = [
        (lambda s: s.p50, 1),
        (lambda s: s.p99, 1),
        (lambda s: s.rate, 0),
    ]
    return [spread([of(sample) for sample in samples], places) for of, places in figures]


def _shares(run: Run, name: str, sets: list[str]) -> list[str]:
    splits = [run.scores.get(name, {}).get(split) for split in SPLITS]
    public = [run.public.get(name, {}).get(one) for one in sets]
    return [
        *(_pair(s.intent_accuracy, s.intent_f1) if s else "–" for s in splits),
        *(_pair(s.sentiment_accuracy, s.sentiment_f1) if s else "–" for s in splits),
        *("–" if share is None else f"{share * 100:.1f}" for share in public),
    ]


def _pair(accuracy: float, f1: float) -> str:
    return f"{accuracy * 100:.1f} / {f1 * 100:.1f}"


def report(run: Run) -> dict[str, Any]:
    """The same for machines: milliseconds, messages a second, megabytes, shares from 0 to 1."""
    data: dict[str, Any] = finite(
        {
            "cores": os.cpu_count(),
            "pinned": cores().apart,
            "messages": run.messages,
            "readers": {
                name: {
                    "medians": {key: median(v) for key, v in _by_figure(samples).items()},
                    "rounds": [asdict(sample) for sample in samples],
                    "scores": {s: asdict(v) for s, v in run.scores.get(name, {}).items()},
                    "public": run.public.get(name, {}),
                }
                for name, samples in run.samples.items()
            },
            "memory": run.memory,
            "notes": run.notes,
            "goals": [goal.as_data() for goal in goals(run)],
            "holds": holds(run),
        }
    )
    return data


def _by_figure(samples: list[Sample]) -> dict[str, list[float]]:
    every = [asdict(sample) for sample in samples]
    return {name: [one[name] for one in every] for name in every[0]}
