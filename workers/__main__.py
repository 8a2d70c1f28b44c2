"""`python -m workers`: sequencer, consumers and tickers in one process; the model's commands."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import orjson
import structlog
import typer
import uvloop

from domain import broker, db, sequence
from domain.bot import actions as bot
from domain.db import unit_of_work
from domain.events import Happened, Kind, record
from domain.settings import settings
from domain.shops.actions import check_keys
from domain.understanding.classifier import Classifier
from workers.classifier import ModelBroken, OnnxClassifier, load
from workers.deadlines import watch_deadlines
from workers.deliver import deliver, try_again
from workers.explain import explain
from workers.own import own
from workers.respond import respond
from workers.route import route
from workers.runner import Consumer, Runner
from workers.sequencer import Sequencer
from workers.understand import understand

app = typer.Typer(
    help="Zaide's workers, and the commands that need the model.", add_completion=False
)
log = structlog.get_logger()
T = TypeVar("T")


def consumers(classifier: Classifier) -> list[Consumer]:
    """All that hears events, in the order of a message's way."""
    return [understand(classifier), respond, route, own, deliver]


async def give_up(event: Happened, consumer: str) -> None:
    """An event became a dead letter: say so, and bring its conversation to a person."""
    if event.conversation_id is not None:
        await bot.give_up(event.conversation_id)
    async with unit_of_work():
        record(
            Kind.HANDLING_FAILED,
            shop=event.shop_id,
            by=f"system:{event.shop_id}",
            conversation=event.conversation_id,
            ticket=event.ticket_id,
            order=event.order_id,
            key=event.key,
            consumer=consumer,
            failed=event.position,
        )


async def work(classifier: OnnxClassifier) -> None:
    """Everything a worker process does, until it is cancelled."""
    await db.connect()
    await check_keys()
    broker.connect()
    runner = Runner(consumers(classifier), give_up)
    jobs: list[Coroutine[Any, Any, None]] = [
        Sequencer().run(),
        runner.run(),
        watch_deadlines(),
        try_again(),
        explain(classifier),
    ]
    log.info("worker.started", name=runner.name, model=classifier.version)
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    finally:
        await broker.close()
        await db.close()


async def _until_told(classifier: OnnxClassifier) -> None:
    """Work until SIGTERM or SIGINT, then let go of everything."""
    task = asyncio.ensure_future(work(classifier))
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _model(folder: Path | None = None) -> OnnxClassifier:
    try:
        return load(folder or settings().model)
    except ModelBroken as error:
        typer.echo(f"zaide: {error}", err=True)
        raise typer.Exit(1) from error


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Run a worker until it is told to stop."""
    if context.invoked_subcommand is None:
        uvloop.run(_until_told(_model()))


@app.command("understand")
def _understand(texts: list[str]) -> None:
    """Show what the model reads in some texts, one JSON line each."""
    for guess in _model().read(texts):
        typer.echo(orjson.dumps(asdict(guess)).decode())


dead = typer.Typer(help="Dead letters: events that no retry could handle.", no_args_is_help=True)
app.add_typer(dead, name="dead")


@dead.command("list")
def _list(limit: int = 50) -> None:
    """The dead letters, newest first."""
    letters = _connected(lambda: sequence.dead(limit))
    if not letters:
        typer.echo("No dead letters.")
    for letter in letters:
        typer.echo(
            f"{letter['position']:>8}  {letter['consumer']:<12} {letter['kind']:<24} "
            f"{letter['tries']} tries  {letter['error']:<24} {letter['created_at']:%F %T}  "
            f"{letter['key']}"
        )


@dead.command("show")
def _show(position: int) -> None:
    """One dead letter with its event: ids and small facts, never a customer's words."""
    for letter in _connected(lambda: sequence.dead_letter(position)):
        typer.echo(orjson.dumps(letter, default=str, option=orjson.OPT_INDENT_2).decode())


@dead.command("replay")
def _replay(position: int | None = None, every: bool = typer.Option(False, "--all")) -> None:
    """Have a dead letter tried again, by its position, or `--all`."""
    if position is None and not every:
        typer.echo("zaide: name a position, or say --all", err=True)
        raise typer.Exit(2)
    typer.echo(f"{_connected(lambda: sequence.replay(position))} to be tried again")


def _connected(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The answer to a question to the database, connected for just that."""

    async def run() -> T:
        await db.connect()
        try:
            return await ask()
        finally:
            await db.close()

    return asyncio.run(run())


if __name__ == "__main__":
    app()
