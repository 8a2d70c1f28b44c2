"""Whether a new model is worse than an old one, by more than the choice of messages would explain.

Both read the same messages. These are drawn again and again, with replacement and the same for
both (the paired bootstrap: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter
13). What the new one loses is beyond chance when it loses in 95 of 100 draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.understanding.intents import INTENTS

RESAMPLES, SEED = 1000, 7
SURE = 0.95
ENOUGH = 100
"""Messages of one intent from which on its loss is judged."""
AT_ONCE = 4_000_000
"""Numbers of one array of draws: 32 MB."""

Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """F1 of both models, from 0 to 1, on one intent; `intent` is None for the macro F1 of all.

    `least` is what the new one loses at least, with 95 % confidence; None where `messages`, those
    that truly have the intent, are too few to tell.
    """

    intent: str | None
    messages: int
    old: float
    new: float
    least: float | None

    @property
    def is_loss(self) -> bool:
        """Whether the new model is worse, beyond chance."""
        return self.least is not None and self.least > 0


def compared(
    truth: Sequence[str], old: Sequence[str], new: Sequence[str], seed: int = SEED
) -> list[Difference]:
    """How two models differ that read the same messages: over all, then by intent.

    The sequences are the intents of the messages: the true ones, and what each model said. The
    same seed gives the same answer. Raises ValueError when there are none, or not as many of each.
    """
    if not truth or not len(truth) == len(old) == len(new):
        raise ValueError("Both models must have read the same messages, and at least one.")
    labels = [code for code in INTENTS if code in {*truth, *old, *new}]
    place = {label: index for index, label in enumerate(labels)}
    true, was, now = (np.eye(len(labels))[[place[label] for label in said]]
                      for said in (truth, old, new))  # fmt: skip
    once = np.ones((1, len(truth)))
    before, after = _f1(once, true, was)[0], _f1(once, true, now)[0]
    drawn = [_loss(draws, true, was, now) for draws in _draws(len(truth), seed)]
    least = np.quantile(np.concatenate(drawn), 1 - SURE, axis=0)
    counts = true.sum(axis=0).astype(int)
    overall = Difference(
        None, len(truth), float(np.nanmean(before)), float(np.nanmean(after)), float(least[0])
    )
    return [overall, *(
        Difference(label, int(counts[at]), float(np.nan_to_num(before[at])),
                   float(np.nan_to_num(after[at])),
                   float(least[at + 1]) if counts[at] >= ENOUGH else None)
        for label, at in place.items()
    )]  # fmt: skip


def _draws(messages: int, seed: int) -> Iterator[Numbers]:
    """How often each message is drawn, (draws, messages), some draws at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, AT_ONCE // messages)
    for start in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - start)
        yield rng.multinomial(messages, np.full(messages, 1 / messages), size).astype(np.float64)


def _loss(draws: Numbers, true: Numbers, was: Numbers, now: Numbers) -> Numbers:
    """What the new model loses in each draw: of the macro F1, then of each intent's F1."""
    before, after = _f1(draws, true, was), _f1(draws, true, now)
    macro = np.nanmean(before, axis=1) - np.nanmean(after, axis=1)
    return np.column_stack([macro, np.nan_to_num(before) - np.nan_to_num(after)])


def _f1(draws: Numbers, true: Numbers, said: Numbers) -> Numbers:
    """F1 of each label in each draw, (draws, labels); NaN where nobody has or says it.

    `true` and `said` hold a one for the label of each message, (messages, labels). The mean of a
    row, NaN left out, is the macro F1 of workers/scores.py.
    """
    hits, either = draws @ (true * said), draws @ (true + said)
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * hits / either, dtype=np.float64)
