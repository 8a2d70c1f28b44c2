"""Further intents of one message: heard in its clauses, seldom where there are none."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import workers.classifier
from domain.understanding.classifier import Classifier, Guess
from domain.understanding.intents import SENTIMENTS
from domain.understanding.rules import Certainty
from tests.workers.silent import ALONE, silent
from workers.classifier import Labels, OnnxClassifier
from workers.training.data import read

with Path(__file__).with_name("two_intents.csv").open(encoding="utf-8", newline="") as file:
    TWO = [(row["text"], {row["one"], row["other"]}) for row in csv.DictReader(file)]


def told(guess: Guess) -> set[str]:
    return {guess.intent, *guess.also}


def test_both_of_two_intents_are_heard_in_most_messages(classifier: Classifier) -> None:
    guesses = classifier.read([text for text, _ in TWO])
    both = sum(wanted <= told(guess) for (_, wanted), guess in zip(TWO, guesses, strict=True))
    more = sum(not told(guess) <= wanted for (_, wanted), guess in zip(TWO, guesses, strict=True))
    print(f"\nboth intents heard in {both} of {len(TWO)} messages, a third one in {more}")
    assert len(TWO) >= 40
    assert both >= 0.7 * len(TWO)
    assert more <= 0.15 * len(TWO)


def test_few_messages_of_one_intent_are_said_to_want_more(classifier: Classifier) -> None:
    dev = [example for example in read() if example.split == "dev"]
    guesses = classifier.read([example.text for example in dev])
    pairs = zip(dev, guesses, strict=True)
    sure = [(example, guess) for example, guess in pairs if guess.certainty is Certainty.SURE]
    wrong = sum(bool({*guess.also} - {example.intent}) for example, guess in sure)
    print(f"\na further intent in {wrong} of {len(sure)} sure messages of dev that have one")
    assert wrong <= 0.08 * len(sure)


def test_clauses_change_nothing_but_what_else_is_wanted(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for text, _ in TWO]
    by_clauses = classifier.read(texts)
    monkeypatch.setattr(workers.classifier, "clauses", lambda text: [])
    whole = classifier.read(texts)
    assert [replace(guess, also=()) for guess in by_clauses] == [
        replace(guess, also=()) for guess in whole
    ]
    assert by_clauses != whole


class Spoken:
    """A tokenizer and a session in one: each text has chances of its own, of pricing, …, other."""

    def __init__(self, chances: dict[str, list[float]]) -> None:
        self.chances = chances
        self.texts: list[str] = []

    def __call__(self, texts: list[str], **_: object) -> dict[str, NDArray[np.int64]]:
        self.texts = texts
        ones = np.ones((len(texts), 1), dtype=np.int64)
        return {"input_ids": ones, "attention_mask": ones}

    def run(self, _: list[str], feed: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        rows = np.array([self.chances[text] for text in self.texts], dtype=np.float32)
        return [np.log(rows), np.zeros((len(rows), 3), dtype=np.float32)]


def also(whole: list[float], **clauses: list[float]) -> tuple[str, ...]:
    """What else is wanted by a message of these clauses, none of which stands apart."""
    text = "，".join(clauses)
    spoken = Spoken({text: whole, **clauses})
    intents = ("pricing", "invoice", "withdrawal", "refund_request", "other")
    labels = Labels("test", intents, SENTIMENTS, ALONE, ALONE)
    classifier = OnnxClassifier(spoken, spoken, silent(len(intents)), labels)
    [guess] = classifier.read([text])
    assert guess.intent == "pricing"
    return guess.also


PRICING, INVOICE = [0.96, 0.01, 0.01, 0.01, 0.01], [0.01, 0.95, 0.02, 0.01, 0.01]
WITHDRAWAL, REFUND = [0.01, 0.01, 0.97, 0.005, 0.005], [0.01, 0.02, 0.03, 0.93, 0.01]
HINTS = [0.8, 0.05, 0.05, 0.05, 0.05]


def test_what_clauses_state_is_told_the_most_confident_first() -> None:
    said = {"多少钱一张": PRICING, "要开发票": INVOICE, "我想提现": WITHDRAWAL, "把钱退我": REFUND}
    assert also(HINTS, **said) == ("withdrawal", "invoice", "refund_request")


def test_what_a_clause_says_without_confidence_is_not_told() -> None:
    assert also(HINTS, 多少钱一张呢=PRICING, 发票还是什么=[0.05, 0.85, 0.05, 0.03, 0.02]) == ()


def test_what_the_whole_message_does_not_hint_at_is_not_told_of_what_stands_between_commas() -> (
    None
):
    whole = [0.97, 0.005, 0.02, 0.003, 0.002]
    assert also(whole, 多少钱一张呢=PRICING, 我要开发票=INVOICE) == ()
    assert also(whole, 多少钱一张呢=PRICING, 我要提现啦=WITHDRAWAL) == ("withdrawal",)


def test_nobody_wants_other_things_besides() -> None:
    assert also(HINTS, 多少钱一张呢=PRICING, 今天天气不错=[0.01, 0.01, 0.01, 0.01, 0.96]) == ()


def test_the_runner_up_of_an_unsure_message_stays_first() -> None:
    whole = [0.5, 0.02, 0.02, 0.4, 0.06]
    assert also(whole, 多少钱一张呢=PRICING, 我要提现啦=WITHDRAWAL) == (
        "refund_request",
        "withdrawal",
    )
