"""Secrets in a customer's words are replaced before anything is kept."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.numbers import compact, is_acg_faka, is_resident_id
from domain.redaction import last_four, mask_email, mask_phone, redact

quick = settings(derandomize=True, max_examples=300, deadline=None)

PIECES = [
    "ab1", "1", " ", "-", "----", ":", "：", ".com", "@", "密码", "卡密", "，", "元", "[", "]",
    "\n", "13812345678", "11010519491231002X", "DJ20261120093000", "code", "pwd", "A1B2", "是",
    "[邮箱]", "[卡密 尾号1234]", "2026", "(", "Ａ", "½", "\u200b", "\ud800", "\0", "x9Y8z7W6v5",
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("我电话13812345678", "我电话[手机号 尾号5678]"),
        ("+86 138 1234 5678", "[手机号 尾号5678]"),
        ("电话：１３８－１２３４－５６７８！", "电话：[手机号 尾号5678]！"),
        ("8613812345678", "[手机号 尾号5678]"),
        ("邮箱是li.lei+a@qq.com吧", "邮箱是[邮箱]吧"),
        ("ｌｉ＠ｑｑ．ｃｏｍ", "[邮箱]"),
        ("身份证11010519491231002x", "身份证[身份证]"),
        ("身份证110105194912310021", "身份证[卡密 尾号0021]"),  # Its check digit is wrong.
        ("卡号：ABCD1234EFGH 密码：xy99!a", "卡号：[卡密 尾号EFGH] 密码：[密码]"),
        ("卡密ABCD1234无效", "卡密[卡密 尾号1234]无效"),
        ("兑换码 qwer1234", "兑换码 [卡密 尾号1234]"),
        ("cdkey: QWER-TYUI", "cdkey: [卡密 尾号TYUI]"),
        ("卡密：\nABC12345\nDEF67890", "卡密：\n[卡密 尾号2345]\n[卡密 尾号7890]"),
        ("ABCD-EFGH-JKLM 用不了", "[卡密 尾号JKLM] 用不了"),
        ("ab12c-d34ef-gh56i", "[卡密 尾号h56i]"),
        ("1234 5678 9012 3456", "[卡密 尾号3456]"),
        ("6222021234567890123", "[卡密 尾号0123]"),
        ("u7@qq.com----pass1234----k", "[卡密 尾号234k]"),
        ("zhangsan----abc123", "[卡密 尾号c123]"),
        ("查询密码 8899", "查询密码 [密码]"),
        ("pin:1234", "pin:[卡密]"),
    ],
)
def test_a_secret_gives_way_to_its_placeholder(typed: str, safe: str) -> None:
    assert redact(typed).text == safe


@pytest.mark.parametrize(
    "text",
    [
        "卡密无效怎么办，密码错误",
        "订单号DJ202611200930001234还没到",
        "订单 123260821093000456",
        "2026-08-21 09:30:00 付的 50 元，20260821093000",
        "iPhone15 上买的 Steam 100元卡",
        "state-of-the-art",
        "充值面值 1000 2000 5000",
        "等了2个小时，一共３张，￥1,299.00",
        "error code 10001",
        "卡密 100元面值",
        "客服电话 400-820-8820",
        "½ ㎡ ﬁ 全角，标点。",
        "\ud800\0",
        "[手机号 尾号5678]----abc123，[卡密 尾号1234]----[密码]----x1",
    ],
)
def test_ordinary_words_stay_as_typed(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).originals == ()


def test_an_ambiguous_number_stays_only_when_the_shop_knows_it() -> None:
    assert redact("单号8K3JQ2LMZX7P0QWE").text == "单号[卡密 尾号0QWE]"
    assert redact("单号8K3JQ2LMZX7P0QWE", {"8K3JQ2LMZX7P0QWE"}).text == "单号8K3JQ2LMZX7P0QWE"
    assert redact("8k3j q2lm zx7p 0qwe", {"8K3JQ2LMZX7P0QWE"}).originals == ()
    assert redact("卡密:123260821093000456").text == "卡密:[卡密 尾号0456]"
    assert redact("卡密:123260821093000456", {"123260821093000456"}).originals == ()


def test_a_known_number_inside_a_longer_code_does_not_save_it() -> None:
    assert redact("x8K3JQ2LMZX7P0QWEx", {"8K3JQ2LMZX7P0QWE"}).text == "[卡密 尾号QWEx]"


def test_originals_come_as_typed_and_in_order() -> None:
    found = redact("密码：Ａbc1234 电话138 1234 5678 a@b.cn").originals
    assert [(item.kind, item.value) for item in found] == [
        ("password", "Ａbc1234"),
        ("phone", "138 1234 5678"),
        ("email", "a@b.cn"),
    ]
    assert "1234" not in repr(found)


@quick
@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once
    assert redact(once).originals == ()


@quick
@given(st.text())
def test_any_text_at_all_is_read_and_the_rest_of_it_stays(text: str) -> None:
    safe = redact(text)
    rest = safe.text
    for item in safe.originals:
        before, _, rest = rest.partition(item.placeholder)
        assert before in text


@quick
@given(st.integers(3, 9), st.text("0123456789", min_size=9, max_size=9))
def test_no_mobile_number_survives_in_a_sentence(second: int, rest: str) -> None:
    number = f"1{second}{rest}"
    assert number[2:] not in redact(f"打我电话{number}，或者 {number[:3]} {number[3:]}").text


def test_no_random_card_secret_survives() -> None:
    dice = random.Random(11)
    letters = string.ascii_uppercase + string.digits
    for _ in range(2000):
        groups = ["".join(dice.choices(letters, k=4)) for _ in range(dice.choice([3, 4, 5]))]
        glue = dice.choice(["-", "-", ""])
        secret = glue.join(groups)
        if not glue and secret.isalpha():
            continue  # A word in capitals without a digit or dash is a word.
        text = redact(f"这个{dice.choice(['卡密 ', '码', '', '卡号：'])}{secret}不能用").text
        assert secret not in text, secret


def test_every_real_resident_id_goes_and_no_order_of_acg_faka_does() -> None:
    dice = random.Random(12)
    for _ in range(2000):
        stamp = f"{dice.randint(20, 29)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
        clock = f"{dice.randint(0, 23):02}{dice.randint(0, 59):02}{dice.randint(0, 59):02}"
        order = f"{dice.randint(100, 999)}{stamp}{clock}{dice.randint(0, 999):03}"
        if not is_resident_id(order):
            assert is_acg_faka(order)
            assert redact(f"订单{order}").originals == ()


@pytest.mark.parametrize(
    "piece", ["a", "1", "-", "A1-", "pwd(", "code-", "a@", "a.", "----", "1 ", "密码", "x----y "]
)
def test_a_megabyte_of_anything_is_read_in_linear_time(piece: str) -> None:
    small, large = (_seconds(piece * (size // len(piece))) for size in (20_000, 160_000))
    assert large < 24 * small + 0.3


def _seconds(text: str) -> float:
    begin = time.perf_counter()
    redact(text)
    return time.perf_counter() - begin


def test_numbers_are_compared_folded() -> None:
    assert compact(" dj２０２６ 1120-0930 ") == "DJ202611200930"


def test_masks_show_as_little_as_helps() -> None:
    assert mask_phone("+86 138-1234-5678") == "138****5678"
    assert mask_phone("12345") == "****"
    assert mask_email("li.lei@qq.com") == "l***@qq.com"
    assert mask_email("no") == "***"
    assert last_four("ABCD-EFGH-XYZ9") == "XYZ9"
    assert last_four("1234567") == ""
