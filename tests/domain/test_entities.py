"""What a message names: order numbers, sums, contacts, waiting, products, language."""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.numbers import is_resident_id
from domain.understanding.entities import LOOKUPS, entities
from domain.understanding.quantities import amounts, han_number, waiting

CODES = string.ascii_uppercase + string.digits
WIDE = {ord(char): ord(char) + 0xFEE0 for char in CODES}
CATALOGUE = [
    "Steam 充值码 100 元",
    "视频会员月卡（官方价 25 元）",
    "视频会员年卡",
    "Q币充值卡 50 元",
]


def moment(dice: random.Random) -> str:
    """A date and time of the years this software lives in, yymmddHHMMSS."""
    date = f"{dice.randint(24, 30)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
    return date + f"{dice.randrange(24):02}{dice.randrange(60):02}{dice.randrange(60):02}"


def order_number(dice: random.Random) -> str:
    """A number as one of the three shop systems makes it."""
    match dice.randrange(3):
        case 0:
            return f"DJ20{moment(dice)}{dice.randrange(10**4):04}"
        case 1:
            return f"{dice.randrange(1000):03}{moment(dice)}{dice.randrange(1000):03}"
        case _:
            return "".join(dice.choices(CODES, k=16))


def typed(dice: random.Random, number: str) -> str:
    """The number as a buyer might type or paste it."""
    if dice.random() < 0.2:
        number = number.translate(WIDE)
    elif dice.random() < 0.2:
        number = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    elif dice.random() < 0.2 and any(char.isdigit() for char in number):
        number = number.lower()
    before, after = dice.choice([("", ""), ("“", "”"), ("'", "'"), ("「", "」"), ("\u3000", " ")])
    lead = dice.choice(["订单号：", "订单编号:", "单号", "# ", "#", "order ", "我的订单是", ""])
    return f"{lead}{before}{number}{after}{dice.choice(['，还没收到卡密', ' 怎么回事？', ''])}"


def resident_ids(dice: random.Random) -> Iterator[str]:
    """Valid resident ids of people born from 1940 to 2020."""
    while True:
        area = dice.randint(110000, 659999)
        birth = f"{dice.randint(1940, 2020)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
        stem = f"{area}{birth}{dice.randrange(1000):03}"
        yield next(stem + char for char in "0123456789X" if is_resident_id(stem + char))


def test_nearly_every_order_number_is_a_candidate_however_it_is_typed() -> None:
    dice = random.Random(21)
    missed = []
    for _ in range(2000):
        number = order_number(dice)
        text = typed(dice, number)
        if number not in entities(text).orders:
            missed.append((number, text))
    assert len(missed) <= 10, missed


def test_no_resident_id_and_no_phone_is_ever_a_candidate() -> None:
    dice = random.Random(22)
    ids = resident_ids(dice)
    for _ in range(5000):
        number = next(ids)
        spaced = f"{number[:6]} {number[6:14]} {number[14:]}"
        assert entities(f"身份证{dice.choice([number, spaced])}").orders == ()
    for _ in range(5000):
        phone = f"1{dice.randint(3, 9)}{dice.randrange(10**9):09}"
        lead = dice.choice(["", "+86 ", "86", "tel "])
        spaced = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        assert entities(f"{lead}{dice.choice([phone, spaced])}").orders == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DJ20 2411 2610 4216 5261 77 没到", "DJ20241126104216526177"),
        ("DJ2024 112610 421652 6177", "DJ20241126104216526177"),
        ("dj-2024-1126-1042-1652-61-77", "DJ20241126104216526177"),
    ],
)
def test_a_number_typed_in_groups_is_one_number(text: str, expected: str) -> None:
    assert entities(text).orders[0] == expected


def test_a_sum_behind_a_number_is_no_part_of_it() -> None:
    assert entities("DJ202411261042165261 50 100").orders == ("DJ202411261042165261",)
    assert "DJ202411261042165261" in entities("DJ20 2411 2610 4216 5261 50元").orders


def test_at_most_three_candidates_are_looked_up_and_the_sure_ones_come_first() -> None:
    codes = " / ".join("".join(random.Random(n).choices(CODES, k=16)) for n in range(6))
    found = entities(f"{codes} 订单号 DJ202611200930001234").orders
    assert len(found) == LOOKUPS
    assert found[0] == "DJ202611200930001234"


def test_what_is_called_an_order_number_comes_before_what_only_looks_like_one() -> None:
    found = entities("卡密 AAAA1111BBBB2222，订单号：8K3JQ2LMZX7P0QWE").orders
    assert found == ("8K3JQ2LMZX7P0QWE", "AAAA1111BBBB2222")


def test_facts_are_json_without_any_plain_secret() -> None:
    text = "订单DJ202611200930001234 卡密 8K3JQ2LMZX7P0QWE 密码：hunter22 电话13812345678 a@b.cn"
    found = entities(text)
    told = json.dumps(found.facts(), ensure_ascii=False)
    for secret in ("8K3JQ2LMZX7P0QWE", "hunter22", "13812345678", "a@b.cn"):
        assert secret not in told
        assert secret not in repr(found)
    assert found.facts() == {
        "orders": ["DJ202611200930001234"],
        "phones": ["138****5678"],
        "emails": ["a***@b.cn"],
        "cards": 2,
        "language": "zh",
    }


