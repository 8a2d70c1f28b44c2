"""Both halves of the model together, as they were learned: how much each counts, what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import Labels, Weights, prepare
from workers.ngrams import Ngrams
from workers.scores import macro_f1
from workers.training import train, weighing
from workers.training.data import Example
from workers.training.model import Reader

Pair: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Whole:
    """A network with its tokenizer, and n-grams; nothing is rounded yet."""

    reader: Reader
    tokenizer: Any
    wide: Ngrams

    def fitted(self, some: Sequence[Example]) -> tuple[Weights, Weights]:
        """The weights, of intents and of sentiments, under which the labels of `some` are
        likeliest."""
        intents, sentiments = self._logits(some)
        return (
            weighing.fitted(*intents, [train.INTENT_INDEX[one.intent] for one in some]),
            weighing.fitted(*sentiments, [train.SENTIMENT_INDEX[one.sentiment] for one in some]),
        )

    def intents(self, some: Sequence[Example], labels: Labels) -> list[str]:
        """What is read in each message."""
        said = labels.intent_weights.probabilities(*self._logits(some)[0])
        return [labels.intents[place] for place in said.argmax(axis=1)]

    def heard(
        self, some: Sequence[Example], weights: tuple[Weights, Weights]
    ) -> tuple[float, float]:
        """Macro-F1 of the intent and of the sentiment, with these weights."""
        pairs = zip(weights, self._logits(some), strict=True)
        return heard(some, *(weight.probabilities(*pair) for weight, pair in pairs))

    def _logits(self, some: Sequence[Example]) -> tuple[Pair, Pair]:
        """The network's and the n-grams' of intents, then of sentiments."""
        texts = [one.text for one in some]
        deep = train.logits(self.reader, self.tokenizer, texts)
        intents, sentiments = zip(deep, self.wide.logits(list(map(prepare, texts))), strict=True)
        return intents, sentiments


def heard(
    some: Sequence[Example], intents: NDArray[np.floating[Any]], tones: NDArray[np.floating[Any]]
) -> tuple[float, float]:
    """Macro-F1 of the intent and of the sentiment that have the most of (texts, labels)."""
    codes = tuple(INTENTS)
    return (
        macro_f1([one.intent for one in some], [codes[n] for n in intents.argmax(axis=1)]),
        macro_f1([one.sentiment for one in some], [SENTIMENTS[n] for n in tones.argmax(axis=1)]),
    )
