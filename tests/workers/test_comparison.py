"""Comparing two models: what is chance, and what is a loss."""

from __future__ import annotations

import random
from time import perf_counter

import numpy as np
import pytest
from sklearn.metrics import f1_score

from domain.understanding.intents import INTENTS
from workers import comparison
from workers.comparison import Difference, compared

CODES = tuple(INTENTS)


def said(truth: list[str], wrong: float, seed: int, among: tuple[str, ...] = CODES) -> list[str]:
    """What somebody says who is wrong so often."""
    rng = random.Random(seed)
    return [rng.choice(among) if rng.random() < wrong else code for code in truth]


def of(intent: str | None, differences: list[Difference]) -> Difference:
    """The difference of one intent, or of all."""
    return next(difference for difference in differences if difference.intent == intent)


def test_a_model_loses_nothing_against_itself() -> None:
    truth = list(CODES) * 10
    guesses = said(truth, 0.2, 1)
    found = compared(truth, guesses, guesses)
    assert all(difference.old == difference.new for difference in found)
    assert not any(difference.is_loss for difference in found)


def test_a_model_that_is_much_worse_has_lost_and_a_better_one_has_not() -> None:
    truth = list(CODES) * 20
    good, bad = said(truth, 0.05, 1), said(truth, 0.25, 2)
    worse, better = of(None, compared(truth, good, bad)), of(None, compared(truth, bad, good))
    assert worse.is_loss
    assert worse.least is not None
    assert 0 < worse.least < worse.old - worse.new
    assert not better.is_loss


def test_what_one_message_in_two_hundred_makes_is_chance() -> None:
    truth = ["card_used", "card_invalid"] * 100
    worse = [*truth[:-1], "other"]
    overall = of(None, compared(truth, truth, worse))
    assert overall.new < overall.old
    assert not overall.is_loss


def test_one_intents_loss_counts_from_a_hundred_messages_of_it() -> None:
    for messages, counts in ((99, False), (100, True)):
        truth = ["card_used"] * messages + ["invoice"] * 400
        forgets = ["invoice" if n % 3 == 0 else code for n, code in enumerate(truth)]
        lost = of("card_used", compared(truth, truth, forgets))
        assert (lost.messages, lost.is_loss) == (messages, counts)
        assert (lost.least is None) is not counts


def test_scores_are_those_of_scikit_learn() -> None:
    truth = said(list(CODES) * 8, 0.3, 3)
    old, new = said(truth, 0.2, 4, CODES[:9]), said(truth, 0.4, 5, CODES[4:])
    overall = of(None, compared(truth, old, new))
    for found, guesses in ((overall.old, old), (overall.new, new)):
        assert found == pytest.approx(f1_score(truth, guesses, average="macro", zero_division=0))


def test_each_draw_is_scored_as_if_its_messages_had_been_written_out() -> None:
    truth = said(["pricing", "invoice", "other"] * 5, 0.3, 6, CODES[:5])
    labels = sorted({*truth, *CODES[:6]})
    old, new = said(truth, 0.4, 7, CODES[:6]), said(truth, 0.4, 8, CODES[:6])
    ones = [np.eye(len(labels))[[labels.index(code) for code in one]] for one in (truth, old, new)]
    draws = next(comparison._draws(len(truth), 9))[:50]
    for counts, lost in zip(draws, comparison._loss(draws, *ones), strict=True):
        drawn = [n for n, count in enumerate(counts) for _ in range(int(count))]
        assert len(drawn) == len(truth)
        scores = [
            f1_score([truth[n] for n in drawn], [one[n] for n in drawn], average="macro",
                     zero_division=0)
            for one in (old, new)
        ]  # fmt: skip
        assert lost[0] == pytest.approx(scores[0] - scores[1])


def test_the_same_seed_gives_the_same_answer_however_many_are_drawn_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth = list(CODES) * 6
    old, new = said(truth, 0.1, 1), said(truth, 0.15, 2)
    first = compared(truth, old, new)
    assert compared(truth, old, new) == first
    assert compared(truth, old, new, seed=8) != first
    monkeypatch.setattr(comparison, "AT_ONCE", 5000)
    assert compared(truth, old, new) == first


def test_nothing_is_compared_with_nothing() -> None:
    for truth, old, new in (([], [], []), (["other"], [], ["other"])):
        with pytest.raises(ValueError, match="the same messages"):
            compared(truth, old, new)


def test_a_thousand_draws_of_a_thousand_messages_take_less_than_a_second() -> None:
    truth = (list(CODES) * 29)[:1000]
    old, new = said(truth, 0.1, 1), said(truth, 0.1, 2)
    began = perf_counter()
    compared(truth, old, new)
    assert perf_counter() - began < 1
