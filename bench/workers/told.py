"""A run of the workers as tables, as a report, and against what is promised."""

from __future__ import annotations

import os
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.pinned import cores
from bench.workers import OURS, Run
from bench.workers.jobs import Cost
from bench.workers.sequencing import LEAST_RATE, MOST_P99, RATE

MOST_RATIO = 1 / 10
"""What a job of ours may cost beside the best peer's, from issue 3."""


def best_peer(run: Run) -> str | None:
    """The peer whose jobs cost least; none if none was measured."""
    peers = {name: _median(costs) for name, costs in run.costs.items() if name != OURS}
    return min(peers, key=peers.__getitem__, default=None)


def ratio(run: Run) -> float | None:
    """Our CPU per job beside the best peer's, the median of the rounds; none without a peer."""
    best = best_peer(run)
    if best is None:
        return None
    pairs = zip(run.costs[OURS], run.costs[best], strict=True)
    return median(ours.total / theirs.total for ours, theirs in pairs)


def holds(run: Run) -> bool:
    """Whether all that is promised was reached; what was not measured is not missed."""
    return all(reached for _, _, _, reached in _figures(run))


def _figures(run: Run) -> list[tuple[str, str, str, bool]]:
    """Name, measured, to reach, whether reached."""
    figures = [
        (
            "events sequenced and published a second",
            f"{run.sustained.rate:,.0f}",
            f"≥ {LEAST_RATE:,.0f}",
            run.sustained.holds,
        ),
        (
            f"commit to stream at {RATE:.0f} events/s, p99",
            f"{1000 * run.latency.p99:.1f} ms",
            f"≤ {1000 * MOST_P99:.0f} ms",
            run.latency.p99 <= MOST_P99,
        ),
    ]
    beside = ratio(run)
    if beside is not None:
        name = f"CPU per job beside {best_peer(run)}'s"
        figures.append((name, f"1/{1 / beside:.1f}", "≤ 1/10", beside <= MOST_RATIO))
    return figures


def tell(console: Console, run: Run) -> None:
    """The tables, and what is promised."""
    console.print(_sequencing(run))
    console.print(_jobs(run))
    console.print(
        "A job is taken, handed to a handler that does nothing, and acknowledged: by a row in "
        "PostgreSQL at ours, in Redis at the others. Putting jobs in is not counted on any side."
    )
    for why in run.left_out:
        console.print(why)
    promised = Table("", "measured", "to reach", "", title="What is promised")
    for name, measured, least, reached in _figures(run):
        promised.add_row(name, measured, least, "[green]✓[/]" if reached else "[red]✗[/]")
    console.print(promised)


def _sequencing(run: Run) -> Table:
    it, late = run.sustained, run.latency
    drawn = Table("", "", title=f"One sequencer, {it.seconds:.0f} s")
    drawn.add_row("events published", f"{it.published:,}")
    drawn.add_row("events/s", f"{it.rate:,.0f}")
    drawn.add_row("none lost, no gap", "yes" if it.complete else "[red]no[/]")
    for name, spent in it.cpu.items():
        drawn.add_row(f"CPU per event, {name}", f"{spent:.0f} µs")
    drawn.add_section()
    for name, value in (("p50", late.p50), ("p99", late.p99), ("max", late.max)):
        drawn.add_row(f"commit to stream, {name} of {late.count:,}", f"{1000 * value:.1f} ms")
    return drawn


def _jobs(run: Run) -> Table:
    rounds = len(run.costs[OURS])
    pinned = "pinned to two cores" if cores().apart else "on one core"
    title = f"µs of CPU per job, median of {rounds} rounds, {pinned}"
    heads = ("worker", "Redis", "PostgreSQL", "all (least–most)", "jobs/s", "to ours")
    drawn = Table("", *heads, title=title)
    for column in drawn.columns[1:]:
        column.justify = "right"
    for name, costs in run.costs.items():
        totals = sorted(cost.total for cost in costs)
        drawn.add_row(
            name,
            f"{median(cost.worker for cost in costs):.1f}",
            f"{median(cost.redis for cost in costs):.1f}",
            f"{median(cost.postgres for cost in costs):.1f}",
            f"{_median(costs):.1f} ({totals[0]:.0f}–{totals[-1]:.0f})",
            f"{median(cost.rate for cost in costs):,.0f}",
            f"{_median(costs) / _median(run.costs[OURS]):.1f}",
        )
    return drawn


def _median(costs: list[Cost]) -> float:
    return median(cost.total for cost in costs)


def report(run: Run) -> dict[str, Any]:
    """The same for machines: seconds, events a second, microseconds per event and job."""
    return {
        "cores": os.cpu_count(),
        "pinned": cores().apart,
        "sustained": {**asdict(run.sustained), "rate": round(run.sustained.rate)},
        "latency": run.latency.as_data(),
        "jobs": {name: [asdict(cost) for cost in costs] for name, costs in run.costs.items()},
        "best_peer": best_peer(run),
        "ratio": ratio(run),
        "left_out": run.left_out,
        "figures": [
            {"name": name, "measured": measured, "to_reach": least, "reached": reached}
            for name, measured, least, reached in _figures(run)
        ],
        "holds": holds(run),
    }
