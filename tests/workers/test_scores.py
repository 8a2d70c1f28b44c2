"""Scores say how good a model is, as everybody else computes them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from domain.understanding.classifier import Guess
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.scores import (
    Confusion,
    Level,
    Line,
    Scores,
    accuracy,
    by_certainty,
    by_label,
    calibration_error,
    macro_f1,
    scored,
)

# Few labels, so that there are hits, and some that only one side has.
labels = st.sampled_from(["refund_request", "refund_status", "other", "invoice"])
tones = st.sampled_from(SENTIMENTS)
chances = st.floats(0, 1)
readings = st.tuples(labels, tones, labels, chances, tones)
rows = st.lists(readings, min_size=1, max_size=60)


def guess(intent: str, confidence: float, sentiment: str = "neutral") -> Guess:
    return Guess(intent, confidence, sentiment, 1.0, (), "test")


def scores_of(rows: list[tuple[str, str, str, float, str]]) -> Scores:
    """Of rows (true intent, true sentiment, intent said, how sure, sentiment said)."""
    guesses = [guess(said, sure, tone) for _, _, said, sure, tone in rows]
    return scored([row[0] for row in rows], [row[1] for row in rows], guesses)


@given(rows)
def test_they_are_those_of_scikit_learn(rows: list[tuple[str, str, str, float, str]]) -> None:
    truth, tone, said, _, heard = zip(*rows, strict=True)
    scores = scores_of(rows)
    assert scores.intent_accuracy == pytest.approx(accuracy_score(truth, said))
    assert scores.sentiment_accuracy == pytest.approx(accuracy_score(tone, heard))
    for ours, one, other in (
        (scores.intent_f1, truth, said),
        (scores.sentiment_f1, tone, heard),
    ):
        assert ours == pytest.approx(f1_score(one, other, average="macro", zero_division=0))
    names = [line.intent for line in scores.lines]
    theirs = precision_recall_fscore_support(truth, said, labels=names, zero_division=0)
    for line, precision, recall, f1, messages in zip(scores.lines, *theirs, strict=True):
        assert (line.precision, line.recall, line.f1, line.messages) == pytest.approx(
            (precision, recall, f1, messages)
        )


@given(rows)
def test_all_shares_are_between_nothing_and_all(
    rows: list[tuple[str, str, str, float, str]],
) -> None:
    scores = scores_of(rows)
    shares = [scores.intent_accuracy, scores.intent_f1, scores.sentiment_accuracy]
    shares += [scores.sentiment_f1, scores.calibration_error]
    shares += [share for line in scores.lines for share in (line.precision, line.recall, line.f1)]
    assert all(0 <= share <= 1 for share in shares)
    assert scores.messages == sum(line.messages for line in scores.lines) == len(rows)
    missed = sum(confusion.messages for confusion in scores.confusions)
    assert missed == sum(row[0] != row[2] for row in rows)


@given(st.lists(st.tuples(labels, tones), min_size=1))
def test_who_is_right_and_sure_of_it_has_all_of_them(truth: list[tuple[str, str]]) -> None:
    scores = scores_of([(intent, tone, intent, 1.0, tone) for intent, tone in truth])
    assert scores.intent_accuracy == scores.intent_f1 == 1
    assert scores.sentiment_accuracy == scores.sentiment_f1 == 1
    assert scores.calibration_error == 0
    assert scores.confusions == ()


@given(rows)
def test_every_message_is_of_one_certainty(rows: list[tuple[str, str, str, float, str]]) -> None:
    levels = scores_of(rows).levels
    assert [level.certainty for level in levels] == ["sure", "ask", "hand_over"]
    assert sum(level.messages for level in levels) == len(rows)
    hits = sum(level.messages * level.right for level in levels)
    assert hits == pytest.approx(sum(row[0] == row[2] for row in rows))
    assert all(level.right <= level.named <= 1 for level in levels)


def test_a_certainty_counts_what_a_question_would_name() -> None:
    sure = guess("invoice", 0.9)
    unsure = Guess("invoice", 0.5, "neutral", 1.0, ("pricing", "other"), "test", 0.4)
    levels = by_certainty(["invoice", "pricing", "other"], [sure, unsure, unsure])
    assert levels == (
        Level("sure", 1, 1.0, 1.0),
        Level("ask", 2, 0.0, 0.5),
        Level("hand_over", 0, 0.0, 0.0),
    )


@given(rows, st.randoms())
def test_the_order_of_messages_makes_no_difference(
    rows: list[tuple[str, str, str, float, str]], dice: random.Random
) -> None:
    shuffled = list(rows)
    dice.shuffle(shuffled)
    one, other = scores_of(rows), scores_of(shuffled)
    assert (one.lines, one.confusions) == (other.lines, other.confusions)
    assert one.calibration_error == pytest.approx(other.calibration_error)


def test_a_line_is_what_one_computes_by_hand() -> None:
    truth = ["invoice", "invoice", "invoice", "other"]
    said = ["invoice", "invoice", "other", "pricing"]
    assert by_label(truth, said) == (
        Line("pricing", 0.0, 0.0, 0.0, 0),
        Line("invoice", 1.0, 2 / 3, 0.8, 3),
        Line("other", 0.0, 0.0, 0.0, 1),
    )
    assert macro_f1(truth, said) == pytest.approx(0.8 / 3)
    assert accuracy(truth, said) == 0.5


def test_an_intent_that_nobody_asked_for_and_nothing_was_read_as_counts_nothing() -> None:
    assert macro_f1(["invoice", "other"], ["invoice", "other"]) == 1
    assert macro_f1(["invoice", "invoice"], ["invoice", "other"]) == pytest.approx(1 / 3)


def test_lines_stand_in_the_order_of_the_house() -> None:
    codes = list(INTENTS)
    backwards = codes[::-1]
    assert [line.intent for line in by_label(backwards, backwards)] == codes


def test_confusions_come_the_worst_first() -> None:
    truth = ["invoice", "pricing", "pricing", "other"]
    said = ["other", "invoice", "invoice", "other"]
    scores = scored(truth, ["neutral"] * 4, [guess(intent, 0.5) for intent in said])
    assert scores.confusions == (
        Confusion("pricing", "invoice", 2),
        Confusion("invoice", "other", 1),
    )


@pytest.mark.parametrize(
    ("confidences", "right", "error"),
    [
        ([0.9, 0.9, 0.9, 0.9], [True, True, True, False], 0.15),
        ([0.95, 0.55], [True, False], (0.05 + 0.55) / 2),
        # In one bin too little and too much make up for each other, in two they do not.
        ([0.95, 0.95], [True, False], 0.45),
        ([1.0, 0.5], [False, True], 0.75),
        # 15 bins of equal width: 0.62 and 0.66 share one that neither 0.58 nor 0.69 is in.
        ([0.62, 0.66], [True, False], 0.14),
        ([0.62, 0.58], [True, False], (0.38 + 0.58) / 2),
        ([0.62, 0.69], [True, False], (0.38 + 0.69) / 2),
        # Each is closed above: a fifteenth is in the first bin, as nothing is.
        ([1 / 15, 0.0], [False, True], (1 - 1 / 15) / 2),
        ([0.0], [False], 0.0),
        ([1.0], [False], 1.0),
    ],
)
def test_calibration_error_is_what_one_computes_by_hand(
    confidences: list[float], right: list[bool], error: float
) -> None:
    assert calibration_error(confidences, right) == pytest.approx(error)


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        scored([], [], [])
    with pytest.raises(ValueError, match="nothing to score"):
        macro_f1([], [])
    with pytest.raises(ValueError, match="nothing to score"):
        calibration_error([], [])


def test_a_guess_too_few_is_noticed() -> None:
    with pytest.raises(ValueError, match="zip"):
        scored(["other", "other"], ["neutral"] * 2, [guess("other", 0.5)])
