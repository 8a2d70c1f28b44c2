"""How good a model is: scores per intent, what it mistakes for what, and what int8 cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.understanding.classifier import Classifier
from workers.scores import Line, accuracy, scored
from workers.training.data import Example

WORST = 12  # Confusions that the card names.


@dataclass(frozen=True, slots=True)
class Report:
    """Scores from 0 to 1 of one model on one split.

    `agreement` is the share of messages whose first intent int8 and fp32 agree on;
    `milliseconds` is what one message alone takes; `mistakes` are the commonest (truth, guess).
    `calibration_error` is the expected calibration error of the intent; see `workers.scores`.
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
    intents, tones = [one.intent for one in examples], [one.sentiment for one in examples]
    scores = scored(intents, tones, guesses)
    return Report(
        intent_f1=scores.intent_f1,
        sentiment_f1=scores.sentiment_f1,
        intent_accuracy=scores.intent_accuracy,
        sentiment_accuracy=scores.sentiment_accuracy,
        calibration_error=scores.calibration_error,
        agreement=accuracy(fp32_intents, [guess.intent for guess in guesses]),
        milliseconds=_milliseconds(classifier, examples),
        lines=scores.lines,
        mistakes=tuple(((one.truth, one.said), one.messages) for one in scores.confusions[:WORST]),
    )


def _milliseconds(classifier: Classifier, examples: Sequence[Example]) -> float:
    """The median over messages read one at a time, after they were all read once."""
    taken = []
    for example in examples:
        start = time.perf_counter()
        classifier.read([example.text])
        taken.append(time.perf_counter() - start)
    return sorted(taken)[len(taken) // 2] * 1000
