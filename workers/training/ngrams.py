"""Teaching the wide half: logistic regression on TF-IDF of runs of characters and of sounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import prepare
from workers.ngrams import Ngrams, Sounds, runs
from workers.training.data import Example

LEAST = 2
"""Messages that a run must be in to be learned."""
MOST = 150_000
"""Runs that are kept at most, those in most messages: each is some 30 bytes of what ships."""
STRENGTH = 10.0
"""Inverse of the penalty (scikit-learn's C)."""


def learn(examples: Sequence[Example], sounds: Sounds) -> Ngrams:
    """A wide model of `examples`, always the same one for the same messages in the same order.

    `sounds` are those of `workers.training.spelling`. Raises ValueError when a label has no
    message.
    """
    texts = [prepare(one.text) for one in examples]
    blank = _known(texts, sounds)
    seen = matrix(blank, texts)
    intent = _fitted(seen, [one.intent for one in examples], tuple(INTENTS))
    sentiment = _fitted(seen, [one.sentiment for one in examples], SENTIMENTS)
    weights, bias = (np.concatenate(pair) for pair in zip(intent, sentiment, strict=True))
    return Ngrams(
        sounds,
        blank.hashes,
        blank.rarity,
        np.ascontiguousarray(weights.T, dtype=np.float32),
        bias.astype(np.float32),
        len(INTENTS),
    )


def matrix(model: Ngrams, texts: Sequence[str]) -> Any:
    """The features of prepared texts as a sparse (texts, runs)."""
    rows = [model.features(text) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places, values = (np.concatenate(part) for part in zip(*rows, strict=True))
    values = values.astype(np.float64)  # Steps are too coarse in single precision.
    return csr_matrix((values, places, ends), shape=(len(texts), len(model.hashes)))


def _known(texts: Sequence[str], sounds: Sounds) -> Ngrams:
    """A model of the runs that are in enough texts, and how rare they are; it has no weights."""
    each = np.concatenate([np.unique(runs(text, sounds)) for text in texts])
    hashes, texts_with = np.unique(each, return_counts=True)
    order = np.argsort(-texts_with, kind="stable")[: min(MOST, int((texts_with >= LEAST).sum()))]
    kept = np.sort(order)
    rarity = np.log((1 + len(texts)) / (1 + texts_with[kept])) + 1
    nothing = np.zeros((len(kept), 0), dtype=np.float32)
    return Ngrams(
        sounds, hashes[kept], rarity.astype(np.float32), nothing, np.zeros(0, np.float32), 0
    )


def _fitted(seen: Any, truth: Sequence[str], labels: Sequence[str]) -> tuple[Any, Any]:
    """Weights (labels, runs) and bias (labels,). Raises ValueError when a label has no message."""
    order = [labels.index(label) for label in truth]
    if len(set(order)) < len(labels):
        raise ValueError("Each label needs a message to be learned from.")
    head = LogisticRegression(C=STRENGTH, max_iter=300).fit(seen, order)
    return head.coef_, head.intercept_