def test_an_ambiguous_number_is_told_once_the_shop_knows_it() -> None:
    found = entities("8K3JQ2LMZX7P0QWE 没到")
    assert found.facts() == {"cards": 1, "language": "zh"}
    assert found.facts({"8K3JQ2LMZX7P0QWE"}) == {"orders": ["8K3JQ2LMZX7P0QWE"], "language": "zh"}


@pytest.mark.parametrize("called", ["卡密", "卡号：", "兑换码是 ", "cdkey ", "密码 "])
def test_what_is_called_a_secret_is_no_likely_order(called: str) -> None:
    assert entities("单号 8K3JQ2LMZX7P0QWE").likely == ("8K3JQ2LMZX7P0QWE",)
    assert entities("8K3J Q2LM ZX7P 0QWE 没到").likely == ("8K3JQ2LMZX7P0QWE",)
    for typed in ("8K3JQ2LMZX7P0QWE", "YNLI 6ENJ 7UFG KDT9"):
        assert entities(f"{called}{typed}").likely == ()
    assert entities("卡密 AAAA1111BBBB2222，8K3JQ2LMZX7P0QWE").likely == ()


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("五十块", ["50"]),
        ("3w", ["30000"]),
        ("￥1,299.00", ["1299"]),
        ("扣了我两百", ["200"]),
        ("30元", ["30"]),
        ("充了100没到账", ["100"]),
        ("一百二", ["120"]),
        ("三块五毛", ["3.50"]),
        ("12块8", ["12.80"]),
        ("一万二和1.5万元", ["12000", "15000"]),
        ("金额：30.00", ["30"]),
        ("买了两张50元的，一共100块", ["50", "100"]),
        ("１００元", ["100"]),
        ("RMB 50，少了5毛", ["50", "0.50"]),
        ("1万2、2w5", ["12000", "25000"]),
        ("充值100元，只到90，差10", ["100", "90", "10"]),
        ("三十来块，面值50的", ["30", "50"]),
        ("两块五，充了50,到账45", ["2.50", "50", "45"]),
        ("话费一毛没多", []),
        ("到了3次，少了2张，差5分钟", []),
        ("千万别，万一百度一下", []),
        ("几十块", []),
        ("扣了2次，等了100天", []),
        ("两百张", []),
        ("一百二十张卡", []),
        ("第一百次", []),
        ("DJ202611200930001234", []),
        ("13812345678元旦", []),
        ("2026-08-21 09:30", []),
        ("卡密 1234567890123元", []),
    ],
)
def test_sums_are_read_as_people_write_them(text: str, sums: list[str]) -> None:
    assert entities(text).amounts == tuple(Decimal(value) for value in sums)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("等了两个小时", 2),
        ("半天了", 4),
        ("昨天买的", 24),
        ("一个半小时了还没到", 1.5),
        ("半小时", 0.5),
        ("都3天了", 72),
        ("waited for 2 hours", 2),
        ("bought it yesterday", 24),
        ("等了10分钟，昨天也等了", 24),
        ("72小时内到账吗", None),
        ("有效期30天", None),
        ("30天会员多少钱", None),
        ("你好", None),
    ],
)
def test_waiting_is_read_but_promises_and_validity_are_not(text: str, hours: float | None) -> None:
    expected = None if hours is None else timedelta(hours=hours)
    assert entities(text).waiting == expected
    assert waiting(text) == expected


def test_products_are_named_whole_or_by_their_leading_word() -> None:
    assert entities("steam充不上", CATALOGUE).products == (CATALOGUE[0],)
    assert entities("视频会员年卡 激活失败", CATALOGUE).products == ("视频会员年卡",)
    assert entities("视频会员用不了", CATALOGUE).products == tuple(CATALOGUE[1:3])
    assert entities("你好", CATALOGUE).products == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("卡密无效", "zh"),
        ("my card does not work", "en"),
        ("refund", "en"),
        ("ok", "zh"),
        ("DJ202611200930001234", "zh"),
        ("😀", "zh"),
        ("カードが使えない", "ja"),
        ("где мой заказ", "ru"),
    ],
)
def test_the_language_is_told(text: str, code: str) -> None:
    assert entities(text).language == code


def test_an_empty_message_names_nothing_and_is_chinese() -> None:
    assert entities("").facts() == {"language": "zh"}


@pytest.mark.parametrize(
    ("numerals", "value"),
    [("十", 10), ("十五", 15), ("两千五", 2500), ("两千零五", 2005), ("三万零二百", 30200)],
)
def test_chinese_numerals_are_counted(numerals: str, value: int) -> None:
    assert han_number(numerals) == value


@pytest.mark.parametrize("piece", ["一", "￥1,", "3小时", "AB12 ", "12.5万元", "DJ "])
def test_a_long_message_of_anything_is_read_in_linear_time(piece: str) -> None:
    begin = time.perf_counter()
    entities(piece * (100_000 // len(piece)))
    assert time.perf_counter() - begin < 2


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from(list("一二两十百千万零元块半天小时等了0123456789.,￥wk DJ-张\ud800½")))
)
def test_no_text_is_too_odd_to_read(text: str) -> None:
    found = entities(text, CATALOGUE)
    json.dumps(found.facts())
    assert all(value > 0 for value in found.amounts)
    amounts(text)
