"""Values on the wire: opaque ids, event positions, moments and sums.

An id is base64url of the type's name, a colon and the UUID's 16 bytes. Clients pass it back as it
is; one that is malformed, or of another type, is simply not found.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from domain.errors import BadCursor, Invalid, NotFound

Cursor = NewType("Cursor", int)


def opaque(kind: str, id: UUID) -> strawberry.ID:
    """The public id of a row: its GraphQL type and its key."""
    return strawberry.ID(_encode(kind.encode() + b":" + id.bytes))


def parse_id(kind: str, id: str | None) -> UUID | None:
    """The key in a public id of type `kind`; None if it is not one."""
    named = parse_any(id or "")
    return named[1] if named and named[0] == kind else None


def parse_any(id: str) -> tuple[str, UUID] | None:
    """The type's name and the key in any public id; None if it is not one."""
    raw = _decode(id)
    if raw is None or len(raw) < 18 or raw[-17:-16] != b":":
        return None
    try:
        return raw[:-17].decode("ascii"), UUID(bytes=raw[-16:])
    except ValueError:
        return None


def known_id(kind: str, id: str, noun: str) -> UUID:
    """As `parse_id`, for verbs. Raises NotFound, as an id that nobody may see does."""
    found = parse_id(kind, id)
    if found is None:
        raise NotFound(noun=noun)
    return found


def show_position(position: int) -> str:
    """The opaque form of an event position."""
    return _encode(b"p%d" % position)


def read_position(value: object) -> Cursor:
    """The position in its opaque form. Raises BadCursor."""
    raw = _decode(value) if isinstance(value, str) else None
    if raw is None or raw[:1] != b"p" or not raw[1:].isdigit() or len(raw) > 19:
        raise BadCursor(field="after")
    return Cursor(int(raw[1:]))


def read_moment(value: object) -> datetime:
    """The moment in an ISO 8601 text, in UTC, which one without an offset is taken to be in.

    Raises Invalid for anything else, and for moments so far off that no arithmetic can follow.
    """
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(value)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            if 1970 <= moment.year < 3000:
                return moment
    raise Invalid(hint="a moment as 2026-01-31T23:59:59Z, from 1970 to 2999")


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    """The bytes of a base64url text; None if it is none, or not the one we would have written."""
    if len(text) > 512 or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    return raw if _encode(raw) == text else None


SCALARS: dict[object, ScalarDefinition] = {
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in the stream of events. Opaque: keep the last one and pass it back.",
        serialize=show_position,
        parse_value=read_position,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="Date with time (isoformat)",
        serialize=datetime.isoformat,
        parse_value=read_moment,
    ),
}
