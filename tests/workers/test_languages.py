"""Other languages are told apart, and what only looks foreign is not.

languages.csv holds messages as buyers write them. The first ten of each other language were for
making the rules of `workers/languages.py`, and so were pinyin and slang; the rest is for measuring.
"""

from __future__ import annotations

import csv
import re
import time
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.settings import ROOT
from domain.understanding.classifier import Classifier
from domain.understanding.languages import OURS
from workers.languages import language

HELD_OUT = 10


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SAID: dict[str, list[str]] = defaultdict(list)
for _row in rows(Path(__file__).with_name("languages.csv")):
    SAID[_row["language"]].append(_row["text"])
HOME = ("pinyin", "slang")


@pytest.mark.parametrize("code", [code for code in SAID if code not in HOME])
def test_nearly_every_message_in_another_language_is_told(code: str) -> None:
    texts = SAID[code][HELD_OUT:]
    named = [text for text in texts if language(text) == code]
    foreign = [text for text in texts if language(text) not in OURS]
    assert len(SAID[code]) >= 30
    assert len(named) >= 0.9 * len(texts), set(texts) - set(named)
    assert len(foreign) >= 0.9 * len(texts), set(texts) - set(foreign)


def test_pinyin_and_slang_are_not_taken_for_another_language() -> None:
    texts = [text for name in HOME for text in SAID[name]]
    foreign = {text: language(text) for text in texts if language(text) not in OURS}
    assert len(texts) >= 200
    assert len(foreign) <= 0.005 * len(texts), foreign


def test_english_is_not_taken_for_another_language() -> None:
    data = (ROOT / "workers" / "training" / "data").glob("*.csv")
    texts = [row["text"] for file in sorted(data) for row in rows(file)]
    texts = [text for text in texts if re.search("[A-Za-z]{2}", text)]
    texts = [text for text in texts if not re.search("[\u3400-\u9fff]", text)]
    foreign = {text: language(text) for text in texts if language(text) not in OURS}
    assert len(texts) > 1000
    assert len(foreign) <= 0.005 * len(texts), foreign


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[手机号 尾号5678] Hola no me llegó el código [卡密]", "es"),
        ("order DJ202611200930001234 no me llegó nada todavía", "es"),
        ("Hola 你好 卡密没收到", "zh"),
        ("zhege kami zenme yong bu liao a", "zh"),
        ("wo mai de steam ka zenme hai mei fa huo", "zh"),
        ("Garena shells", "en"),
        ("Pokémon GO coins", "en"),
        ("Tencent QQ Music VIP", "en"),
        ("wtf plz refund asap", "en"),
        ("merci", "en"),  # One word is anybody's.
    ],
)
def test_numbers_names_and_single_words_change_nothing(text: str, code: str) -> None:
    assert language(text) == code


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(st.characters()) | st.text(st.sampled_from("aeiouñçğ kdr ")))
def test_no_text_is_too_odd(text: str) -> None:
    assert 2 <= len(language(text)) <= 8


def test_a_message_takes_less_than_a_millisecond() -> None:
    texts = [text for several in SAID.values() for text in several]
    language("where is my order please")  # Opens what tells.
    begin = time.perf_counter()
    for text in texts:
        language(text)
    assert (time.perf_counter() - begin) / len(texts) < 0.001


def test_what_is_in_another_language_is_not_read(classifier: Classifier) -> None:
    here, there, pinyin = classifier.read(
        ["卡密无效", "Hola, compré una tarjeta y no me llegó el código", "kami wuxiao zenme ban"]
    )
    assert (there.intent, there.intent_confidence, there.language) == ("other", 0.0, "es")
    assert (here.intent, here.language, pinyin.language) == ("card_invalid", "zh", "zh")
    assert here.intent_confidence > 0
    assert pinyin.intent_confidence > 0
