"""`python -m workers`: sequencer, consumers and tickers in one process; the model's commands."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Annotated, Any

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
from workers import by_hand, learning_cli, models_cli
from workers.classifier import ModelBroken
from workers.commands import connected, opened, refuse
from workers.deadlines import watch_deadlines
from workers.deliver import deliver, try_again
from workers.explain import explain
from workers.models import Current, store
from workers.own import own
from workers.reconsider import reconsider
from workers.respond import respond
from workers.route import route
from workers.runner import Consumer, Runner
from workers.sequencer import Sequencer
from workers.shadow import Shadow, shadow
from workers.tables import Unusable
from workers.understand import understand

app = typer.Typer(
    help="Zaide's workers, and the commands that need the model.", add_completion=False
)
log = structlog.get_logger()


def consumers(classifier: Classifier, looks_on: Shadow | None = None) -> list[Consumer]:
    """All that hears events, in the order of a message's way."""
    return [understand(classifier, looks_on), respond, reconsider, route, own, deliver]


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


async def work(classifier: Current, looks_on: Shadow | None = None) -> None:
    """Everything a worker process does, until it is cancelled."""
    await db.connect()
    await check_keys()
    broker.connect()
    runner = Runner(consumers(classifier, looks_on), give_up)
    jobs: list[Coroutine[Any, Any, None]] = [
        Sequencer().run(),
        runner.run(),
        watch_deadlines(),
        try_again(),
        explain(lambda: classifier.model),
    ]
    log.info("worker.started", name=runner.name, model=classifier.version)
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    finally:
        await broker.close()
        await db.close()


async def _until_told(classifier: Current, looks_on: Shadow | None) -> None:
    """Work until SIGTERM or SIGINT, then let go of everything."""
    task = asyncio.ensure_future(work(classifier, looks_on))
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Run a worker until it is told to stop."""
    if context.invoked_subcommand is None:
        try:
            classifier = Current(store())
        except ModelBroken as error:
            refuse(f"{error} If you promoted it, ./zaide model rollback takes it back.", status=1)
        uvloop.run(_until_told(classifier, shadow(settings().shadow_model, store())))


@app.command("understand")
def _understand(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT...|FILE|-", help="Texts, or one CSV file with a column text, or -."
        ),
    ],
    out: Annotated[str, typer.Option(help="Where the readings of a file go; - shows them.")] = "-",
) -> None:
    """Show what the model reads: in texts, as JSON lines, or in a CSV file, as CSV.

    A word that ends in .csv, or names a file that is there, is a file; - is standard input.
    """
    if not any(map(by_hand.is_table, words)):
        if out != "-":
            refuse("--out is for the readings of a CSV file, and this is none")
        for guess in by_hand.guesses(words, opened()):
            typer.echo(orjson.dumps(asdict(guess)).decode())
    elif len(words) > 1:
        refuse("name one file at a time, and nothing else")
    else:
        try:
            by_hand.understand(words[0], out)
        except Unusable as error:
            refuse(str(error))


learning_cli.mount(models_cli.app)
app.add_typer(models_cli.app, name="model")
dead = typer.Typer(help="Dead letters: events that no retry could handle.", no_args_is_help=True)
app.add_typer(dead, name="dead")


@dead.command("list")
def _list(limit: int = 50) -> None:
    """The dead letters, newest first."""
    letters = connected(lambda: sequence.dead(limit))
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
    for letter in connected(lambda: sequence.dead_letter(position)):
        typer.echo(orjson.dumps(letter, default=str, option=orjson.OPT_INDENT_2).decode())


@dead.command("replay")
def _replay(position: int | None = None, every: bool = typer.Option(False, "--all")) -> None:
    """Have a dead letter tried again, by its position, or `--all`."""
    if position is None and not every:
        refuse("name a position, or say --all")
    typer.echo(f"{connected(lambda: sequence.replay(position))} to be tried again")


if __name__ == "__main__":
    app()
