"""The one clock. Whoever needs the time asks here, so that tests and drills can move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
"""The time that shops keep: they are Chinese, and all of China keeps Beijing's."""

_offset = timedelta()


def now() -> datetime:
    """The present moment, UTC, with the offset that `travel` set."""
    return datetime.now(UTC) + _offset


@contextmanager
def travel(by: timedelta) -> Iterator[None]:
    """Move the clock of this process by `by` for the length of the block (tests and drills)."""
    global _offset
    before = _offset
    _offset = before + by
    try:
        yield
    finally:
        _offset = before
