"""Hours of the day that a message names: 晚上8点半, 20:15, 3pm. Pure rules over folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.understanding.quantities import number

_HAN = "一二两三四五六七八九十"
_CLOCK = re.compile(
    r"(?:(?P<part>凌晨|清晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|夜里|半夜|深夜|晚|夜)\s?)?"
    rf"(?:(?<![0-9:.\-/])(?P<colon>[01]?[0-9]|2[0-4]):(?P<past>[0-5][0-9])(?::[0-5][0-9])?(?![0-9:])"
    rf"|(?<![0-9:.\-/{_HAN}几])(?P<hour>[01]?[0-9]|2[0-4]|十[一二]?|[{_HAN}])(?:点钟?|时(?=[0-9]))(?!券|数|卡|赞|击)"
    r"(?P<minutes>半|一刻|三刻|[二三四五]?十[一二三四五六七八九]?分?|[0-5]?[0-9](?![0-9.]|[天元块个张])分?)?(?P<about>钟|多|左右|整)?"
    r"|(?<![0-9:.\-/])(?P<twelve>1[0-2]|[1-9])(?=\s?[ap]\.?m(?![A-Za-z])))"
    r"(?:\s?(?P<half>(?i:[ap])\.?(?i:m)(?![A-Za-z])))?"
)
_MINUTES = {"半": 30, "一刻": 15, "三刻": 45}
_RATIO = re.compile(r"[比率]\D{0,4}$")


class Hour(NamedTuple):
    """An hour and minute, and the place [start, end) they have in the text.

    `late` is whether they belong to the night of the day before (昨晚1点), `alone` whether their
    shape tells that they are a time, even without a day beside them.
    """

    start: int
    end: int
    hour: int
    minute: int
    late: bool
    alone: bool


def hours(text: str, days: Sequence[tuple[int, int]]) -> Iterator[Hour]:
    """The hours of a text outside of the places that its `days` have, in order."""
    taken = bytearray(len(text))
    for start, end in days:
        taken[start:end] = b"\1" * (end - start)
    for match in _CLOCK.finditer(text):
        start, end = match.span()
        if not any(taken[start:end]):
            yield Hour(start, end, *_time(match), _is_alone(match))


def _is_alone(match: re.Match[str]) -> bool:
    if match["part"] or match["half"] or match["minutes"] or match["about"]:
        return True
    before = match.string[max(0, match.start() - 8) : match.start()]
    return len(match["colon"] or "") == 2 and _RATIO.search(before) is None


def _time(match: re.Match[str]) -> tuple[int, int, bool]:
    hour = number(match["colon"] or match["hour"] or match["twelve"])
    told = match["past"] or match["minutes"] or "0"
    minute = _MINUTES.get(told) or number(told.rstrip("分"))
    part = match["part"] or ""
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    elif part == "凌晨":
        hour %= 12
    elif part in ("下午", "傍晚") or (part == "中午" and hour <= 3):
        hour = hour % 12 + 12
    elif part.startswith(("晚", "夜")) or part.endswith("夜"):
        late = hour < 5 or hour in (12, 24)
        return hour % 12 + (0 if late else 12), minute, late
    return hour % 24, minute, hour == 24
