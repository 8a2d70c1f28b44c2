"""N-grams that speak for nothing, so that a scripted network is heard alone."""

from __future__ import annotations

import numpy as np

from workers.classifier import Weights
from workers.ngrams import HAN, Ngrams

ALONE = Weights(network=1.0, ngrams=0.0)
"""The network's logits as they are."""


def silent(intents: int, sentiments: int = 3) -> Ngrams:
    """N-grams for so many labels, of one run that nobody writes."""
    columns = intents + sentiments
    return Ngrams(
        sounds=np.zeros(len(HAN), dtype=np.uint16),
        hashes=np.zeros(1, dtype=np.uint32),
        rarity=np.ones(1, dtype=np.float32),
        weights=np.zeros((1, columns), dtype=np.float32),
        bias=np.zeros(columns, dtype=np.float32),
        intents=intents,
    )
