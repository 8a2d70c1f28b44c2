"""How good a model is: scores per intent, what it mistakes for what, and what int8 cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.metrics import f1_score, precision_recall_fscore_support

from domain.understanding.classifier import Classifier, Guess
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.training.data import Example


@dataclass(frozen=True, slots=True)
class Line:
    """One intent: precision, recall and F1 from 0 to 1, over `messages` messages."""

    intent: str
    precision: float
    recall: float
    f1: float
    messages: int


@dataclass(frozen=True, slots=True)
class Report:
    """Scores from 0 to 1 of one model on one split.

    `agreement` is the share of messages whose first intent int8 and fp32 agree on;
    `milliseconds` is what one message alone takes; `mistakes` are the commonest (truth, guess).
    `calibration_error` is the expected calibration error of the intent in ten bins.
    """

    intent_f1: float
    sentiment_f1: float
    intent_accuracy: float
    sentiment_accuracy: float
    calibration_error: float
    agreement: float
    milliseconds: float
    lines: tuple[Line, ...]
    mistakes: tuple[tuple[tuple[str, str], int], ...]


def evaluate(
    classifier: Classifier, examples: Sequence[Example], fp32_intents: Sequence[str]
) -> Report:
    """`classifier` on `examples`, for each of which `fp32_intents` has what fp32 said."""
    guesses = [guess for example in examples for guess in classifier.read([example.text])]
    truth, said = [example.intent for example in examples], [guess.intent for guess in guesses]
    tone, heard = [example.sentiment for example in examples], [g.sentiment for g in guesses]
    missed = Counter((a, b) for a, b in zip(truth, said, strict=True) if a != b)
    return Report(
        intent_f1=_macro(truth, said, tuple(INTENTS)),
        sentiment_f1=_macro(tone, heard, SENTIMENTS),
        intent_accuracy=_agreement(truth, said),
        sentiment_accuracy=_agreement(tone, heard),
        calibration_error=_calibration_error(guesses, truth),
        agreement=_agreement(said, fp32_intents),
        milliseconds=_milliseconds(classifier, examples),
        lines=_lines(truth, said),
        mistakes=tuple(missed.most_common(12)),
    )


def _macro(truth: Sequence[str], said: Sequence[str], labels: Sequence[str]) -> float:
    return float(f1_score(truth, said, labels=labels, average="macro", zero_division=0))


def _agreement(one: Sequence[str], other: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def _lines(truth: Sequence[str], said: Sequence[str]) -> tuple[Line, ...]:
    columns = precision_recall_fscore_support(truth, said, labels=list(INTENTS), zero_division=0)
    return tuple(
        Line(code, float(precision), float(recall), float(f1), int(messages))
        for code, precision, recall, f1, messages in zip(INTENTS, *columns, strict=True)
    )


def _calibration_error(guesses: Sequence[Guess], truth: Sequence[str]) -> float:
    """How far confidence is from being right, bin by bin, weighted by messages."""
    bins: dict[int, list[float]] = {}
    for guess, intent in zip(guesses, truth, strict=True):
        gap = guess.intent_confidence - (guess.intent == intent)
        bins.setdefault(min(9, int(guess.intent_confidence * 10)), []).append(gap)
    return sum(abs(sum(gaps)) for gaps in bins.values()) / len(guesses)


def _milliseconds(classifier: Classifier, examples: Sequence[Example]) -> float:
    """The median over messages read one at a time, after they were all read once."""
    taken = []
    for example in examples:
        start = time.perf_counter()
        classifier.read([example.text])
        taken.append(time.perf_counter() - start)
    return sorted(taken)[len(taken) // 2] * 1000
