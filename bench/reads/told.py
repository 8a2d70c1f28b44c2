"""A run of the reads as tables, as a report, and against what is promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.reads import CONNECTIONS, Run, Sample
from bench.reads.variants import HAS_CACHE, Variant

Cost = Callable[[Sample], float]


def server(sample: Sample) -> float:
    """Milliseconds of CPU of the server per request."""
    return sample.server


def postgres(sample: Sample) -> float:
    """Milliseconds of CPU of PostgreSQL per request."""
    return sample.postgres


def both(sample: Sample) -> float:
    """Milliseconds of CPU of server and PostgreSQL per request."""
    return sample.server + sample.postgres


@dataclass(frozen=True, slots=True)
class Ratio:
    """One thing against another: `rounds` are their ratios round by round, none if not measured.

    `most` is what the median may be at most, from the table in issue 3.
    """

    name: str
    most: float
    rounds: tuple[float, ...] = ()

    @property
    def value(self) -> float | None:
        """The median of the rounds."""
        return median(self.rounds) if self.rounds else None

    @property
    def holds(self) -> bool:
        """Whether it was reached; what was not measured is not missed."""
        return self.value is None or self.value <= self.most


def ratios(run: Run) -> list[Ratio]:
    """All that is promised of reads."""

    def only(kind: str, large: bool = False) -> Variant | None:
        found = (v for v in run.samples if v.kind == kind and v.large == large)
        return next(found, None)

    def ratio(
        name: str, most: float, cost: Cost, one: Variant | None, other: Variant | None
    ) -> Ratio:
        pairs = zip(run.samples[one], run.samples[other], strict=True) if one and other else ()
        return Ratio(name, most, tuple(cost(a) / max(cost(b), 1e-9) for a, b in pairs))

    ours, peer = only("ours"), best_peer(run)
    against = peer.name if peer else "the best Node peer"
    larger, cached, static = only("ours", large=True), only("cached"), only("static")
    return [
        ratio(f"server CPU, against {against}", 0.25, server, ours, peer),
        ratio(f"PostgreSQL CPU, against {against}", 1.3, postgres, ours, peer),
        ratio("server CPU, against one SQL", 1.3, server, ours, only("limit")),
        ratio("server + PostgreSQL CPU, ten times the tickets", 1.2, both, larger, ours),
        ratio("cache hit: server CPU, against bytes kept", 1.3, server, cached, static),
    ]


def best_peer(run: Run) -> Variant | None:
    """The peer on Node whose server takes the least CPU."""
    peers = [variant for variant in run.samples if variant.kind == "node"]
    return min(peers, key=lambda v: median(map(server, run.samples[v])), default=None)


def holds(run: Run) -> bool:
    """Whether nothing that was measured misses what is promised."""
    return all(ratio.holds for ratio in ratios(run))


def tell(console: Console, run: Run) -> None:
    """Print what was measured, and what was promised."""
    console.print(_variants(run), _ratios(run))
    small, large = run.filled
    console.print(
        f"{small.tickets:,} tickets, {small.waiting:,} of them in the queue that is asked for "
        f"(ten times: {large.waiting:,}); {CONNECTIONS} connections; {run.size / 1000:.1f} kB."
    )
    for note in run.notes if HAS_CACHE else [*run.notes, "There is no response cache yet."]:
        console.print(f"[yellow]{note}[/]")


def _variants(run: Run) -> Table:
    columns = ("server", "least – most", "PostgreSQL", "Redis", "sum", "requests/s", "p50", "p99")
    drawn = Table("", *columns, title="The queue, 50 tickets: ms of CPU per request")
    for column in drawn.columns[1:]:
        column.justify = "right"
    for variant, samples in run.samples.items():
        servers = [sample.server for sample in samples]
        middle = medians(samples)
        drawn.add_row(
            variant.name,
            f"[bold]{middle['server']:.2f}[/]",
            f"{min(servers):.2f} – {max(servers):.2f}",
            *(f"{middle[name]:.2f}" for name in ("postgres", "redis", "total")),
            f"{middle['rate']:,.0f}",
            *(f"{middle[name]:,.0f} ms" for name in ("p50", "p99")),
        )
    return drawn


def _ratios(run: Run) -> Table:
    drawn = Table("", "measured", "least – most", "reach", "", title="What is promised")
    for column in drawn.columns[1:4]:
        column.justify = "right"
    for ratio in ratios(run):
        if ratio.value is None:
            drawn.add_row(ratio.name, "–", "", f"≤ {ratio.most:g}", "not measured")
            continue
        spread = f"{min(ratio.rounds):.2f} – {max(ratio.rounds):.2f}"
        mark = "[green]✓[/]" if ratio.holds else f"[red]✗ {ratio.value / ratio.most:.2f} times[/]"
        drawn.add_row(ratio.name, f"{ratio.value:.2f}", spread, f"≤ {ratio.most:g}", mark)
    return drawn


def medians(samples: list[Sample]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    every = [{**asdict(sample), "total": sample.total} for sample in samples]
    return {name: median(one[name] for one in every) for name in every[0]}


def report(run: Run) -> dict[str, Any]:
    """The run as plain data: every round of every variant, medians and ratios."""
    return {
        "tickets": [filled.tickets for filled in run.filled],
        "waiting": [filled.waiting for filled in run.filled],
        "bytes": run.size,
        "connections": CONNECTIONS,
        "notes": run.notes,
        "variants": {
            variant.name: {"medians": medians(samples), "rounds": [asdict(s) for s in samples]}
            for variant, samples in run.samples.items()
        },
        "ratios": [
            {**asdict(ratio), "value": ratio.value, "holds": ratio.holds} for ratio in ratios(run)
        ],
        "holds": holds(run),
    }
