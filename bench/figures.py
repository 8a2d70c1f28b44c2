"""Times in seconds, and figures to reach, summed up the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of one thing; `most` is what its p95 may be at most, in seconds."""

    name: str
    count: int
    p50: float
    p95: float
    p99: float
    max: float
    most: float | None = None

    @classmethod
    def of(cls, name: str, seconds: Sequence[float], most: float | None = None) -> Figure:
        """The figure of these times; of none, all are infinite."""
        ordered = sorted(seconds) or [float("inf")]
        half, most_of, nearly_all = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
        return cls(name, len(seconds), half, most_of, nearly_all, ordered[-1], most)

    @property
    def holds(self) -> bool:
        """Whether what was promised was kept."""
        return self.most is None or self.p95 <= self.most

    def as_data(self) -> dict[str, Any]:
        """For a report; what is infinite becomes null."""
        data = asdict(self)
        return {k: None if v == float("inf") else v for k, v in data.items()} | {
            "holds": self.holds
        }


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that at least `share` of the ordered values do not exceed."""
    place = -(-len(ordered) * share // 1)
    return ordered[max(int(place), 1) - 1]


def table(title: str, figures: Sequence[Figure]) -> Table:
    """The figures in milliseconds, each with what was promised and whether it held."""
    drawn = Table("", "count", "p50", "p95", "p99", "max", "p95 ≤", "", title=title)
    for column in drawn.columns[1:7]:
        column.justify = "right"
    for figure in figures:
        times = [_shown(value) for value in (figure.p50, figure.p95, figure.p99, figure.max)]
        promised = "" if figure.most is None else _shown(figure.most)
        mark = "" if figure.most is None else ("[green]✓[/]" if figure.holds else "[red]✗[/]")
        drawn.add_row(figure.name, str(figure.count), *times, promised, mark)
    return drawn


def _shown(seconds: float) -> str:
    return "–" if seconds == float("inf") else f"{seconds * 1000:,.0f} ms"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach, with its value in each round; the median counts."""

    name: str
    values: tuple[float, ...]
    bound: float
    unit: str = ""
    at_least: bool = False
    places: int = 0

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)

    @property
    def is_reached(self) -> bool:
        """Whether the median keeps to the bound."""
        return self.median >= self.bound if self.at_least else self.median <= self.bound

    def as_data(self) -> dict[str, Any]:
        """For a report; what is infinite becomes null."""
        data: dict[str, Any] = finite(asdict(self))
        return {**data, "median": finite(self.median), "reached": self.is_reached}


def reached(goals: Iterable[Goal]) -> Table:
    """Each goal with its median, its spread, and whether it was reached."""
    drawn = Table("", "median (least–most)", "to reach", "", title="To reach")
    for column in drawn.columns[1:]:
        column.justify = "right"
    for goal in goals:
        sign = "≥" if goal.at_least else "≤"
        bound = f"{sign} {goal.bound:,.{goal.places}f}{goal.unit}"
        mark = "[green]✓[/]" if goal.is_reached else "[red]✗[/]"
        drawn.add_row(goal.name, f"{spread(goal.values, goal.places)}{goal.unit}", bound, mark)
    return drawn


def spread(values: Sequence[float], places: int = 0) -> str:
    """The median, and the least and most where there are several."""
    if not values:
        return "–"

    def shown(value: float) -> str:
        return "∞" if value == float("inf") else f"{value:,.{places}f}"

    if len(values) == 1:
        return shown(values[0])
    return f"{shown(median(values))} ({shown(min(values))}–{shown(max(values))})"


def finite(value: Any) -> Any:
    """For JSON: what is infinite becomes null."""
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if value == float("inf") else value
