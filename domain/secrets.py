"""Keys, sealing and the blind index: how a secret is kept so that only we can read or find it.

A key is 32 random bytes with an id. From each key HKDF-SHA256 derives three subkeys, so that the
key which finds a value can never open it: one seals (AES-256-GCM), one finds (HMAC-SHA256) and one
signs. A keyring holds keys newest first: the newest writes, all of them read, so keys are rotated
while the shop is open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import DomainError
from domain.settings import settings

KEY_BYTES = 32
NONCE_BYTES = 12  # The size NIST SP 800-38D recommends for GCM.
_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class UnusableKeys(Exception):
    """The start must be refused; `str()` is the one sentence that says why."""


class Illegible(DomainError):
    """Sealed bytes that cannot be opened: another row's, altered, or their key is gone."""

    code, status = "illegible", 500


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """One key's id and its three subkeys; without a repr, so that no log can show it."""

    id: str
    seal: AESGCM
    index: bytes
    sign: bytes
    mark: str


class Keyring:
    """Seals, finds and signs. Built from `(id, 32 bytes)` pairs, newest first."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Raises `UnusableKeys` when there is no key, an odd id, a wrong length or an id twice."""
        if not keys:
            raise UnusableKeys("There is no encryption key, so nothing can be sealed.")
        for id, key in keys:
            if not _ID.fullmatch(id) or len(key) != KEY_BYTES:
                raise UnusableKeys(f"An encryption key must be 'id:base64' of {KEY_BYTES} bytes.")
        self._keys = {id: _key(id, key) for id, key in keys}
        if len(self._keys) != len(keys):
            raise UnusableKeys("Two encryption keys have the same id.")
        self._newest = self._keys[keys[0][0]]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """A keyring from 'id:base64,...', newest first. Raises `UnusableKeys`."""
        return cls([_pair(part.strip()) for part in text.split(",") if part.strip()])

    def seal(self, plain: bytes, row: UUID) -> bytes:
        """Encrypt `plain` for `row` alone: length of key id, key id, nonce, ciphertext with tag."""
        nonce = os.urandom(NONCE_BYTES)
        id = self._newest.id.encode()
        return bytes([len(id)]) + id + nonce + self._newest.seal.encrypt(nonce, plain, row.bytes)

    def unseal(self, sealed: bytes, row: UUID) -> bytes:
        """What was sealed for `row`. Raises `Illegible` for anything else."""
        key = self._keys.get(self.sealed_with(sealed))
        rest = sealed[1 + sealed[0] :] if sealed else b""
        if key is None or len(rest) < NONCE_BYTES:
            raise Illegible
        try:
            return key.seal.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], row.bytes)
        except InvalidTag:
            raise Illegible from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this; what is not current is sealed anew by a rotation."""
        return self.sealed_with(sealed) == self._newest.id

    @staticmethod
    def sealed_with(sealed: bytes) -> str:
        """The id of the key that sealed this, '' when it is no sealed value."""
        return sealed[1 : 1 + sealed[0]].decode("ascii", "replace") if sealed else ""

    def blind(self, kind: str, value: str) -> str:
        """The hex HMAC by which `value` is stored to be found; `kind` keeps namespaces apart.

        Kinds 'phone', 'email' and 'card' are normalised (see `normal`), others only trimmed.
        """
        return _blind(self._newest, kind, value)

    def blinds(self, kind: str, value: str) -> tuple[str, ...]:
        """`blind` under every key, newest first: what to search for while keys are rotated."""
        return tuple(_blind(key, kind, value) for key in self._keys.values())

    def sign(self, purpose: str, message: bytes) -> str:
        """A hex signature of `message` that holds for this `purpose` only."""
        return _sign(self._newest, purpose, message)

    def signed(self, purpose: str, message: bytes, signature: str) -> bool:
        """Whether any of our keys signed this; compared in constant time."""
        given = signature.encode("utf-8", "surrogatepass")
        matches = [
            hmac.compare_digest(_sign(key, purpose, message).encode(), given)
            for key in self._keys.values()
        ]
        return any(matches)

    @property
    def fingerprint(self) -> str:
        """'id:mark,...' of all keys, newest first. It tells keys apart and gives none away."""
        return ",".join(f"{key.id}:{key.mark}" for key in self._keys.values())

    def check(self, fingerprint: str) -> None:
        """Raise `UnusableKeys` unless every key that wrote under `fingerprint` is here."""
        ours = set(self.fingerprint.split(","))
        missing = [part for part in fingerprint.split(",") if part and part not in ours]
        if missing:
            names = ", ".join(part.partition(":")[0] for part in missing)
            raise UnusableKeys(
                f"The data was written with another encryption key ({names}), "
                "put that key back before starting."
            )


def keyring() -> Keyring:
    """The keyring of this process, read once. Raises `UnusableKeys`."""
    return _keyring(settings().keys, settings().home)


def new_key(id: str) -> str:
    """A fresh random key as 'id:base64', to be put in front of the others."""
    return f"{id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def normal(kind: str, value: str) -> str:
    """`value` as it is compared: NFKC, trimmed; emails lower case, phones their last 11 digits,
    card secrets upper case without spaces and dashes, as people copy them both ways."""
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        return text.casefold()
    if kind == "phone":
        digits = re.sub(r"[^0-9]", "", text)
        return digits[-11:] if re.fullmatch(r"(?:00)?86[0-9]{11}", digits) else digits
    return re.sub(r"[\s\-\u2010-\u2015\u200b]", "", text).upper() if kind == "card" else text


@lru_cache(maxsize=4)
def _keyring(keys: str, home: Path) -> Keyring:
    return Keyring.parse(keys or _from_file(home / "keys"))


def _from_file(path: Path) -> str:
    """The text of the key file, made with one new key when it is not there."""
    if not path.exists():
        _create(path)
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        raise UnusableKeys(f"The key file {path} cannot be opened.") from None
    with os.fdopen(file, encoding="ascii", errors="replace") as lines:
        if stat.S_IMODE(os.fstat(file).st_mode) & 0o077:
            raise UnusableKeys(
                f"The key file {path} can be read by others, run 'chmod 600' on it and change it."
            )
        return ",".join(lines.read().split())


def _create(path: Path) -> None:
    """Write a new key beside `path` and link it there: whoever starts second sees a whole file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"keys.{os.urandom(8).hex()}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as out:
            out.write(new_key(f"k{os.urandom(3).hex()}") + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, path)
    except FileExistsError:
        pass  # Another process was first, and its key is the one that counts.
    finally:
        fresh.unlink()


def _pair(part: str) -> tuple[str, bytes]:
    id, _, text = part.partition(":")
    try:
        return id, base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return id, b""


def _key(id: str, key: bytes) -> _Key:
    mark = hashlib.sha256(_derive(key, "fingerprint")).hexdigest()[:16]
    return _Key(id, AESGCM(_derive(key, "seal")), _derive(key, "index"), _derive(key, "sign"), mark)


def _derive(key: bytes, use: str) -> bytes:
    """A subkey for one use (HKDF, RFC 5869); the info string keeps uses independent."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"zaide/{use}/1".encode()).derive(key)


def _blind(key: _Key, kind: str, value: str) -> str:
    message = f"{kind}\0{normal(kind, value)}".encode("utf-8", "surrogatepass")
    return hmac.new(key.index, message, hashlib.sha256).hexdigest()


def _sign(key: _Key, purpose: str, message: bytes) -> str:
    return hmac.new(key.sign, purpose.encode() + b"\0" + message, hashlib.sha256).hexdigest()
