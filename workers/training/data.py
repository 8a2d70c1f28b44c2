"""The messages that the model learns from and is measured by."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated message; `split` is train, dev or test. See GUIDE.md for what the labels mean.

    `source` is who wrote it: a letter and the style, 0 to 9, that its author kept to.
    """

    text: str
    intent: str
    sentiment: str
    split: str
    source: str = ""


def read(folder: Path = FOLDER, more: Iterable[Path] = ()) -> list[Example]:
    """All messages of the CSV files in `folder`, in the order of their names and lines.

    `more` are further files of the same columns, such as agents' corrections.
    """
    examples = []
    for path in (*sorted(folder.glob("*.csv")), *more):
        with path.open(encoding="utf-8", newline="") as lines:
            examples += [Example(**row) for row in csv.DictReader(lines)]
    return examples


def at_most(examples: Sequence[Example], each: int, rng: random.Random) -> list[Example]:
    """`each` messages of every intent, drawn from all of its authors; all where there are fewer."""
    chosen: list[Example] = []
    for intent in dict.fromkeys(example.intent for example in examples):
        having = [example for example in examples if example.intent == intent]
        chosen += rng.sample(having, k=min(each, len(having)))
    return chosen
