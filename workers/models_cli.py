"""`zaide model …`: how good a model is, and which one reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from difflib import get_close_matches
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers import by_hand, commands, tables
from workers.scores import BINS, Scores, scored
from workers.tables import Unusable

app = typer.Typer(help="The model: how good it is, and which one reads.", no_args_is_help=True)

WORST = 10  # Confusions that are shown; the report has all of them.
TOLD = 5  # Unknown labels that are named, with their lines.
LABELS: dict[str, Collection[str]] = {"intent": INTENTS, "sentiment": SENTIMENTS}

Folder = Annotated[str | None, typer.Option(help="The folder of a model; default ZAIDE_MODEL.")]


@app.command()
def evaluate(
    messages: Annotated[str, typer.Argument(help="CSV with text, intent and sentiment; or -.")],
    model: Folder = None,
    report: Annotated[str | None, typer.Option(help="Write the scores there as JSON.")] = None,
) -> None:
    """Measure a model on annotated messages: accuracy, macro F1, calibration, confusions."""
    try:
        version, scores = _measured(messages, model)
    except Unusable as error:
        commands.refuse(str(error))
    tell(Console(highlight=False), version, scores)
    if report:
        _report(report, version, scores)


def _measured(name: str, folder: str | None) -> tuple[str, Scores]:
    """The model's version and its scores on the messages of a file, which are read twice."""
    with tables.opened(name, commands.named(name), "text", "intent", "sentiment") as table:
        by_hand.say_encoding(table)
        intents, sentiments = truth(table)
        classifier = by_hand.model(folder)
        said = [guess for _, guess in by_hand.read(table, classifier)]
    return classifier.version, scored(intents, sentiments, said)


def truth(table: tables.Table) -> tuple[list[str], list[str]]:
    """The intents and sentiments of the rows. Raises Unusable for what is none."""
    said: dict[str, list[str]] = {kind: [] for kind in LABELS}
    wrong = []
    for line, (_, *labels) in table:
        for kind, label in zip(LABELS, map(str.strip, labels), strict=True):
            said[kind].append(label)
            if label not in LABELS[kind]:
                wrong.append((line, kind, label))
    if wrong:
        more = [f"and {len(wrong) - TOLD:,} more"] if len(wrong) > TOLD else []
        told = [_unknown(*each) for each in wrong[:TOLD]]
        raise Unusable("\n  ".join([f"{table.name} cannot be used.", *told, *more]))
    if not said["intent"]:
        raise Unusable(f"{table.name} has no messages to measure by.")
    return said["intent"], said["sentiment"]


def _unknown(line: int, kind: str, label: str) -> str:
    if not label:
        return f"line {line}: there is no {kind}"
    nearest = get_close_matches(label, LABELS[kind], n=1, cutoff=0.0)[0]
    return f"line {line}: {label!r} is no {kind}; the nearest is {nearest}"


def tell(console: Console, version: str, scores: Scores) -> None:
    """Show scores as tables."""
    console.print(f"{version}, {scores.messages:,} messages\n")
    console.print(_overall(scores))
    error = scores.calibration_error
    console.print(f"\nExpected calibration error of the intent, in {BINS} bins: {error:.3f}\n")
    console.print(_by_certainty(scores))
    console.print(_by_intent(scores))
    if scores.confusions:
        console.print(_confusions(scores))


def _overall(scores: Scores) -> Table:
    table = _table("", "accuracy", "macro F1")
    table.add_row("intent", f"{scores.intent_accuracy:.3f}", f"{scores.intent_f1:.3f}")
    table.add_row("sentiment", f"{scores.sentiment_accuracy:.3f}", f"{scores.sentiment_f1:.3f}")
    return table


def _by_certainty(scores: Scores) -> Table:
    table = _table("a reading is", "messages", "share", "right", "right, or named beside it")
    for level in scores.levels:
        share = level.messages / scores.messages
        shares = (f"{value:.3f}" for value in (share, level.right, level.named))
        table.add_row(level.certainty, str(level.messages), *shares)
    return table


def _by_intent(scores: Scores) -> Table:
    table = _table("intent", "precision", "recall", "F1", "messages")
    for line in scores.lines:
        shares = (f"{share:.2f}" for share in (line.precision, line.recall, line.f1))
        table.add_row(line.intent, *shares, str(line.messages))
    return table


def _confusions(scores: Scores) -> Table:
    table = _table("is", "read as", "messages")
    for confusion in scores.confusions[:WORST]:
        table.add_row(confusion.truth, confusion.said, str(confusion.messages))
    return table


def _table(*columns: str) -> Table:
    """An empty table; numbers stand right."""
    table = Table()
    for column in columns:
        words = column in ("", "intent", "is", "read as", "a reading is")
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    return table


def _report(name: str, version: str, scores: Scores) -> None:
    told = orjson.dumps({"model": version, **asdict(scores)}, option=orjson.OPT_INDENT_2)
    try:
        commands.named(name).write_bytes(told + b"\n")
    except OSError as error:
        commands.refuse(f"{name} cannot be written: {error.strerror}.")
