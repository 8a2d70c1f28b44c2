"""Pure decisions about readings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SURE_FROM = 0.6
"""From this calibrated confidence on a reading may be acted upon.

Chosen with `./zaide model evaluate`, which tells how many messages are sure and how many of those
are right: below it about half of what is read in dev is wrong, so that asking costs less than
acting. Between 0.55 and 0.65 it matters little: the model that it was chosen with had 83 to 85
in a hundred of what was sure right; those since, with the same number, 96 and 98.
"""
MARGIN = 0.25
"""What is sure has this much more probability than its runner-up.

It only tells where there are two readings and nothing else (0.6 and 0.4): there the second is right
about as often as the first, and one question settles it.
"""
FLOOR = 0.3
"""Below this confidence a reading is not worth naming.

A question that names the two likeliest intents then holds the right one less often than not; above
it, in two of three messages.
"""


class Certainty(Enum):
    """What a reading is good for.

    SURE: it may be acted upon. ASK: it may be one of few things, and a question can name them.
    HAND_OVER: nothing is known that a question could name, or it is none of the shop's business;
    a person decides.
    """

    SURE = "sure"
    ASK = "ask"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one message is taken to mean: an agent's word where there is one, else the model's.

    `corrected` is whether an agent said what is wanted, `named` whether the message names an order.
    """

    intent: str
    sentiment: str
    corrected: bool = False
    named: bool = False
    certainty: Certainty = Certainty.SURE
    confidence: float = 1.0


def certainty(intent: str, first: float, second: float = 0.0) -> Certainty:
    """How sure a reading is, of its own probability and that of its runner-up, both calibrated."""
    if intent == "other" or first < FLOOR:
        return Certainty.HAND_OVER
    if first >= SURE_FROM and first - second >= MARGIN:
        return Certainty.SURE
    return Certainty.ASK
