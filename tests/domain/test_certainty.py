"""How sure a reading is, decided from two probabilities alone."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.understanding.classifier import Guess
from domain.understanding.intents import INTENTS
from domain.understanding.rules import FLOOR, MARGIN, SURE_FROM, Certainty, certainty

SURE, ASK, HAND_OVER = Certainty.SURE, Certainty.ASK, Certainty.HAND_OVER
chances = st.floats(0, 1)
matters = st.sampled_from(sorted(set(INTENTS) - {"other"}))


@pytest.mark.parametrize(
    ("first", "second", "sure"),
    [
        (0.97, 0.01, SURE),
        (SURE_FROM, 0.1, SURE),
        (0.6, 0.39, ASK),
        (0.59, 0.01, ASK),
        (0.45, 0.4, ASK),
        (FLOOR, 0.05, ASK),
        (0.29, 0.28, HAND_OVER),
        (0.0, 0.0, HAND_OVER),
    ],
)
def test_confidence_and_the_lead_over_the_runner_up_decide(
    first: float, second: float, sure: Certainty
) -> None:
    assert certainty("refund_request", first, second) is sure


@given(chances, chances)
def test_what_is_none_of_the_shops_business_is_a_persons(first: float, second: float) -> None:
    assert certainty("other", first, second) is HAND_OVER


@given(matters, chances, chances)
def test_what_is_sure_is_likely_and_leads(intent: str, first: float, second: float) -> None:
    assume(second <= first)
    if certainty(intent, first, second) is SURE:
        assert first >= SURE_FROM
        assert first - second >= MARGIN


@given(matters, chances, chances, st.floats(0, 0.5))
def test_more_probability_never_makes_less_sure(
    intent: str, first: float, second: float, more: float
) -> None:
    ranks = [HAND_OVER, ASK, SURE]
    less = ranks.index(certainty(intent, first, second))
    assert ranks.index(certainty(intent, min(1.0, first + more), second)) >= less


def test_a_reading_of_nothing_is_a_persons() -> None:
    assert Guess("other", 0.0, "neutral", 0.0, (), "m").certainty is HAND_OVER
