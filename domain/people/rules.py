"""Pure decisions about people: what a log-in, a password, a token's scopes may be."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.actors import MERCHANTS, STAFF, Role
from domain.errors import Invalid

SCOPES = frozenset(
    {
        "conversations:read",
        "conversations:write",
        "tickets:read",
        "tickets:write",
        "orders:read",
        "metrics:read",
        "customers:read",
        "knowledge:read",
        "merchants:read",
    }
)
GRANTED = STAFF | MERCHANTS
TOKEN_ROLES = MERCHANTS | {Role.PARTNER}

# A working day: nobody is logged out in the middle of a shift, nobody stays logged in for a week.
SESSION = timedelta(hours=12)
LOGIN_WINDOW = 15 * 60  # seconds
# Many people share one address (an office, a mobile network), so it is allowed more failures.
SOURCE_FACTOR = 5
# NIST SP 800-63B-4, 3.1.1.2 sets 8 as the least; ten, because there is no second factor yet.
PASSWORD_LEAST, PASSWORD_MOST = 10, 256

_LOGIN = re.compile(r"[^\s\x00-\x1f]{1,120}")
_VISITOR = re.compile(r"[A-Za-z0-9_-]{32,64}")


def login_of(text: str) -> str:
    """A log-in name as it is stored and compared: NFKC, trimmed, without case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def valid_login(text: str) -> str:
    """`login_of(text)`. Raises Invalid when it is empty, too long or holds spaces."""
    login = login_of(text)
    if not _LOGIN.fullmatch(login):
        raise Invalid(field="login")
    return login


def check_password(password: str) -> None:
    """Raise Invalid for a password that is too short or too long (characters)."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise Invalid(field="password", least=PASSWORD_LEAST)


def check_role(role: Role, merchant_id: UUID | None, among: Iterable[Role]) -> None:
    """Raise Invalid unless `role` is among those, with a merchant exactly where it needs one."""
    if role not in among:
        raise Invalid(field="role")
    if (role in MERCHANTS and merchant_id is None) or (role in STAFF and merchant_id is not None):
        raise Invalid(field="merchant_id")


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted. Raises Invalid when there is none or an unknown one."""
    asked = sorted(set(scopes))
    if not asked or not SCOPES.issuperset(asked):
        raise Invalid(field="scopes")
    return asked


def check_visitor_key(key: str) -> str:
    """A visitor's own key, 32 to 64 URL-safe characters. Raises Invalid."""
    if not _VISITOR.fullmatch(key):
        raise Invalid(field="visitor")
    return key


def digest(raw: str) -> str:
    """The hex SHA-256 under which a random secret is stored.

    A plain hash suffices for 256 random bits: there is nothing to guess.
    """
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


_WEIGHT = {"agent": 2, "queue": 1, "bot": 0}


def outranks(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Which of two open conversations of one customer in one channel stays open: `one`?

    Someone's work is never closed under them, so who waits for a person or has one comes before
    who talks to the bot; between equals the newer one stays. Takes rows with `holder` and
    `last_message_at`.
    """
    return _rank(one) >= _rank(other)


def _rank(row: dict[str, Any]) -> tuple[int, datetime]:
    return _WEIGHT[row["holder"]], row["last_message_at"]
