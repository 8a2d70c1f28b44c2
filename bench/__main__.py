"""`python -m bench`: each figure is a command of its own, which fails when it is not reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What the README claims about speed, one command each.",
)
console = Console(highlight=False)

Report = Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")]


@app.callback()
def main() -> None:
    """Commands have names even while there is only one of them."""


@app.command()
def e2e(
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second.")] = 20.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long to send.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    report: Report = None,
) -> None:
    """From the customer's send to 2xx, to the agent's screen, and to the bot's answer."""
    from bench import e2e as bench

    run = bench.measure(console, rate, seconds, workers)
    bench.tell(console, run)
    if report:
        report.write_text(json.dumps(bench.report(run, rate, workers), indent=2) + "\n")
    raise typer.Exit(0 if run.holds else 1)


@app.command()
def reads(
    rounds: Annotated[int, typer.Option(min=1, help="How often all are measured.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="How long each is, each time.")] = 5.0,
    tickets: Annotated[
        int, typer.Option(min=100, help="In the database; a second one has ten times as many.")
    ] = 100_000,
    report: Report = None,
) -> None:
    """The queue of 50 tickets: ours, other GraphQL servers, and the least it can cost."""
    from bench import reads as bench
    from bench.reads import told

    try:
        run = bench.measure(console, rounds, seconds, tickets)
    except RuntimeError as error:
        raise SystemExit(f"zaide: {error}") from error
    told.tell(console, run)
    if report:
        report.write_text(json.dumps(told.report(run), indent=2) + "\n")
    raise typer.Exit(0 if told.holds(run) else 1)


@app.command()
def workers(
    rounds: Annotated[int, typer.Option(min=1, help="How often jobs are measured.")] = 5,
    report: Report = None,
) -> None:
    """The sequencer's pace and delay, and CPU per job beside taskiq, saq and arq."""
    from bench import workers as bench
    from bench.workers import told

    run = bench.measure(console, rounds)
    told.tell(console, run)
    if report:
        report.write_text(json.dumps(told.report(run), indent=2) + "\n")
    raise typer.Exit(0 if told.holds(run) else 1)


@app.command()
def live(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of all variants.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="How long each measures.")] = 25.0,
    report: Report = None,
) -> None:
    """One event to thousands of screens, beside the peers and the limit (eight minutes a round)."""
    from bench.live import run as bench

    try:
        run = bench.measure(console, rounds, seconds)
    except (RuntimeError, TimeoutError) as error:
        raise SystemExit(f"zaide: {error}") from error
    reached = bench.tell(console, run)
    if report:
        report.write_text(json.dumps(bench.report(run, seconds), indent=2) + "\n")
    raise typer.Exit(0 if reached else 1)


@app.command()
def understanding(
    rounds: Annotated[int, typer.Option(min=1, help="How often all are measured.")] = 5,
    checkpoint: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="The folder torch reads with.")
    ] = None,
    public: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="The folder of public sets.")
    ] = None,
    report: Report = None,
) -> None:
    """A message alone, batches, memory and accuracy, beside n-grams and torch."""
    from bench import understanding as bench
    from bench.understanding import told

    run = bench.measure(console, rounds, checkpoint, public)
    told.tell(console, run)
    if report:
        report.write_text(json.dumps(told.report(run), indent=2) + "\n")
    raise typer.Exit(0 if told.holds(run) else 1)


if __name__ == "__main__":
    app(prog_name="./zaide bench")
