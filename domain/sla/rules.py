"""How long people may take. Rows G4 and G5 of the product: first response within a minute,
urgent matters with a person within ten; resolution by priority.

A shop overrides any of them in its settings, under `deadlines`, in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

FIRST_RESPONSE = timedelta(minutes=1)
ALARM = timedelta(minutes=5)
RESOLUTION = (
    timedelta(hours=72),
    timedelta(hours=24),
    timedelta(hours=8),
    timedelta(hours=1),
)
"""By priority, low to urgent."""


def first_response(settings: Mapping[str, Any]) -> timedelta:
    """Within which time a person answers first."""
    return _override(settings, "first_response", FIRST_RESPONSE)


def alarm(settings: Mapping[str, Any]) -> timedelta:
    """After which time without an answer the alarm is raised."""
    return _override(settings, "alarm", ALARM)


def resolution(priority: int, settings: Mapping[str, Any]) -> timedelta:
    """Within which time a ticket of this priority (0 low to 3 urgent) is solved."""
    return _override(settings, f"resolution_{priority}", RESOLUTION[priority])


def state(due_at: datetime, warned: bool, at: datetime, grace: timedelta) -> str | None:
    """What a running deadline turns into: `warned` when it is due, `breached` `grace` later."""
    if at >= due_at + grace:
        return "breached"
    if at >= due_at and not warned:
        return "warned"
    return None


def _override(settings: Mapping[str, Any], name: str, default: timedelta) -> timedelta:
    seconds = settings.get("deadlines", {}).get(name)
    return default if seconds is None else timedelta(seconds=float(seconds))
