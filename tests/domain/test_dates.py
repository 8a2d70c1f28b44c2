"""Points in time and spans of waiting, as buyers write them."""

from __future__ import annotations

import random
import string
import time
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.clock import CHINA
from domain.understanding.dates import DATES, dates, since
from domain.understanding.entities import entities
from domain.understanding.quantities import waiting

# A Wednesday, two in the afternoon in Shanghai.
NOW = datetime(2026, 12, 9, 14, 0, tzinfo=CHINA)
NUMERALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def numerals(count: int) -> str:
    """1 to 99 in Chinese numerals."""
    tens, ones = divmod(count, 10)
    return (f"{NUMERALS[tens] if tens > 1 else ''}十" if tens else "") + NUMERALS[ones]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天买的", ["2026-12-09"]),
        ("昨天付的款", ["2026-12-08"]),
        ("前天", ["2026-12-07"]),
        ("大前天", ["2026-12-06"]),
        ("明天能到吗", ["2026-12-10"]),
        ("上周五充的", ["2026-12-04"]),
        ("周三", ["2026-12-09"]),
        ("周四买的", ["2026-12-03"]),
        ("星期天", ["2026-12-06"]),
        ("上周日", ["2026-12-06"]),
        ("上上周一", ["2026-11-23"]),
        ("这周二", ["2026-12-08"]),
        ("下周一", ["2026-12-14"]),
        ("上个月15号", ["2026-11-15"]),
        ("去年12月3号", ["2025-12-03"]),
        ("12月3号", ["2026-12-03"]),
        ("十二月三号", ["2026-12-03"]),
        ("12-03", ["2026-12-03"]),
        ("2026-12-03", ["2026-12-03"]),
        ("2026年12月3日14时30分", ["2026-12-03T14:30+08:00"]),
        ("2026-12-03 14:30:22", ["2026-12-03T14:30+08:00"]),
        ("8月21日09:30", ["2026-08-21T09:30+08:00"]),
        ("3号下单", ["2026-12-03"]),
        ("昨晚8点", ["2026-12-08T20:00+08:00"]),
        ("昨晚1点", ["2026-12-09T01:00+08:00"]),
        ("昨天凌晨2点", ["2026-12-08T02:00+08:00"]),
        ("今早", ["2026-12-09"]),
        ("今早8点20", ["2026-12-09T08:20+08:00"]),
        ("中午12点半", ["2026-12-09T12:30+08:00"]),
        ("晚上11点半", ["2026-12-08T23:30+08:00"]),
        ("前天下午三点一刻", ["2026-12-07T15:15+08:00"]),
        ("半小时前", ["2026-12-09T13:30+08:00"]),
        ("一个半小时前", ["2026-12-09T12:30+08:00"]),
        ("3天前", ["2026-12-06"]),
        ("两周前", ["2026-11-25"]),
        ("一个月前", ["2026-11-09"]),
        ("yesterday at 8pm", ["2026-12-08T20:00+08:00"]),
        ("8pm yesterday", ["2026-12-08T20:00+08:00"]),
        ("day before yesterday", ["2026-12-07"]),
        ("last Friday", ["2026-12-04"]),
        ("last wednesday", ["2026-12-02"]),
        ("next Friday", ["2026-12-11"]),
        ("Dec 3", ["2026-12-03"]),
        ("3 December", ["2026-12-03"]),
        ("Dec 3rd, 2025", ["2025-12-03"]),
        ("two days ago", ["2026-12-07"]),
        ("half an hour ago", ["2026-12-09T13:30+08:00"]),
        ("on the 5th", ["2026-12-05"]),
        ("3号买了一张，昨天又买了一张", ["2026-12-03", "2026-12-08"]),
    ],
)
def test_a_date_is_read_as_people_write_it(text: str, expected: list[str]) -> None:
    assert dates(text, NOW) == tuple(expected)
    assert entities(text, at=NOW).dates == tuple(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12月31号买的", "2026-12-31"),  # Three weeks ahead: an announcement, or a slip.
        ("1月20号买的", "2026-01-20"),  # Six weeks ahead is the January before.
        ("卡密12月31号过期", "2026-12-31"),
        ("卡密3月1号过期", "2027-03-01"),
        ("卡密11月1号就过期了", "2026-11-01"),
        ("code expires Mar 1", "2027-03-01"),
        ("15号买的", "2026-11-15"),
        ("15号到期", "2026-12-15"),
        ("31号买的", "2026-10-31"),  # November has none.
        ("2月29号", "2024-02-29"),
    ],
)
def test_what_is_left_open_is_the_latest_and_of_validity_the_nearest(
    text: str, expected: str
) -> None:
    assert dates(text, NOW) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "刚才", "刚刚付的", "上周", "上个月", "一周了", "几天前", "十几天前", "3-5天前", "12月份",
        "12.50元", "1/2", "24/7", "50/50", "3-5天", "10-12天", "10-12小时", "3区", "5个号", "第3次",
        "v2.1.3", "v2026.1.2", "192.168.12.03", "AB-12-03-CD", "比例1:10", "兑换比例是10:15",
        "3号客服", "1号店", "账号3号", "3号电池", "10点券", "3日内", "7日会员", "每周五",
        "周一到周五", "以前天天买", "今后天天买", "2月30号", "march 1000 yuan", "dec 3 cards",
        "Dec 2026", "you may 3 times", "every friday", "13812345678", "充值100",
        "100-200", "早上好", "明白",
    ],
)  # fmt: skip
def test_what_is_no_point_in_time_is_no_date(text: str) -> None:
    assert entities(text, at=NOW).dates == ()


