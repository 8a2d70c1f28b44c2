"""How good a model is over annotated messages: the same numbers for training, commands, comparison.

A macro F1 is the mean over the labels that occur in the truth or were said, and a label that was
said and never true, or the other way round, counts 0: it is scikit-learn's
`f1_score(truth, said, average="macro", zero_division=0)`. A label that neither has counts nothing,
so that a small file is not punished for what it does not ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.understanding.classifier import Guess
from domain.understanding.intents import INTENTS
from domain.understanding.rules import Certainty

BINS = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One intent: precision, recall and F1 from 0 to 1; `messages` are those that truly have it."""

    intent: str
    precision: float
    recall: float
    f1: float
    messages: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """So many messages of the intent `truth` were read as `said`."""

    truth: str
    said: str
    messages: int


@dataclass(frozen=True, slots=True)
class Level:
    """The messages of one certainty: how many, and of them the shares (0 to 1) that are right.

    `right` is the share that has the intent that was read, `named` the share that has it or the
    first of `also`, which are what a question names.
    """

    certainty: str
    messages: int
    right: float
    named: float


@dataclass(frozen=True, slots=True)
class Scores:
    """One model over `messages` annotated messages; shares and F1 are from 0 to 1.

    `calibration_error` is that of the intent's confidence; `levels` are the certainties, of which
    `domain/understanding/rules.py` draws the lines. `lines` are the intents that occur or
    were said, in the order of the house; `confusions` are all pairs, the commonest first.
    """

    messages: int
    intent_accuracy: float
    intent_f1: float
    sentiment_accuracy: float
    sentiment_f1: float
    calibration_error: float
    levels: tuple[Level, ...]
    lines: tuple[Line, ...]
    confusions: tuple[Confusion, ...]


def scored(
    truth_intents: Sequence[str], truth_sentiments: Sequence[str], guesses: Sequence[Guess]
) -> Scores:
    """The scores of `guesses`, each about the message at the same place in both truths.

    Raises ValueError when there are none, or not as many of each.
    """
    intents = [guess.intent for guess in guesses]
    tones = [guess.sentiment for guess in guesses]
    right = [one == other for one, other in zip(truth_intents, intents, strict=True)]
    sure = [guess.intent_confidence for guess in guesses]
    return Scores(
        messages=len(guesses),
        intent_accuracy=accuracy(truth_intents, intents),
        intent_f1=macro_f1(truth_intents, intents),
        sentiment_accuracy=accuracy(truth_sentiments, tones),
        sentiment_f1=macro_f1(truth_sentiments, tones),
        calibration_error=calibration_error(sure, right),
        levels=by_certainty(truth_intents, guesses),
        lines=by_label(truth_intents, intents),
        confusions=_confusions(truth_intents, intents),
    )


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """The share of places at which both are the same. Raises ValueError of none."""
    if not truth:
        raise ValueError("There is nothing to score.")
    return sum(one == other for one, other in zip(truth, said, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """The mean of F1 over the labels of either; see the head of this file. ValueError of none."""
    if not truth:
        raise ValueError("There is nothing to score.")
    lines = by_label(truth, said)
    return sum(line.f1 for line in lines) / len(lines)


def by_label(truth: Sequence[str], said: Sequence[str]) -> tuple[Line, ...]:
    """Precision, recall and F1 of each label of either, intents in the order of the house."""
    labels = sorted({*truth, *said}, key=_in_order)
    place = {label: index for index, label in enumerate(labels)}
    true = np.array([place[label] for label in truth], dtype=np.int64)
    read = np.array([place[label] for label in said], dtype=np.int64)
    hits = np.bincount(true[true == read], minlength=len(labels)).tolist()
    were = np.bincount(true, minlength=len(labels)).tolist()
    called = np.bincount(read, minlength=len(labels)).tolist()
    return tuple(
        Line(label, hit / (names or 1), hit / (of or 1), 2 * hit / (of + names), of)
        for label, hit, of, names in zip(labels, hits, were, called, strict=True)
    )


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """How far confidence is from being right: the expected calibration error, from 0 to 1.

    In 15 bins of equal width, each closed above, weighted by messages (Guo et al., "On Calibration
    of Modern Neural Networks", 2017, equation 3). Raises ValueError of none.
    """
    if not confidences:
        raise ValueError("There is nothing to score.")
    sure = np.array(confidences, dtype=np.float64)
    bins = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gaps = np.bincount(bins, weights=sure - np.array(right, dtype=np.float64), minlength=BINS)
    return float(np.abs(gaps).sum() / len(sure))


def by_certainty(truth: Sequence[str], guesses: Sequence[Guess]) -> tuple[Level, ...]:
    """How right the readings of each certainty are, surest first."""
    pairs = list(zip(truth, guesses, strict=True))
    return tuple(
        _level(level, [pair for pair in pairs if pair[1].certainty is level]) for level in Certainty
    )


def _level(level: Certainty, pairs: Sequence[tuple[str, Guess]]) -> Level:
    right = sum(intent == guess.intent for intent, guess in pairs)
    named = sum(intent in (guess.intent, *guess.also[:1]) for intent, guess in pairs)
    count = len(pairs) or 1
    return Level(level.value, len(pairs), right / count, named / count)


def _confusions(truth: Sequence[str], said: Sequence[str]) -> tuple[Confusion, ...]:
    pairs = Counter((one, other) for one, other in zip(truth, said, strict=True) if one != other)
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], *map(_in_order, pair[0])))
    return tuple(Confusion(one, other, count) for (one, other), count in ranked)


_ORDER = {code: place for place, code in enumerate(INTENTS)}


def _in_order(label: str) -> tuple[int, str]:
    """Intents as the house lists them; whatever else there is after them, by name."""
    return _ORDER.get(label, len(_ORDER)), label
