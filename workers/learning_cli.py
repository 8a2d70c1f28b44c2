"""`zaide model …`: learning from agents' corrections, and which model reads."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from domain.settings import ROOT, settings
from domain.understanding import queries
from domain.understanding.classifier import Classifier
from workers import by_hand, commands, models_cli, tables
from workers.classifier import ModelBroken
from workers.comparison import Difference, compared
from workers.models import NothingPromoted, store, version_of
from workers.tables import Unusable

COLUMNS = ("text", "intent", "sentiment", "split", "source")
SOURCE = "correction"
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

Name = Annotated[str, typer.Argument(help="A model: its folder, or a version that is kept.")]
Measure = Annotated[
    str, typer.Option("--on", help="CSV with text, intent and sentiment to measure by; or -.")
]
Force = Annotated[bool, typer.Option(help="Even if it is worse.")]


def mount(app: typer.Typer) -> None:
    """Add these commands to the group `model`."""
    app.command("export-corrections")(export_corrections)
    app.command(context_settings=PASS_ON)(train)
    for command in (compare, promote, rollback):
        app.command()(command)
    app.command("list")(list_models)


def export_corrections(
    out: Annotated[str, typer.Option(help="Where they go; - shows them.")] = "corrections.csv",
) -> None:
    """Write what agents corrected as CSV: redacted messages with what they really mean."""
    if not settings().database_url:
        commands.refuse(
            "Nothing is running: start ./zaide up first, or set DATABASE_URL.", status=1
        )
    rows = commands.connected(queries.corrected)
    try:
        with tables.written(out, commands.named(out), marked=False) as write:
            write(COLUMNS)
            for row in rows:
                write((row["text"], row["intent"], row["sentiment"], "train", SOURCE))
    except Unusable as error:
        commands.refuse(str(error), status=1)
    typer.echo(f"{len(rows)} corrections in {out}", err=True)


def train(
    context: typer.Context,
    more: Annotated[
        list[str] | None, typer.Option("--with", help="CSV of corrections; again for more.")
    ] = None,
    out: Annotated[str, typer.Option(help="The new model's folder; default: in the home.")] = "",
) -> None:
    """Teach a new model our messages and the corrections; what else is said goes to the training.

    Nothing reads with it until it is promoted.
    """
    if find_spec("torch") is None:
        commands.refuse(f"Training needs more packages than running:\n  {_install()}", status=1)
    folder = commands.named(out) if out else settings().home / "trained"
    _become(training(folder, [commands.named(name) for name in more or []], context.args))


def training(folder: Path, corrections: Sequence[Path], others: Sequence[str]) -> list[str]:
    """The command that trains into `folder`."""
    added = [word for path in corrections for word in ("--with", str(path.resolve()))]
    return [
        sys.executable,
        "-m",
        "workers.training",
        "--out",
        str(folder.resolve()),
        *added,
        *others,
    ]


def compare(
    new: Name,
    old: Annotated[str, typer.Argument(help="The other; default: the one that reads.")] = "",
    *,
    on: Measure,
    force: Force = False,
) -> None:
    """Show where a model is better or worse than another; fails if it is worse beyond chance."""
    _judge(_measured(by_hand.model(new), by_hand.model(old or None), on), force)


def promote(new: Name, on: Measure = "", force: Force = False) -> None:
    """Have a model read from now on, if it is no worse than the one that does; both are kept."""
    model = by_hand.model(new)
    if not force:
        if not on:
            commands.refuse("Say --on FILE, messages to measure both by, or --force.")
        _judge(_measured(model, by_hand.model(), on), force)
    try:
        version = store().promote(commands.found(new))
    except (ModelBroken, OSError) as error:
        commands.refuse(str(error), status=1)
    typer.echo(f"{version} reads from now on; running workers take it with their next batch.")


def rollback() -> None:
    """Have the model read again that did before the last one was promoted."""
    was = version_of(store().current())
    try:
        typer.echo(f"{store().rollback()} reads from now on, and {was} no more; it is kept.")
    except NothingPromoted:
        commands.refuse(f"Nothing was promoted: {was}, which shipped, reads.", status=1)


def list_models() -> None:
    """The models that are here; a star is before the one that reads."""
    here = store()
    for version in here.versions():
        star = "*" if version == version_of(here.current()) else " "
        typer.echo(f"{star} {version:<24} {here.kept(version)}")


def _measured(new: Classifier, old: Classifier, name: str) -> list[Difference]:
    """Both models on the messages of a file, or the end of the command."""
    try:
        with tables.opened(name, commands.named(name), "text", "intent", "sentiment") as table:
            by_hand.say_encoding(table)
            truth, _ = models_cli.truth(table)
            was, now = (
                [guess.intent for _, guess in by_hand.read(table, model)] for model in (old, new)
            )
    except Unusable as error:
        commands.refuse(str(error))
    differences = compared(truth, was, now)
    Console(highlight=False).print(_shown(old.version, new.version, differences))
    return differences


def _judge(differences: Sequence[Difference], force: bool) -> None:
    """End the command with status 1 if something was lost."""
    lost = [f"{d.intent or 'all intents'} ({d.old:.3f} to {d.new:.3f})"
            for d in differences if d.is_loss]  # fmt: skip
    if lost and not force:
        commands.refuse(
            f"The new model is worse, beyond chance, on {', '.join(lost)}; --force takes it.",
            status=1,
        )


def _shown(old: str, new: str, differences: Sequence[Difference]) -> Table:
    table = Table()
    table.add_column("F1 by intent", no_wrap=True)
    for column in ("messages", old, new, "difference", "lost, at least"):
        table.add_column(column, justify="right")
    for d in differences:
        least = "" if d.least is None else f"{max(0.0, d.least):.3f}"
        numbers = (f"{d.messages:,}", f"{d.old:.3f}", f"{d.new:.3f}", f"{d.new - d.old:+.3f}")
        style = "red" if d.is_loss else None
        table.add_row(d.intent or "all intents", *numbers, least, style=style)
    return table


def _install() -> str:
    """The command that installs what training needs, as pyproject.toml lists it."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = told["project"]["optional-dependencies"]["train"]
    return " ".join([sys.executable, "-m", "pip", "install", *packages])


def _become(command: list[str]) -> NoReturn:
    """Be the training from here on, so that a Ctrl-C and the exit status are its own."""
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606  no shell is wanted
