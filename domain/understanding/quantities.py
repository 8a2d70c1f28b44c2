"""Sums of money and spans of waiting, as buyers write them. Pure rules over folded text.

Callers blank order numbers, phones and secrets first, so that no digit of those is a sum.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "百": 100}

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.[0-9]{1,2})?"
_HAN = r"[一二两三四五六七八九十][零〇一二两三四五六七八九十百千万]{0,12}"
_YUAN = r"(?:元|块钱?|圆|人民币|(?i:rmb|cny|yuan)(?![a-z]))"
_CENTS = r"(?:(?P<dimes>[0-9一二三四五六七八九])(?![0-9.]|[个张次笔单天])毛?)?"
_COUNTER = r"[张个人次年月天日分小秒条遍笔单点积级份位岁号折%]"

# Money is told by a sign, by a unit, by a large unit, or by a verb of paying before a bare number.
_AMOUNTS = (
    re.compile(rf"[¥￥]\s?(?P<digits>{_NUMBER})\s?(?P<large>[万千百]|[wWkK](?![A-Za-z]))?"),
    re.compile(
        rf"(?<![0-9.,A-Za-z])(?P<digits>{_NUMBER})\s?(?P<large>[万千百wWkK])?多?\s?{_YUAN}{_CENTS}"
    ),
    re.compile(
        rf"(?<![0-9.,A-Za-z])(?P<digits>{_NUMBER})(?P<large>万|[wWkK](?![0-9A-Za-z]))(?!{_COUNTER})"
    ),
    re.compile(rf"(?<![几数好第半])(?P<han>{_HAN})多?(?:元|块钱?(?!儿|去|来|用))(?!素|旦){_CENTS}"),
    re.compile(rf"(?<![几数好第])(?P<han>[一二两三四五六七八九][零〇一二两三四五六七八九十百千万]{{0,8}}?"
               rf"[百千万][零〇一二三四五六七八九十百千]{{0,8}})"
               rf"(?!{_COUNTER}|[零〇一二两三四五六七八九十百千万度里])"),
    re.compile(
        rf"(?:[扣付充花退转]值?(?:了|款)?|金额|价格|paid|charged)\s?:?\s?(?P<digits>{_NUMBER})"
        rf"(?P<large>)(?![0-9.,:\-/A-Za-z]|\s?{_COUNTER})"
    ),
)  # fmt: skip

_SPANS: dict[str, timedelta] = {
    "秒": timedelta(seconds=1),
    "分": timedelta(minutes=1),
    "小时": timedelta(hours=1),
    "钟头": timedelta(hours=1),
    "天": timedelta(days=1),
    "周": timedelta(weeks=1),
    "星期": timedelta(weeks=1),
    "月": timedelta(days=30),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SPAN = re.compile(
    r"(?P<count>[0-9]{1,3}(?:\.[0-9])?|半|[好几数]{1,2}|[一二两三四五六七八九十]{1,3}|an?(?=\s))"
    r"\s?(?:个|整)?(?P<half>半)?多?\s?"
    r"(?P<unit>秒|分钟?|小时|钟头|天|周|星期|月"
    r"|(?i:min|h(?:ou)?r|h(?![a-z])|day|week)[a-z]{0,4})"
    r"(?P<half_after>半)?"
)
_WAITED = re.compile(r"等|已经|都|过去?了|快|有(?!效)|[充付]了$|(?i:wait|for|been|already)")
_SINCE = re.compile(r"多?[了都还没前过]|\s?(?i:ago|already|and|now)")
_AHEAD = re.compile(r"\s?(?:之?以?内|之?以?后|左右到|有效|到账|(?i:later))")
_PAST: tuple[tuple[str, timedelta], ...] = (
    ("大半天", timedelta(hours=8)),
    ("半天", timedelta(hours=4)),  # "Half a day" is said of a long while; half a working day.
    ("昨晚", timedelta(hours=12)),
    ("昨天", timedelta(days=1)),
    ("前天", timedelta(days=2)),
    ("上周", timedelta(weeks=1)),
    ("上个星期", timedelta(weeks=1)),
    ("yesterday", timedelta(days=1)),
    ("last week", timedelta(weeks=1)),
)


def amounts(text: str) -> tuple[Decimal, ...]:
    """Sums in yuan, each once, in the order of the text: 五十块, 3w, ￥1,299.00, 两百, 30元."""
    found: dict[int, Decimal] = {}
    taken = bytearray(len(text))
    for pattern in _AMOUNTS:
        for match in pattern.finditer(text):
            start, end = match.span()
            value = _amount(match)
            if value > 0 and not any(taken[start:end]):
                found[start] = value
                taken[start:end] = b"\1" * (end - start)
    return tuple(dict.fromkeys(value for _, value in sorted(found.items())))


def waiting(text: str) -> timedelta | None:
    """How long somebody says to have waited, the longest of several; None where nobody does."""
    spans = [past for word, past in _PAST if word in text.lower()]
    if "大半天" in text:
        spans.remove(timedelta(hours=4))
    for match in _SPAN.finditer(text):
        before, after = text[max(0, match.start() - 8) : match.start()], text[match.end() :][:12]
        told = _WAITED.search(before) or _SINCE.match(after) or match[0] == text.strip()
        if told and not _AHEAD.match(after) and match["count"] + match["unit"] != "半天":
            spans.append(_span(match))
    return max(spans, default=None)


def han_number(text: str) -> int:
    """一百二 is 120, 两千零五 is 2005, 三万五 is 35000. Only numerals may be given."""
    total = section = digit = 0
    unit = 1
    for char in text:
        if char == "万":
            total, section, digit, unit = (total + section + digit) * 10_000, 0, 0, 10_000
        elif char in _UNITS:
            unit = _UNITS[char]
            section, digit = section + (digit or 1) * unit, 0
        else:
            digit = _DIGITS[char]
            unit = 1 if char in "零〇" else unit
    return total + section + digit * (unit // 10 if unit > 10 else 1)


def _amount(match: re.Match[str]) -> Decimal:
    groups = match.groupdict()
    if groups.get("han"):
        value = Decimal(han_number(groups["han"]))
    else:
        value = Decimal(groups["digits"].replace(",", ""))
        value *= _LARGE.get((groups.get("large") or "").lower(), 1)
    dimes = groups.get("dimes")
    if dimes:
        value += Decimal(_DIGITS.get(dimes) or int(dimes)) / 10
    return value.quantize(Decimal("0.01"))


def _span(match: re.Match[str]) -> timedelta:
    unit = match["unit"].lower()
    one = next(span for word, span in _SPANS.items() if unit.startswith(word))
    halves = 1 if match["half"] or match["half_after"] else 0
    return one * _count(match["count"]) + one * halves / 2


def _count(word: str) -> float:
    if word[0] in "0123456789":
        return float(word)
    if word[0] in "几数好":
        return 3.0  # "A few", by common use.
    return 0.5 if word == "半" else 1.0 if word[0] == "a" else float(han_number(word))
