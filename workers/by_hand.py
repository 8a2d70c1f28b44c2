"""Reading many messages by hand: `zaide understand messages.csv`, without any server.

A message is treated as a live one is: its entities are read as it was typed, then its secrets are
taken out, and only what is left goes to the model. No shop is asked, so an order number stays only
where its shape tells that it is one, and products are not looked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from domain.redaction import redact
from domain.understanding.classifier import Classifier, Guess
from domain.understanding.entities import entities
from workers import commands, tables
from workers.tables import Row, Table, Unusable

BATCH = 64
TELL_EVERY = 100  # Batches between two lines where there is no terminal.
COLUMNS = ("text", "intent", "confidence", "sentiment", "sentiment_confidence", "entities")


def is_table(word: str) -> bool:
    """Whether a word of the command line means a file, or standard input, and not a text.

    It does if it is '-', ends in .csv, or is the name of something there, folders excepted.
    """
    path = commands.named(word)
    there = os.path.exists(path) and not os.path.isdir(path)  # False of what can be no name.
    return word == "-" or word.lower().endswith(".csv") or there


def understand(name: str, out: str) -> None:
    """Read the column text of a CSV file, write what was read to `out`; both may be '-'.

    One row for each message, in the same order. Raises Unusable.
    """
    source, target = commands.named(name), commands.named(out)
    with tables.opened(name, source, "text") as table:
        if "-" not in (name, out) and target.exists() and target.samefile(source):
            raise Unusable(f"{out} would be written over: give --out another name.")
        say_encoding(table)
        # Excel, which wrote this, knows UTF-8 only by the mark.
        excel = table.marked or not table.in_utf8
        with tables.written(out, target, marked=excel) as write:
            write(COLUMNS)
            rows_shown = out == "-" and sys.stdout.isatty()
            for (text,), guess in read(table, model(), quiet=rows_shown):
                write(_reading(text, guess))


def model(folder: str | None = None) -> Classifier:
    """The model, with every core of this machine, or the end of the command."""
    return commands.opened(folder, threads=os.cpu_count() or 1)


def guesses(words: Sequence[str], classifier: Classifier) -> list[Guess]:
    """What is read in some texts as they were typed."""
    return classifier.read([redact(word).text for word in words])


def read(
    table: Table, classifier: Classifier, *, quiet: bool = False
) -> Iterator[tuple[Row, Guess]]:
    """Each row with what is read in its first column; tells on standard error how far it is."""
    rows = (row for _, row in table)
    with _told(table.rows, quiet) as advance:
        while batch := list(islice(rows, BATCH)):
            yield from zip(batch, guesses([row[0] for row in batch], classifier), strict=True)
            advance(len(batch))


def say_encoding(table: Table) -> None:
    """A note about a table that is not in UTF-8: another encoding may fit it by chance."""
    if not table.in_utf8:
        commands.say(f"{table.name} is not in UTF-8; it was read as GB18030 (GBK).")


def _reading(text: str, guess: Guess) -> Row:
    found = entities(text)
    facts = found.facts(known=found.likely)  # No shop is asked here, and the text stands beside it.
    told = orjson.dumps(facts | ({"language": guess.language} if guess.language else {})).decode()
    sure, tone = f"{guess.intent_confidence:.4f}", f"{guess.sentiment_confidence:.4f}"
    return text, guess.intent, sure, guess.sentiment, tone, told


@contextmanager
def _told(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Gives the function that is told of messages read: a bar, or a line now and then."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = console.is_terminal and not quiet
    with Progress(*columns, console=console, disable=not shown) as bar:
        task, done = bar.add_task("", total=total), 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.advance(task, count)
            if not (shown or quiet) and done % (BATCH * TELL_EVERY) == 0:
                console.print(f"read {done:,} of {total:,}")

        yield advance
