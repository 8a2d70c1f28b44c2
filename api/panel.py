"""What `up` and `demo` print: where to look, and as whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from domain.settings import Settings

_PLACES = (
    ("A customer's page", "/demo"),
    ("Console for agents", "/console"),
    ("GraphQL", "/graphql"),
    ("Health", "/readyz"),
)


def where_to_look(here: Settings, logins: Iterable[Sequence[str]], logs: Path) -> RenderableType:
    """The panel with the addresses, the demo's log-ins (role, login, password) and the logs."""
    places = Table.grid(padding=(0, 2))
    for title, path in _PLACES:
        if path != "/demo" or here.development:
            places.add_row(title, f"[bold]{here.base_url}{path}[/]")
    places.add_row("Logs", str(logs))
    shown: list[RenderableType] = [places]
    people = list(logins)
    if people and here.development:
        table = Table("Role", "Log-in", "Password", box=None, padding=(0, 2, 0, 0))
        for role, login, password in people:
            table.add_row(role, login, password)
        shown += ["", table]
    shown += ["", "[dim]Ctrl-C stops everything.[/]"]
    return Panel(Group(*shown), title="Zaide 在的", expand=False, padding=(1, 2))
