"""The live figures over all rounds: medians with their spread, and what was to be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table

from bench.figures import Goal, reached, spread
from bench.live.stage import LIMIT, NODE, OURS
from bench.live.trials import MANY_SCOPES, ONE_GROUP, P99_MOST, Console, OneGroup, Window


@dataclass
class Round:
    """One trial of everything, all variants one after the other."""

    groups: dict[str, OneGroup] = field(default_factory=dict)
    scopes: dict[str, Window] = field(default_factory=dict)
    console: Console | None = None

    def best(self, cost: Callable[[str], float]) -> float | None:
        """The lowest cost of any Node peer; None where none ran."""
        costs = [cost(name) for name in NODE if name in self.groups and name in self.scopes]
        return min(costs) if costs else None


def goals(rounds: Sequence[Round]) -> list[Goal]:
    """All that could be compared; without Node, only what needs no peer."""
    single, many = f"{ONE_GROUP:,} in one group", f"{MANY_SCOPES:,} over 50 scopes"
    most = P99_MOST * 1000
    wanted: list[tuple[str, Callable[[Round], float | None], float, str, bool]] = [
        (f"CPU per delivery, {single}, to the best Node peer's", _to_peer, 1 / 4, "×", False),
        ("the same, to raw broadcast's", _to_limit, 1.3, "×", False),
        (f"p99, {many}", lambda r: r.scopes[OURS].p99 * 1000, most, " ms", False),
        (f"CPU per delivery, {many}, to the best Node peer's", _scopes_to_peer, 1 / 3, "×", False),
        ("subscribers on one core, p99 ≤ 250 ms", lambda r: r.groups[OURS].bears, 2000, "", True),
        ("the same, to the best Node peer's", _more_than_peer, 3, "×", True),
        ("memory per idle subscriber", lambda r: r.groups[OURS].memory / 1000, 30, " KB", False),
        ("p99, 200 agents with the console open", _console, most, " ms", False),
    ]
    found = []
    for name, of, bound, unit, at_least in wanted:
        values = tuple(value for value in map(of, rounds) if value is not None)
        if values:
            places = 2 if unit == "×" else 0
            found.append(Goal(name, values, bound, unit, at_least, places))
    return found


def _to_peer(r: Round) -> float | None:
    best = r.best(lambda name: r.groups[name].window.cpu)
    return r.groups[OURS].window.cpu / best if best else None


def _to_limit(r: Round) -> float | None:
    return r.groups[OURS].window.cpu / r.groups[LIMIT].window.cpu


def _scopes_to_peer(r: Round) -> float | None:
    best = r.best(lambda name: r.scopes[name].cpu)
    return r.scopes[OURS].cpu / best if best else None


def _more_than_peer(r: Round) -> float | None:
    best = r.best(lambda name: -(r.groups[name].bears or 0))
    return None if best is None else (r.groups[OURS].bears or 0) / max(-best, 1)


def _console(r: Round) -> float | None:
    return r.console.p99 * 1000 if r.console else None


# As tables


def tables(rounds: Sequence[Round]) -> list[Table]:
    """What was measured, and what was to be reached."""
    return [_groups(rounds), _scopes(rounds), _consoles(rounds), reached(goals(rounds))]


def _groups(rounds: Sequence[Round]) -> Table:
    drawn = _table(
        f"{ONE_GROUP:,} subscribers in one group, 20 events/s; CPU of the server per delivery",
        ("µs CPU", "p50 ms", "p99 ms", "KB idle", "bears", _OTHERS),
    )
    for name in rounds[0].groups:
        trials = [r.groups[name] for r in rounds]
        windows = [trial.window for trial in trials]
        drawn.add_row(
            name,
            *_costs(windows),
            spread([trial.memory / 1000 for trial in trials], 1),
            spread([trial.bears for trial in trials if trial.bears is not None]),
            _rest(windows),
        )
    return drawn


def _scopes(rounds: Sequence[Round]) -> Table:
    drawn = _table(
        f"{MANY_SCOPES:,} subscribers over 50 scopes, 200 of them on a conversation of their own",
        ("µs CPU", "p50 ms", "p99 ms", "delivered", _OTHERS),
    )
    for name in rounds[0].scopes:
        windows = [r.scopes[name] for r in rounds]
        share = [w.delivered / w.expected * 100 for w in windows]
        drawn.add_row(name, *_costs(windows), f"{spread(share)} %", _rest(windows))
    return drawn


def _consoles(rounds: Sequence[Round]) -> Table:
    columns = ("p50 ms", "p99 ms", "frames/s", "% of a core", "lost", _OTHERS)
    drawn = _table("200 agents with the console's queue open, 20 events/s", columns)
    found = [r.console for r in rounds if r.console]
    if found:
        drawn.add_row(
            OURS,
            spread([c.p50 * 1000 for c in found]),
            spread([c.p99 * 1000 for c in found]),
            spread([c.frames for c in found]),
            spread([c.share * 100 for c in found]),
            str(sum(c.lost for c in found)),
            _rest(found),
        )
    return drawn


_OTHERS = "others*"
_CAPTION = "* ms of CPU per event: PostgreSQL, Redis, workers. Median (least–most) of the rounds."


def _table(title: str, columns: Sequence[str]) -> Table:
    drawn = Table("", *columns, title=title, caption=_CAPTION if _OTHERS in columns else None)
    for column in drawn.columns[1:]:
        column.justify = "right"
    return drawn


def _costs(windows: Sequence[Window]) -> list[str]:
    return [
        spread([w.cpu for w in windows], 1),
        spread([w.p50 * 1000 for w in windows]),
        spread([w.p99 * 1000 for w in windows]),
    ]


def _rest(windows: Sequence[Window] | Sequence[Console]) -> str:
    names = ("postgres", "redis", "workers")
    return " + ".join(f"{median(w.others[name] for w in windows):.1f}" for name in names)
