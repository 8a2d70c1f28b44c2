"""Chinese words for a database that knows none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.knowledge.bigrams import QUESTION, bigrams, document, query

quick = settings(derandomize=True, max_examples=300, deadline=None)

# What to_tsquery takes without an error: quoted words without anything that could be an operator.
SAFE = re.compile(r"(?:'[^\s'|&!:*()<>\\\0]{1,40}'(?: \| |$))*(?<! \| )")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("卡密无效", ["卡密", "密无", "无效"]),
        ("Steam充值卡", ["steam", "充值", "值卡"]),
        ("Ｓｔｅａｍ　１００元", ["steam", "100", "元"]),
        ("卡", ["卡"]),
        ("DJ2026-1120 a_b", ["dj2026", "1120", "a", "b"]),
        ("", []),
        ("，。！🙂", []),
        ("\ud800\0", []),
    ],
)
def test_chinese_is_cut_into_pairs_and_the_rest_into_words(text: str, words: list[str]) -> None:
    assert bigrams(text) == words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("冲值", "充值"),
        ("卡蜜", "卡密"),
        ("到帐", "到账"),
        ("登陆", "登录"),
        ("帐号", "账号"),
        ("退欵", "退款"),
        ("对换码", "兑换码"),
        ("定单", "订单"),
        ("動不了的賬號", "動不了的账号"),
        ("優惠卷", "优惠券"),
        ("支付保付宽", "支付宝付款"),
    ],
)
def test_what_sounds_alike_is_found(typed: str, meant: str) -> None:
    assert bigrams(typed) == bigrams(meant)
    assert query(typed) == query(meant)


@pytest.mark.parametrize(
    "text", ["问题现在", "稍微心急", "收到张卡", "体现", "可以兑换吗", "激活吗"]
)
def test_words_that_only_touch_are_not_mistaken_for_typos(text: str) -> None:
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    assert bigrams(text) == pairs


def test_a_document_holds_every_word_of_a_question_taken_from_it() -> None:
    words = set(document("卡密提示无效怎么办？先核对面值与地区。").split())
    assert {word.strip("'") for word in query("提示无效怎么办").split(" | ")} <= words


@quick
@given(st.text() | st.text(st.sampled_from(list("卡密'\\|&!:*()<-> 到帐\0\ud800a1_"))))
def test_nothing_typed_becomes_an_operator(text: str) -> None:
    assert SAFE.fullmatch(query(text))
    assert len(bigrams(text)) <= 2 * max(1, len(text)) * 18  # NFKC makes 18 of one at most.


def test_a_question_has_an_end_and_a_word_too() -> None:
    question = query("a" * 5000 + "，" + "".join(chr(0x4E00 + n) for n in range(500)))
    assert question.count(" | ") == QUESTION - 1
    assert max(map(len, question.split(" | "))) <= 42


def test_each_word_is_asked_once() -> None:
    assert query("卡密卡密") == "'卡密' | '密卡'"
