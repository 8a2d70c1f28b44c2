"""Passwords: Argon2id, in threads, and as slow for a log-in that does not exist.

Parameters: m = 19 MiB, t = 2, p = 1, from the OWASP Password Storage Cheat Sheet
(https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id),
which names them as one of the equivalent least settings.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)

# The hash of a random password that nobody knows. A literal, because making one at the first
# log-in of an unknown name would take twice as long and so tell that the name is unknown.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$XHKv93KoUewovS6RH37saQ$"
    "G//ONOw/ObwzYfyy/pTmpc5YnbOPqb3RHvjv43twYzU"
)


async def hashed(password: str) -> str:
    """The encoded hash of a password, at most 255 characters."""
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one. For None, an unknown person, no and just as slowly."""
    return await asyncio.to_thread(_matches, stored or NOBODY, password) and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than ours and should be made anew."""
    return _hasher.check_needs_rehash(stored)


def _matches(stored: str, password: str) -> bool:
    with suppress(VerificationError, InvalidHashError, UnicodeEncodeError):
        return _hasher.verify(stored, password)
    return False