def test_a_day_is_that_of_the_shop_and_not_of_the_server() -> None:
    late = datetime(2026, 12, 8, 16, 30, tzinfo=UTC)  # Half past midnight in Shanghai.
    assert dates("今天", late) == ("2026-12-09",)


def test_the_date_in_an_order_number_a_card_or_a_phone_is_none() -> None:
    text = "DJ202611200930001234 AAAA-12-03-BBBB 138-1203-2026 110101199003077651 3号买的"
    assert entities(text, at=NOW).dates == ("2026-12-03",)


def test_facts_hold_the_dates() -> None:
    assert entities("昨天买的", at=NOW).facts()["dates"] == ["2026-12-08"]
    assert "dates" not in entities("你好", at=NOW).facts()


SHAPES = (
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}.{day.month:02}.{day.day:02}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year}年{day.month:02}月{day.day:02}号",
    lambda day: f"{ENGLISH[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{day.day} {ENGLISH[day.month - 1][:3]} {day.year}",
)
YEARLESS = (
    lambda day: f"{day.month}月{day.day}号",
    lambda day: f"{numerals(day.month)}月{numerals(day.day)}日",
    lambda day: f"{day:%m-%d}",
    lambda day: f"{day:%m/%d}",
    lambda day: f"{ENGLISH[day.month - 1]} {day.day}",
    lambda day: f"{day.day} {ENGLISH[day.month - 1][:3].lower() if day.month != 5 else 'May'}",
)
AROUND = (("", ""), ("我", "买的"), ("订单是", "付的款，没到"), ("bought on ", " still nothing"))


@settings(derandomize=True)
@given(
    st.dates(date(2001, 1, 1), date(2098, 12, 31)),
    st.sampled_from(SHAPES),
    st.sampled_from(AROUND),
)
def test_any_date_with_a_year_is_that_date_in_any_shape(
    day: date, shape: Callable[[date], str], around: tuple[str, str]
) -> None:
    before, after = around
    assert dates(f"{before}{shape(day)}{after}", NOW) == (day.isoformat(),)


@settings(derandomize=True)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    st.integers(-330, 30),
    st.sampled_from(YEARLESS),
    st.sampled_from(AROUND),
)
def test_any_date_without_a_year_is_the_latest_in_any_shape(
    moment: datetime, away: int, shape: Callable[[date], str], around: tuple[str, str]
) -> None:
    now = moment.replace(tzinfo=CHINA)
    day = now.date() + timedelta(days=away)
    assume((day.month, day.day) != (2, 29))
    before, after = around
    assert dates(f"{before}{shape(day)}{after}", now) == (day.isoformat(),)


