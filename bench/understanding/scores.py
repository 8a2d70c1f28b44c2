"""How right a reader is, of probabilities and what people said; and the public sets it is asked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.scores import accuracy, macro_f1
from workers.training.data import Example

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Probabilities = Callable[[Sequence[str]], tuple[NDArray[np.float64], NDArray[np.float64]]]

Opinion = tuple[str, bool]
"""A text of a public set, and whether it is positive."""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1 of one reader on one split."""

    intent_accuracy: float
    intent_f1: float
    sentiment_accuracy: float
    sentiment_f1: float


def score(probabilities: Probabilities, examples: Sequence[Example]) -> Score:
    """What a reader says of examples against what their authors meant."""
    intents, sentiments = probabilities([one.text for one in examples])
    said = [tuple(INTENTS)[place] for place in intents.argmax(axis=1)]
    heard = [SENTIMENTS[place] for place in sentiments.argmax(axis=1)]
    meant, tone = [one.intent for one in examples], [one.sentiment for one in examples]
    return Score(
        accuracy(meant, said), macro_f1(meant, said), accuracy(tone, heard), macro_f1(tone, heard)
    )


def two_classes(probabilities: Probabilities, opinions: Sequence[Opinion]) -> float:
    """How often the likelier of positive and negative is right; neutral is left out."""
    _, sentiments = probabilities([text for text, _ in opinions])
    negative, positive = (SENTIMENTS.index(name) for name in ("negative", "positive"))
    said = (sentiments[:, positive] > sentiments[:, negative]).tolist()
    return accuracy([is_positive for _, is_positive in opinions], said)


# Public sets, which only measure


def eprstmt(path: Path) -> list[Opinion]:
    """Reviews of an online shop (FewCLUE): a list of objects, or one object a line."""
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        rows = json.loads(text)
    else:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [(row["sentence"], row["label"] == "Positive") for row in rows]


def waimai(path: Path) -> list[Opinion]:
    """Reviews of takeaways: a label, 1 for positive, and the review."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [(row["review"], row["label"] == "1") for row in csv.DictReader(lines)]


SETS: dict[str, tuple[str, Callable[[Path], list[Opinion]]]] = {
    "eprstmt": ("eprstmt/test_public.json", eprstmt),
    "waimai": ("waimai_10k.csv", waimai),
}


def public(folder: Path | None) -> tuple[dict[str, list[Opinion]], list[str]]:
    """The sets that are in a folder, by their name, and a sentence for each that is not."""
    if folder is None:
        return {}, ["The public sets were not asked: --public names their folder."]
    found, missing = {}, []
    for name, (file, read) in SETS.items():
        if (folder / file).exists():
            found[name] = read(folder / file)
        else:
            missing.append(f"{name} was not asked: {file} is not in the folder.")
    return found, missing
