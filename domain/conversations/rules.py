"""Pure decisions about conversations and messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from domain.conversations.models import PRIORITIES
from domain.errors import Invalid, TooLong

IDLE = timedelta(hours=24)
LARGE_SUM = Decimal(1000)


def clean(text: object, most: int) -> str:
    """A message's text as it may be stored: trimmed, no NUL, no half characters.

    Raises Invalid for what is no text or empty, TooLong above `most` characters.
    """
    if not isinstance(text, str) or not text.strip():
        raise Invalid(field="text", reason="empty")
    if len(text) > most:
        raise TooLong(field="text", most=most)
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(field="text", reason="characters")
    return text.strip()


def clean_id(value: str | None, field: str = "clientId") -> str | None:
    """A sender's own id of a message: 1 to 64 printable ASCII characters, or none."""
    if value is None:
        return None
    if not (0 < len(value) <= 64 and value.isascii() and value.isprintable()):
        raise Invalid(field=field, reason="id")
    return value


def is_idle(last_message_at: datetime, at: datetime) -> bool:
    """Whether an episode is over: nothing was said for 24 hours."""
    return at - last_message_at >= IDLE


def priority(
    urgency: str,
    sentiment: str | None = None,
    amount: Decimal | None = None,
    tier: str | None = None,
) -> tuple[int, list[str]]:
    """How urgent (0 low to 3 urgent), and the reasons, as codes the catalogues know (row G2).

    It starts from the intent's urgency; a negative mood raises a step up to high, an enterprise a
    step, a sum of 1,000 yuan or more makes it urgent.
    """
    level = PRIORITIES.index(urgency)
    reasons = [f"intent_{urgency}"]
    if sentiment == "negative" and level < PRIORITIES.index("high"):
        level, reasons = level + 1, [*reasons, "negative_mood"]
    if tier == "enterprise" and level < PRIORITIES.index("urgent"):
        level, reasons = level + 1, [*reasons, "enterprise"]
    if amount is not None and amount >= LARGE_SUM:
        level, reasons = PRIORITIES.index("urgent"), [*reasons, "large_sum"]
    return level, reasons


def raised(before: int, reasons: Sequence[str], level: int, why: Sequence[str]) -> list[str] | None:
    """The reasons after raising to `level`, or None if that would not raise anything."""
    if level <= before:
        return None
    return list(dict.fromkeys([*reasons, *why]))