@settings(derandomize=True)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, 31))
def test_any_day_of_a_month_is_the_latest_that_there_was(moment: datetime, day: int) -> None:
    now = moment.replace(tzinfo=CHINA)
    [found] = dates(f"{day}号买的", now)
    told = date.fromisoformat(found)
    assert told.day == day
    assert told <= now.date()
    later = told.replace(day=1) + timedelta(days=32)
    passed = later.replace(day=1) <= now.date() and day <= monthrange(later.year, later.month)[1]
    assert not passed or later.replace(day=day) > now.date()


@settings(derandomize=True)
@given(
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["昨天{}:{:02}", "yesterday at {}:{:02}"]),
)
def test_any_time_beside_a_day_is_that_time(hour: int, minute: int, shape: str) -> None:
    [found] = dates(shape.format(hour, minute), NOW)
    assert found == f"2026-12-08T{hour:02}:{minute:02}+08:00"


@settings(derandomize=True)
@given(st.integers(0, 2**32))
def test_random_digits_and_order_numbers_are_no_dates(seed: int) -> None:
    dice = random.Random(seed)
    moment = f"20{dice.randint(20, 30)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
    clock = f"{dice.randrange(24):02}{dice.randrange(60):02}{dice.randrange(60):02}"
    numbers = [
        f"DJ{moment}{clock}{dice.randrange(10**4):04}",
        f"{dice.randrange(1000):03}{moment[2:]}{clock}{dice.randrange(1000):03}",
        "".join(dice.choices(string.ascii_uppercase + string.digits, k=16)),
        "-".join(
            "".join(dice.choices(string.ascii_uppercase + string.digits, k=4)) for _ in "1234"
        ),
        str(dice.randrange(10 ** dice.randint(1, 20))),
        f"{dice.randrange(1000)}.{dice.randrange(100):02}元",
        f"{dice.randint(1, 9)}-{dice.randint(1, 99)}天",
    ]
    for number in numbers:
        assert entities(f"单号 {number} 没到", at=NOW).dates == (), number


ODD = list(
    "年月日号点半时分前后上下个周大昨今早晚小时天到过期0123456789:-/. T,agopmDecFri\ud800½三十"
)


@settings(derandomize=True, max_examples=500)
@given(st.text(st.sampled_from(ODD)), st.datetimes(datetime(2000, 2, 1), datetime(2099, 11, 1)))
def test_no_text_is_too_odd_to_read(text: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    found = dates(text, now)
    assert len(found) <= DATES
    for when in found:
        datetime.fromisoformat(when)
    since(text, now)
    waiting(text)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "12",
        "12-",
        "12月3号",
        "十二",
        "昨天",
        "昨晚8点",
        "8:30 ",
        "3天前",
        "2026-",
        "a ",
        "上",
        "从",
    ],
)
def test_a_long_message_of_anything_is_read_in_linear_time(piece: str) -> None:
    begin = time.perf_counter()
    entities(piece * (100_000 // len(piece)), at=NOW)
    assert time.perf_counter() - begin < 3


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("等了两个多小时", 2),
        ("快一周了", 168),
        ("半天了", 4),
        ("等了大半天", 8),
        ("一上午了", 4),
        ("等了一晚上", 8),
        ("都三天了", 72),
        ("两天半了", 60),
        ("从昨天等到现在", 24),
        ("从早上等到现在", 4),
        ("从12月3号等到现在", 144),
        ("40分钟还没到", 2 / 3),
        ("十几分钟了", 0.25),
        ("一刻钟了", 0.25),
        ("俩小时了", 2),
        ("一小时30分钟了", 1.5),
        ("一个多月了", 720),
        ("大前天付的", 72),
        ("for 2 hrs", 2),
        ("two hours and nothing", 2),
        ("30 mins no code", 0.5),
        ("an hour and a half", 1.5),
        ("a few hours already", 3),
        ("it has been two weeks", 336),
        ("since yesterday", 24),
        ("waiting since monday", 48),
        ("since 9am", 5),
        ("24小时内到账吗", None),
        ("需要等3天吗", None),
        ("还有3天过期", None),
        ("充了一个月会员", None),
        ("paid for 3 months plan", None),
        ("valid for 30 days", None),
        ("12月都没活动", None),
        ("刚才", None),
    ],
)
def test_waiting_is_read_in_many_ways(text: str, hours: float | None) -> None:
    expected = None if hours is None else timedelta(hours=hours)
    assert entities(text, at=NOW).waiting == expected
