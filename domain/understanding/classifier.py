"""What the business asks of a language model, and nothing about how one works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Guess:
    """What was understood of one text.

    `intent` is a code of `intents.INTENTS`, `sentiment` one of `intents.SENTIMENTS`. Confidences
    are calibrated probabilities from 0 to 1. `also` holds further intents that the text may well
    have, likeliest first. `model_version` names the model that said so.
    """

    intent: str
    intent_confidence: float
    sentiment: str
    sentiment_confidence: float
    also: tuple[str, ...]
    model_version: str


class Classifier(Protocol):
    """Reads texts from which secrets were already taken out."""

    version: str

    def read(self, texts: Sequence[str]) -> list[Guess]:
        """One guess for each text, in the same order; no text is too short, long or strange."""
        ...
