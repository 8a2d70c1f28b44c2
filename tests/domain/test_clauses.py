"""One message that says several things is cut where people cut it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.understanding.clauses import LEAST, MOST, clauses


def apart(text: str) -> list[str]:
    return [clause.text for clause in clauses(text) if clause.apart]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("话费没到账，另外我想开张发票", ["话费没到账", "我想开张发票"]),
        ("卡密无效。还有几点补货Q币卡", ["卡密无效", "几点补货Q币卡"]),
        ("我要退款！\n客服半天不回话", ["我要退款", "客服半天不回话"]),
        ("查下订单到哪了 顺便问下余额还有多少", ["查下订单到哪了", "问下余额还有多少"]),
        ("where is it? By the way I need an invoice", ["where is it", "I need an invoice"]),
        ("付了两次钱，麻烦看看是怎么回事", []),
        ("版本 1.2.3 打不开了，怎么办呢", []),
    ],
)
def test_sentences_and_words_of_passing_on_part_it(text: str, parts: list[str]) -> None:
    assert apart(text) == parts


def test_what_stands_between_commas_is_not_apart() -> None:
    [one, other] = clauses("充值一直没有到账，要求把钱退给我")
    assert (one.text, other.text) == ("充值一直没有到账", "要求把钱退给我")
    assert not one.apart
    assert not other.apart


@pytest.mark.parametrize("text", ["", "你好", "退款，发票", "我想问一下怎么充值话费到手机号上"])
def test_a_short_message_and_one_clause_are_not_cut(text: str) -> None:
    assert clauses(text) == []


@given(st.text(alphabet="卡密退款，。？! \n另外and also12,.", max_size=2000))
def test_reading_the_clauses_is_bounded_whatever_is_sent(text: str) -> None:
    found = clauses(text)
    assert len(found) <= MOST
    assert len(found) != 1
    for clause in found:
        assert len(clause.text) >= LEAST
        assert clause.text in text
