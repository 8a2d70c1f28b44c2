"""Points in time that a message names, as buyers write them. Pure rules over folded text.

Callers blank order numbers, phones and secrets first, so that no digit of those is a date. What is
left open is settled by `now`, in the time that shops keep:

- without a year, a date is the latest one that is at most a month ahead; where the words tell of
  validity ("12月31号过期"), it is the nearest, before or after;
- without a month, it is the latest one not after the message, or of validity the first not before;
- a weekday alone is the latest one, 上周五 that of the week before (weeks begin on Monday),
  and last Friday the latest before today;
- an hour alone is its latest; without morning or evening it is taken as written.

A span of time (上周, 3-5天, 这几天) is no point, and neither is 刚才.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.clock import CHINA
from domain.understanding.days import Day, days
from domain.understanding.hours import Hour, hours

DATES = 10  # A message may name so many, no more.

_GAP = re.compile(r"[\s,的T]{0,2}(?:(?:at|around|about|约|大概|大约)\s?)?")
_UNTIL_NOW = re.compile(r"从.{1,16}?[到等起就]|到现在|到今天|至今|(?i:(?<![a-z])since(?![a-z]))")
_GAP_BEFORE = re.compile(r"\s?(?:on\s)?")


def dates(text: str, now: datetime) -> tuple[str, ...]:
    """ISO dates, with the time and its offset where one is said, each once, in order; at most 10.

    `now` is the moment of the message. 昨晚8点 is 2026-12-02T20:00+08:00, 3号 is 2026-12-03.
    """
    named = _named(text, now.astimezone(CHINA))
    return tuple(dict.fromkeys(_iso(when) for when in named))[:DATES]


def since(text: str, now: datetime) -> timedelta | None:
    """How long ago the first of the moments was since which somebody says to wait; None if none.

    A day without an hour counts whole: since Monday, said on Thursday, is three days.
    """
    now = now.astimezone(CHINA)
    if not _UNTIL_NOW.search(text):
        return None
    spans = (
        now - when if isinstance(when, datetime) else now.date() - when
        for when in _named(text, now)
    )
    return max((span for span in spans if span > timedelta()), default=None)


def _named(text: str, now: datetime) -> list[date]:
    """What is named, in the order of the text: days, and moments where an hour was said."""
    told = sorted(days(text, now))
    clock = list(hours(text, [(day.start, day.end) for day in told]))
    found = sorted(_joined(text, told, clock, now), key=lambda one: one[0])
    return [when for _, when in found if 2000 <= when.year < 2100]


def _joined(
    text: str, told: list[Day], clock: list[Hour], now: datetime
) -> Iterator[tuple[int, date]]:
    """Days with the hours beside them, and hours alone, with their places."""
    after = {hour.start: hour for hour in clock}
    before = {hour.end: hour for hour in clock}
    used: set[int] = set()
    for start, end, day in told:
        gap = _GAP.match(text, end)
        hour = after.get(gap.end() if gap else end) or after.get(end)
        hour = hour or next((before[at] for at in _ends_before(text, start) if at in before), None)
        if hour is None or isinstance(day, datetime):
            yield start, day
        else:
            used.add(hour.start)
            yield start, _at(day + timedelta(days=hour.late), hour)
    for hour in clock:
        if hour.alone and hour.start not in used:
            when = _at(now.date(), hour)
            yield hour.start, when if when <= now else when - timedelta(days=1)


def _ends_before(text: str, start: int) -> Iterator[int]:
    """Where an hour may end that is told before its day: 8pm yesterday, 20:30 on Dec 3."""
    if text[start : start + 1].isascii():
        yield from (
            at for at in range(max(0, start - 4), start) if _GAP_BEFORE.fullmatch(text, at, start)
        )


def _at(day: date, hour: Hour) -> datetime:
    return datetime(day.year, day.month, day.day, hour.hour, hour.minute, tzinfo=CHINA)


def _iso(when: date) -> str:
    return when.isoformat(timespec="minutes") if isinstance(when, datetime) else when.isoformat()
