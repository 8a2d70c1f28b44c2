"""What the business asks of a language model, and nothing about how one works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from domain.understanding.rules import Certainty, certainty


@dataclass(frozen=True, slots=True)
class Guess:
    """What was understood of one text.

    `intent` is a code of `intents.INTENTS`, `sentiment` one of `intents.SENTIMENTS`. Confidences
    are calibrated probabilities from 0 to 1. `also` holds further intents that the text may well
    have, likeliest first. `model_version` names the model that said so. `second_confidence` is the
    probability of the runner-up, and `from_context` whether the intent is that of the talk before.
    `language` is a code of ISO 639-1, or "other"; it is empty where the reader tells no languages.
    """

    intent: str
    intent_confidence: float
    sentiment: str
    sentiment_confidence: float
    also: tuple[str, ...]
    model_version: str
    second_confidence: float = 0.0
    from_context: bool = False
    language: str = ""

    @property
    def certainty(self) -> Certainty:
        """What the reading of the intent is good for."""
        return certainty(self.intent, self.intent_confidence, self.second_confidence)


@dataclass(frozen=True, slots=True)
class Piece:
    """The characters [start, end) of a text, and how far they speak for an intent.

    `weight` is by how much the intent's log-odds, ln(p / (1 - p)), fall when they are left out;
    below 0 they speak against it. So a sure reading moves too, whose probability hardly does.
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What moved a reading: the intent, its probability in the whole text, and the pieces in order.

    It holds places and figures, and none of the text's words.
    """

    intent: str
    confidence: float
    model_version: str
    pieces: tuple[Piece, ...]

    def encode(self) -> bytes:
        """As it is answered through Redis."""
        return orjson.dumps(self)

    @classmethod
    def decode(cls, body: bytes) -> Explanation:
        """As it was encoded."""
        told = orjson.loads(body)
        return cls(**{**told, "pieces": tuple(Piece(**piece) for piece in told["pieces"])})


class Classifier(Protocol):
    """Reads texts from which secrets were already taken out."""

    version: str

    def read(self, texts: Sequence[str]) -> list[Guess]:
        """One guess for each text, in the same order; no text is too short, long or strange."""
        ...
