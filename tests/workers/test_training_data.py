"""The messages that the model learns from keep what the guide promises."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.training.data import at_most, read

EXAMPLES = read()


def grams(text: str) -> frozenset[str]:
    """Runs of five characters, without regard to spaces and case."""
    plain = re.sub(r"\s+", "", text.lower())
    return frozenset(plain[at : at + 5] for at in range(max(1, len(plain) - 4)))


def test_every_label_is_known() -> None:
    for example in EXAMPLES:
        assert example.intent in INTENTS, example
        assert example.sentiment in SENTIMENTS, example
        assert example.split in ("train", "dev", "test"), example
        assert example.text.strip() == example.text != "", example


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_has_messages_to_learn_from_and_others_to_be_measured_by(intent: str) -> None:
    splits = Counter(example.split for example in EXAMPLES if example.intent == intent)
    assert splits["train"] >= 380
    assert splits["dev"] >= 22
    assert splits["test"] >= 10


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_is_written_about_by_ten_authors_each_in_a_style_of_their_own(
    intent: str,
) -> None:
    sources = Counter(example.source for example in EXAMPLES if example.intent == intent)
    assert len(sources) >= 10
    assert max(count for source, count in sources.items() if source != "first") <= 17


def test_who_writes_the_test_writes_nothing_else() -> None:
    writers = {
        split: {example.source for example in EXAMPLES if example.split == split}
        for split in ("train", "dev", "test")
    }
    assert not writers["test"] & (writers["train"] | writers["dev"])
    assert writers["dev"] - writers["train"], "dev is not by the authors of train alone"


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_is_also_asked_for_in_english(intent: str) -> None:
    texts = [example.text for example in EXAMPLES if example.intent == intent]
    assert sum(not re.search("[\u4e00-\u9fff]", text) for text in texts) >= 15


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_every_tone_is_in_both_splits(split: str) -> None:
    heard = {example.sentiment for example in EXAMPLES if example.split == split}
    assert heard == set(SENTIMENTS)


def test_no_message_is_nearly_another() -> None:
    known = [(example.text, grams(example.text)) for example in EXAMPLES]
    holders: dict[str, list[int]] = {}
    for place, (text, pieces) in enumerate(known):
        shared = Counter(other for piece in pieces for other in holders.get(piece, ()))
        for other, count in shared.items():
            alike = count / (len(pieces) + len(known[other][1]) - count)
            one, two = EXAMPLES[place], EXAMPLES[other]
            same = (one.intent, one.split) == (two.intent, two.split)
            assert alike < (0.5 if same else 0.7), (text, known[other][0])
        for piece in pieces:
            holders.setdefault(piece, []).append(place)


def test_no_message_holds_a_phone_or_an_email_in_plain() -> None:
    for example in EXAMPLES:
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", example.text), example
        assert not re.search(r"[\w.]+@[\w.]+", example.text), example


def test_no_turn_of_phrase_is_in_more_than_a_few_messages() -> None:
    runs: Counter[str] = Counter()
    for example in (one for one in EXAMPLES if one.split == "train"):
        # Order numbers are a form, not a phrase: each is another one.
        text = re.sub(r"DJ\d{18}", "#", example.text)
        runs.update({text[at : at + 12] for at in range(len(text) - 11)})
    assert {run: count for run, count in runs.items() if count > 5} == {}


def test_a_smaller_set_has_as_many_of_each_intent_as_it_should() -> None:
    few = at_most(EXAMPLES, 50, random.Random(1))
    assert set(Counter(example.intent for example in few).values()) == {50}
    assert few == at_most(EXAMPLES, 50, random.Random(1))
    assert set(few) <= set(EXAMPLES)
