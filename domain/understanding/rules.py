"""Pure decisions about readings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one message is taken to mean: an agent's word where there is one, else the model's.

    `corrected` is whether an agent said what is wanted, `named` whether the message names an order.
    """

    intent: str
    sentiment: str
    corrected: bool = False
    named: bool = False
