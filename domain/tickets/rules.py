"""Pure decisions about tickets."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Crockford's idea: no 0, 1, I, O, which people mistake for one another when they read aloud."""
LENGTH = 9


def number() -> str:
    """A fresh ticket number, `T-XXXXX-XXXXX`: 45 random bits, and a checksum character last."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    whole = body + _check(body)
    return f"T-{whole[:5]}-{whole[5:]}"


def is_number(text: str) -> bool:
    """Whether `text` is a ticket number: its shape and its checksum are right."""
    plain = plain_number(text)
    if len(plain) != LENGTH + 1 or any(char not in ALPHABET for char in plain):
        return False
    return _check(plain[:-1]) == plain[-1]


def plain_number(text: str) -> str:
    """The ten characters of a number, however it was typed: dashes, spaces, the T left off."""
    plain = "".join(text.upper().replace("-", "").split())
    return plain[1:] if len(plain) == LENGTH + 2 and plain.startswith("T") else plain


def whole_number(text: str) -> str:
    """A number as it is written down, of however it was typed."""
    plain = plain_number(text)
    return f"T-{plain[:5]}-{plain[5:]}"


def _check(body: str) -> str:
    """A weighted sum modulo the alphabet; odd weights find every single mistyped character."""
    total = sum((2 * place + 1) * ALPHABET.index(char) for place, char in enumerate(body))
    return ALPHABET[total % len(ALPHABET)]
