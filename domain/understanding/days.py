"""Days that a message names, in every shape that buyers write: 12月3号, 上周五, last Friday, 3天前.

Pure rules over folded text. Whoever adds a shape adds it to _SHAPES, with what makes a day of it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from domain.understanding.quantities import WORDS, count, number

_AHEAD = timedelta(days=31)
_VALIDITY = re.compile(
    r"过期|到期|有效|失效|作废|截止|截至|前能|(?i:(?<![a-z])(?:expir|valid|until|till|before))"
)

_HAN = "一二两三四五六七八九十"
_COUNT = rf"[0-9]{{1,3}}|[{_HAN}]{{1,3}}"
_OF_31 = (
    rf"3[01]|[12][0-9]|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[{_HAN}]"
)
_OF_12 = rf"1[0-2]|0?[1-9]|十[一二]?|[{_HAN}]"
_ALONE = rf"(?<![0-9A-Za-z.\-/:~第几{_HAN}])"
_NO_NUMBER = r"(?![0-9A-Za-z]|[.\-/:][0-9])"
# What is counted: the number before it is none of a date.
_COUNTED = (
    r"(?!\s?(?:[天元块个张次年分秒折份位条%岁点积多]|小时|钟头|人民币|"
    r"(?i:days?|hours?|hrs?|min|times?|x\b|cards?|codes?|keys?|pcs|orders?|people|yuan|rmb|usd|us\b|"
    r"dollars?|weeks?|months?|gift|copies|of\b)))"
)
# 3号客服 is a person, 1号店 a shop.
_NAMES = (
    r"(?!店|客服|坐席|机|位|线|楼|卡|码|服|区|商品|套餐|账|链接|单|仓|门|库|选|球|窗|帖|字|段|电池"
    r"|[A-Za-z])"
)
_NAMED = r"(?<!号)(?<!客服)(?<!工单)(?<!坐席)(?<!订单)(?<!选项)(?<!商品)(?<!套餐)(?<!卡密)"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)|May|MAY)\.?"
)
_NTH = r"(?P<day>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3} | {
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
}
_YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1}
_TURNS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "last": -1, "this": 0, "next": 1}


class Day(NamedTuple):
    """A day, or a moment, and the place [start, end) it has in the text."""

    start: int
    end: int
    day: date


def days(text: str, now: datetime) -> Iterator[Day]:
    """The days that `text` names, in order, as told at `now`, which has the time zone of shops.

    Of two that overlap it is the one whose shape stands first in _SHAPES.
    """
    taken = bytearray(len(text))
    for pattern, resolve in _SHAPES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            day: date | None
            try:
                day = resolve(match, now)
            except (ValueError, OverflowError):
                day = None  # The 31st of February, of which the 31st is no day either.
            taken[start:end] = b"\1" * (end - start)
            if day is not None:
                yield Day(start, end, day)


def _full(match: re.Match[str], now: datetime) -> date:
    year = int(match["year"])
    return date(year if year > 99 else 2000 + year, _month(match), number(match["day"]))


def _yearless(match: re.Match[str], now: datetime) -> date:
    month, day = _month(match), number(match["day"])
    year = match.groupdict().get("year")
    if year:
        return date(now.year + _YEARS[year] if year in _YEARS else int(year), month, day)
    near = [now.year + turn for turn in (-4, -3, -2, -1, 0, 1)]
    known = [date(y, month, day) for y in near if day <= monthrange(y, month)[1]]
    if _is_of_validity(match):
        return min(known, key=lambda one: abs(one - now.date()))
    return max(one for one in known if one - now.date() <= _AHEAD)


def _dayless_month(match: re.Match[str], now: datetime) -> date:
    month = now.month - 1 + _TURNS[match["turn"]]
    return date(now.year + month // 12, month % 12 + 1, number(match["day"]))


def _monthless(match: re.Match[str], now: datetime) -> date:
    day, ahead = number(match["day"]), _is_of_validity(match)
    for turn in range(3):
        month = now.month - 1 + (turn if ahead else -turn)
        year, month = now.year + month // 12, month % 12 + 1
        if day <= monthrange(year, month)[1]:
            found = date(year, month, day)
            if (found >= now.date()) if ahead else (found <= now.date()):
                return found
    raise ValueError(day)


def _day(match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(days=_DAYS[" ".join(match["word"].lower().split())])


def _weekday(match: re.Match[str], now: datetime) -> date:
    name, turn = match["name"].lower(), (match["turn"] or "").lower()
    weekday = _WEEKDAYS.index(name) if name in _WEEKDAYS else "一二三四五六日天".index(name) % 7
    weekday = 6 if name == "天" else weekday
    ago = (now.weekday() - weekday) % 7
    if turn == "last":
        return now.date() - timedelta(days=ago or 7)
    if turn == "next" and name in _WEEKDAYS:
        return now.date() + timedelta(days=7 - ago)
    if turn:
        return now.date() + timedelta(days=weekday - now.weekday() + 7 * _TURNS[turn])
    return now.date() - timedelta(days=ago)


def _ago(match: re.Match[str], now: datetime) -> date:
    unit, many = match["unit"].lower(), count(match["count"])
    many += 0.5 if match.groupdict().get("half") else 0
    if unit.startswith(("分", "min")):
        return _minute(now - timedelta(minutes=many))
    if unit.startswith(("小时", "钟头", "h")):
        return _minute(now - timedelta(hours=many))
    if unit.startswith(("月", "mon")):
        month = now.month - 1 - int(many)
        year, month = now.year + month // 12, month % 12 + 1
        return date(year, month, min(now.day, monthrange(year, month)[1]))
    weeks = unit.startswith(("周", "星期", "week"))
    return now.date() - timedelta(days=int(many) * (7 if weeks else 1))


# The first that fits is taken.
_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], date]], ...] = (
    (
        re.compile(
            r"(?<![0-9A-Za-z./\-])(?P<year>20[0-9]{2})(?P<sep>[-/.])"
            r"(?P<month>1[0-2]|0?[1-9])(?P=sep)(?P<day>3[01]|[12][0-9]|0?[1-9])"
            r"(?![0-9]|[A-SU-Za-z]|[-/.][0-9])"
        ),
        _full,
    ),
    (
        re.compile(
            rf"(?<![0-9A-Za-z.\-])(?P<year>20[0-9]{{2}}|[23][0-9])年\s?"
            rf"(?P<month>{_OF_12})月份?\s?(?P<day>{_OF_31})\s?[日号]"
        ),
        _full,
    ),
    (
        re.compile(
            rf"{_ALONE}(?P<year>前年|去年|今年|明年)?的?(?P<month>{_OF_12})月份?\s?"
            rf"(?P<day>{_OF_31})\s?[日号]"
        ),
        _yearless,
    ),
    (
        re.compile(rf"(?P<turn>上上|上|这|本|下)个?月的?\s?(?P<day>{_OF_31})\s?[日号]"),
        _dayless_month,
    ),
    (
        re.compile(
            r"(?<![0-9A-Za-z./\-:#+])(?<!第)(?P<month>1[0-2]|0[1-9])(?P<sep>[-/])"
            rf"(?P<day>3[01]|[12][0-9]|0[1-9]){_NO_NUMBER}(?![-/]){_COUNTED}"
        ),
        _yearless,
    ),
    (
        re.compile(
            rf"(?<![A-Za-z]){_MONTH}\s?{_NTH}(?:,?\s(?P<year>20[0-9]{{2}})(?![0-9])|(?![0-9A-Za-z]|[.,\-/:][0-9]){_COUNTED})"
        ),
        _yearless,
    ),
    (
        re.compile(
            rf"{_ALONE}{_NTH}\s?(?:of\s)?{_MONTH}(?![a-z])(?:,?\s(?P<year>20[0-9]{{2}})(?![0-9]))?"
        ),
        _yearless,
    ),
    (
        re.compile(
            r"(?P<word>(?:(?<![以之目])大?前|大后|(?<![今以之然最])后|昨|今|明)(?=[天日儿]|[早晚夜晨](?!上好|安))"
            r"|(?i:(?<![a-z])(?:day\s+before\s+yesterday|yesterday|today|tonight|last\s+night|tomorrow"
            r"|this\s+(?:morning|afternoon|evening))(?![a-z])))(?:[天日儿](?!内))?"
        ),
        _day,
    ),
    (
        re.compile(
            r"(?<![每到至\-~])(?:(?P<turn>上上|上|这|本|下)个?)?(?:周|星期|礼拜)"
            r"(?P<name>[一二三四五六日天])(?!\s?[到至\-~]|[周个天次])"
        ),
        _weekday,
    ),
    (
        re.compile(
            r"(?<!every\s)(?<![A-Za-z])(?i:(?:(?P<turn>last|this|next)\s)?"
            r"(?P<name>monday|tuesday|wednesday|thursday|friday|saturday|sunday))(?![A-Za-z])"
        ),
        _weekday,
    ),
    (
        re.compile(
            rf"(?<![0-9.\-~至到几数{_HAN}])(?P<count>{_COUNT}|半)\s?(?:个|整)?(?P<half>半)?"
            r"(?P<unit>分钟?|小时|钟头|天|周|星期|礼拜|月)(?:之|以)?前(?!能|都|就)"
        ),
        _ago,
    ),
    (
        re.compile(
            rf"(?<![0-9A-Za-z.\-~])(?i:(?P<count>[0-9]{{1,3}}|half\san?|an?|a\scouple\sof|{'|'.join(WORDS[1:])})\s?"
            r"(?P<unit>min(?:ute)?s?|hours?|hrs?|h|days?|weeks?|months?)\s(?:ago|back|before\snow))(?![A-Za-z])"
        ),
        _ago,
    ),
    (
        re.compile(rf"{_ALONE}{_NAMED}(?P<day>{_OF_31})号{_NAMES}"),
        _monthless,
    ),
    (
        re.compile(
            r"(?<![A-Za-z])(?i:on)\s(?:(?i:the)\s)?(?P<day>3[01]|[12][0-9]|[1-9])(?:st|nd|rd|th)(?![A-Za-z])"
            r"(?!\s(?i:time|try|order|card|day|floor|page))"
        ),
        _monthless,
    ),
)


def _is_of_validity(match: re.Match[str]) -> bool:
    start, end = match.span()
    return (
        _VALIDITY.search(
            match.string[max(0, start - 12) : start] + " " + match.string[end : end + 8]
        )
        is not None
    )


def _month(match: re.Match[str]) -> int:
    groups = match.groupdict()
    return (
        _MONTHS.index(groups["name"][:3].lower()) + 1
        if groups.get("name")
        else number(groups["month"])
    )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
