"""Sums of money and spans of waiting, as buyers write them. Pure rules over folded text.

Callers blank order numbers, phones and secrets first, so that no digit of those is a sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "百": 100}

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.[0-9]{1,2})?"
_HAN = r"[一二两三四五六七八九十][零〇一二两三四五六七八九十百千万]{0,12}"
_YUAN = r"(?:元|块钱?|圆|人民币|大洋|面值|(?i:rmb|cny|yuan)(?![a-z]))"
_CENTS = r"(?:(?P<dimes>[0-9一二三四五六七八九])(?![0-9.]|[个张次笔单天])毛?)?"
_COUNTER = r"[张个人次年月天日分小秒条遍笔单点积级份位岁号折%]"

# Money is told by a sign, by a unit, by a large unit, or by a verb of paying before a bare number.
_AMOUNTS = (
    re.compile(
        rf"(?:[¥￥]|人民币|面值|(?<![A-Za-z])(?i:rmb|cny))\s?:?\s?(?P<digits>{_NUMBER})"
        r"\s?(?P<large>[万千百]|[wWkK](?![A-Za-z]))?"
    ),
    re.compile(
        rf"(?<![0-9.,A-Za-z])(?P<digits>{_NUMBER})\s?(?P<large>[万千百wWkK])?[多来]?\s?{_YUAN}{_CENTS}"
    ),
    re.compile(
        rf"(?<![0-9.,A-Za-z])(?P<digits>{_NUMBER})"
        rf"(?P<large>万|[wWkK](?![A-Za-z]))(?P<next>[0-9](?![0-9.]))?(?![0-9]|{_COUNTER})"
    ),
    re.compile(rf"(?<![几数好第半])(?P<han>{_HAN})[多来]?(?:元|大洋|块钱?(?!儿|去|来|用))(?!素|旦){_CENTS}"),
    re.compile(r"(?<![0-9.几块元])(?P<only_dimes>[1-9二两三四五六七八九])\s?[毛角](?![A-Za-z色落度])"),
    re.compile(rf"(?<![几数好第])(?P<han>[一二两三四五六七八九][零〇一二两三四五六七八九十百千万]{{0,8}}?"
               rf"[百千万][零〇一二三四五六七八九十百千]{{0,8}})"
               rf"(?!{_COUNTER}|[零〇一二两三四五六七八九十百千万度里])"),
    re.compile(
        r"(?:[扣付充冲花退转差]值?(?:了|款)?|[只才]到账?|[到少]了|到账|[实多]收|金额|价格|paid|charged)"
        rf"\s?:?\s?(?P<digits>{_NUMBER})"
        rf"(?P<large>)(?![0-9.:\-/A-Za-z]|,[0-9]|\s?{_COUNTER})"
    ),
)  # fmt: skip

_SPANS: dict[str, timedelta] = {
    "秒": timedelta(seconds=1),
    "分": timedelta(minutes=1),
    "刻钟": timedelta(minutes=15),
    "小时": timedelta(hours=1),
    "钟头": timedelta(hours=1),
    "天": timedelta(days=1),
    "周": timedelta(weeks=1),
    "星期": timedelta(weeks=1),
    "礼拜": timedelta(weeks=1),
    "月": timedelta(days=30),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LOOSE: dict[str, float] = {
    "半": 0.5,
    "half a": 0.5,
    "half an": 0.5,
    "俩": 2,
    "couple of": 2,
    "a couple of": 2,
    "a few": 3,
    "several": 3,
    "a": 1,
    "an": 1,
    "十几": 15,
    "几十": 30,
}
_SPAN = re.compile(
    r"(?P<count>[0-9]{1,3}(?:\.[0-9])?|十几|几十|半|俩|[好几数]{1,2}|[一二两三四五六七八九十]{1,3}"
    r"|(?<![A-Za-z])(?i:half\san?|(?:a\s)?couple\sof|a\sfew|several|an?|"
    + "|".join(WORDS[1:])
    + r")(?=\s))"
    r"\s?(?P<piece>个|整)?(?P<half>半)?[多来]?\s?"
    r"(?P<unit>秒|分钟?|刻钟|小时|钟头|天|周|星期|礼拜|月"
    r"|(?i:min|h(?:ou)?r|h(?![a-z])|day|week)[a-z]{0,4})"
    r"(?P<half_after>半|\sand\sa\shalf)?"
)
_AND = re.compile(r"(?:零|又|\s|and){0,3}")
_WAITED = re.compile(
    r"等|已经|都|过去?了|快|超过|有(?!效)|[充付]了$|(?i:wait|for|been|already|over|more than|past)"
)
_SINCE = re.compile(
    r"多?[了都还没前过]|(?:之|以)前|\s?(?i:ago|already|and|now|no(?![a-z])|still|nothing|without|passed|later,?$)"
)
# What is still to come, what is promised, and what is bought by the month.
_TO_COME = re.compile(
    r"(?:[要得会再需剩限保]|最[多长快晚]|一般|预计|还有|剩下|有效期?)等?$"
    r"|(?i:(?<![a-z])(?:valid|expires?|within|in|takes?|every|per|next)\s(?:for\s|about\s)?)$"
)
_AHEAD = re.compile(
    r"\s?(?:之?以?内|之?以?后|左右到|有效|到账|(?:的|了)?(?:[会月年]员?卡|会员|套餐|流量|质保|过期|到期)"
    r"|(?i:later|plan|sub|member|premium|pass(?![a-z])|card|warranty|netflix|spotify))"
)
_PAST: tuple[tuple[str, timedelta], ...] = (
    ("大半天", timedelta(hours=8)),
    ("半天", timedelta(hours=4)),  # "Half a day" is said of a long while; half a working day.
    *(
        (word, timedelta(hours=4))
        for word in ("一上午", "一下午", "一早上", "一个上午", "一个下午")
    ),
    *((word, timedelta(hours=4)) for word in ("今早", "从早上", "all morning", "this morning")),
    *((word, timedelta(hours=8)) for word in ("一晚上", "一夜", "一整晚", "一宿", "all night")),
    *((word, timedelta(hours=12)) for word in ("昨晚", "overnight", "last night")),
    *((word, timedelta(hours=12)) for word in ("all day", "whole day", "entire day")),
    *((word, timedelta(days=1)) for word in ("昨天", "一天一夜", "yesterday")),
    ("前天", timedelta(days=2)),
    ("大前天", timedelta(days=3)),
    *((word, timedelta(weeks=1)) for word in ("上周", "上个星期", "上星期", "上礼拜", "last week")),
    *((word, timedelta(days=30)) for word in ("上个月", "last month")),
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
    for start, end, span in _spans(text):
        before, after = text[max(0, start - 10) : start], text[end:][:12]
        told = _WAITED.search(before) or _SINCE.match(after) or text[start:end] == text.strip()
        if told and not _AHEAD.match(after) and not _TO_COME.search(before):
            spans.append(span)
    return max(spans, default=None)


def _spans(text: str) -> Iterator[tuple[int, int, timedelta]]:
    """Spans of time and their places; 一小时30分钟 is one."""
    begin = end = 0
    whole = timedelta()
    for match in _SPAN.finditer(text):
        if match["count"] + match["unit"] == "半天" or (
            match["unit"] == "月" and not match["piece"]
        ):
            continue  # The one is said of a long while, the other, 12月, is no span.
        if whole and not _AND.fullmatch(text, end, match.start()):
            yield begin, end, whole
            whole = timedelta()
        begin = begin if whole else match.start()
        end, whole = match.end(), whole + _span(match)
    if whole:
        yield begin, end, whole


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


def number(text: str) -> int:
    """12 and 十二 are 12. Only digits or only numerals may be given."""
    return int(text) if text.isascii() else han_number(text)


def _amount(match: re.Match[str]) -> Decimal:
    groups = match.groupdict(default="")
    if dimes := groups.get("only_dimes"):
        return (Decimal(number(dimes)) / 10).quantize(Decimal("0.01"))
    if groups.get("han"):
        value = Decimal(han_number(groups["han"]))
    else:
        value = Decimal(groups["digits"].replace(",", ""))
        large = _LARGE.get(groups["large"].lower(), 1)
        value = value * large + Decimal(groups.get("next") or 0) * large / 10  # 1万2 is 12000.
    if dimes := groups.get("dimes"):
        value += Decimal(number(dimes)) / 10
    return value.quantize(Decimal("0.01"))


def _span(match: re.Match[str]) -> timedelta:
    unit = match["unit"].lower()
    one = next(span for word, span in _SPANS.items() if unit.startswith(word))
    halves = 1 if match["half"] or match["half_after"] else 0
    return one * count(match["count"]) + one * halves / 2


def count(word: str) -> float:
    """How many: 3, 三, 半, 两, three, half an, a few (3, by common use), 十几 (15)."""
    word = " ".join(word.lower().split())
    if word in _LOOSE:
        return _LOOSE[word]
    if word in WORDS:
        return float(WORDS.index(word))
    if word[0] in "几数好":
        return 3.0
    return float(word) if word.isascii() else float(han_number(word))
