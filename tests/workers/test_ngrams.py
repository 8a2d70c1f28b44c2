"""The wide half: runs of characters, what they weigh, and how both halves are weighed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import diags_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import Weights
from workers.ngrams import FILE, FULL, HAN, Ngrams, runs
from workers.training import ngrams, weighing
from workers.training.data import Example

SAID = {
    "invoice": ("能开发票吗", "发票抬头写错了", "invoice please"),
    "account_login": ("登录不上去", "密码忘了登录不了", "cannot log in"),
}


SOUNDS = np.arange(len(HAN), dtype=np.uint16)
"""Nothing sounds as another does, but for 密 and 蜜, 冲 and 充."""
for one, other in ("密蜜", "冲充"):
    SOUNDS[ord(one) - HAN.start] = SOUNDS[ord(other) - HAN.start]


def lessons() -> list[Example]:
    """A message or three of each intent, of which two tones are rare."""
    found = [
        Example(f"{text} {number}", intent, SENTIMENTS[(number + len(text)) % 3], "train")
        for intent in INTENTS
        for number, text in enumerate(SAID.get(intent, (f"{intent} 怎么办", f"{intent} 呢")))
    ]
    assert {one.sentiment for one in found} == set(SENTIMENTS)
    return found


@pytest.fixture(scope="module")
def learned() -> Ngrams:
    return ngrams.learn(lessons(), SOUNDS)


def heard(text: str) -> list[int]:
    return runs(text, SOUNDS).tolist()


def test_a_text_has_its_runs_of_one_to_four_characters_and_one_to_three_sounds() -> None:
    assert len(heard("卡密无效了")) == (5 + 4 + 3 + 2) + (5 + 4 + 3)
    assert len(set(heard("卡密无效了"))) == 26
    assert len(set(heard("cdk"))) == 3 + 2 + 1, "it sounds as it is written"
    assert heard("") == []


def test_a_run_is_the_same_wherever_it_stands() -> None:
    assert set(heard("无效")) <= set(heard("卡密无效了"))
    assert len(set(heard("效无")) & set(heard("卡密无效了"))) == 4, "the characters, not the order"


def test_what_sounds_alike_has_the_same_sounds_and_other_characters() -> None:
    meant, typed = set(heard("充值卡密")), set(heard("冲值卡蜜"))
    assert len(meant & typed) == 2 + 1 + (4 + 3 + 2)


def test_neither_case_nor_width_makes_a_difference() -> None:
    assert heard("ＣＤＫ Ｃｏｄｅ１") == heard("cdk code1")


def test_neither_signs_nor_stand_ins_make_a_difference() -> None:
    assert heard("卡密？？无效！") == heard("卡密 无效")
    assert heard("无效 [卡密]，[手机号] [单号]") == heard("无效")
    assert heard("？！😡") == []


@given(st.text(max_size=60))
def test_a_text_says_no_more_than_it_holds(learned: Ngrams, text: str) -> None:
    places, values = learned.features(text.encode("utf-8", "replace").decode("utf-8"))
    assert len(places) == len(values) == len(set(places.tolist()))
    assert np.linalg.norm(values) <= 1 + 1e-5


def test_a_short_text_says_less_than_a_long_one(learned: Ngrams) -> None:
    texts = ("票", "能开发票吗", "能开发票吗，发票抬头写错了，登录不上去，密码忘了登录不了")
    lengths = [np.linalg.norm(learned.features(text)[1]) for text in texts]
    assert lengths[0] < lengths[1] < lengths[2] == pytest.approx(1)


def test_it_is_logistic_regression_on_tfidf_as_scikit_learn_has_them(learned: Ngrams) -> None:
    def spelled_and_spoken(text: str) -> list[str]:
        text, pieces = re.sub(r"[\W_]+", " ", text), []
        for form, longest in (("", 4), ("spoken ", 3)):
            for size in range(1, longest + 1):
                every = (text[at : at + size] for at in range(len(text) - size + 1))
                # What is not Han sounds as it is written.
                pieces += [form * any(map(han, piece)) + piece for piece in every]
        return pieces

    def han(character: str) -> bool:
        return ord(character) in HAN

    messages = lessons()
    words = TfidfVectorizer(analyzer=spelled_and_spoken, min_df=2, sublinear_tf=True, norm=None)

    def weighed(texts: Sequence[str], fit: bool = False) -> Any:
        given = words.fit_transform(texts) if fit else words.transform(texts)
        lengths = np.sqrt(given.multiply(given).sum(axis=1)).A1.clip(FULL)
        return diags_array(1 / lengths) @ given

    seen = weighed([one.text for one in messages], fit=True)
    head = LogisticRegression(C=ngrams.STRENGTH, max_iter=300)
    head.fit(seen, [list(INTENTS).index(one.intent) for one in messages])
    texts = ["发票呢", "登录", "log", "没见过的话"]
    expected = head.decision_function(weighed(texts))
    assert learned.logits(texts)[0] == pytest.approx(expected, abs=0.02)


def test_what_is_said_alone_is_said_in_company(learned: Ngrams) -> None:
    alone, company = learned.logits(["发票呢"]), learned.logits(["登录", "发票呢", "好"])
    for one, several in zip(alone, company, strict=True):
        assert one[0].tolist() == several[1].tolist()


def test_runs_that_nobody_taught_speak_for_nothing(learned: Ngrams) -> None:
    intent, sentiment = learned.logits(["☃☃"])
    assert [*intent[0], *sentiment[0]] == pytest.approx(learned.bias.tolist())


def test_what_is_kept_in_int8_says_nearly_the_same(learned: Ngrams, tmp_path: Path) -> None:
    learned.save(tmp_path)
    kept = Ngrams.of(tmp_path)
    texts = [one.text for one in lessons()]
    for one, other in zip(learned.logits(texts), kept.logits(texts), strict=True):
        assert one == pytest.approx(other, abs=0.05)


def test_the_same_lessons_make_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        ngrams.learn(lessons(), SOUNDS).save(tmp_path / name)
    assert (tmp_path / "one" / FILE).read_bytes() == (tmp_path / "two" / FILE).read_bytes()


def test_a_label_without_a_message_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="needs a message"):
        ngrams.learn([one for one in lessons() if one.intent != "other"], SOUNDS)


def test_a_half_that_knows_nothing_does_not_count() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 400)
    knows = np.eye(3, dtype=np.float32)[truth] * 2 + random.normal(0, 1, (400, 3))
    noise = random.normal(0, 3, (400, 3))
    found = weighing.fitted(knows.astype(np.float32), noise.astype(np.float32), truth.tolist())
    assert found.network > 0.5
    assert found.ngrams < 0.1


def test_two_halves_together_are_never_likelier_wrong_than_one() -> None:
    random = np.random.default_rng(2)
    truth = random.integers(0, 3, 400)
    one, other = (
        (np.eye(3)[truth] * 2 + random.normal(0, 1.5, (400, 3))).astype(np.float32) for _ in "12"
    )

    def surprise(weights: Weights) -> float:
        said = weights.probabilities(one, other)
        return -float(np.log(said[np.arange(400), truth]).mean())

    both = surprise(weighing.fitted(one, other, truth.tolist()))
    assert both < min(surprise(Weights(w, 0)) for w in np.linspace(0.1, 3, 30))
    assert both < min(surprise(Weights(0, w)) for w in np.linspace(0.1, 3, 30))
