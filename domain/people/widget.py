"""The widget's two signed words: the shop's, that says who a user is, and ours, that remembers it.

The shop's assertion is a JWT, HS256 under the shop's secret:
    {sub, name?, email?, phone?, aud: "zaide:<shop key>", nonce, iat, exp at most 10 minutes on}
Our token is a JWS under the keyring, which nobody else needs to read:
    {sub: customer id, shop: shop id, aud: "zaide-widget", nonce, iat, exp one hour on}

The algorithm is fixed on either side and never taken from the token (RFC 8725, 3.1).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import orjson
from jwt.algorithms import Algorithm

from domain import db
from domain.actors import Actor, Role
from domain.clock import now
from domain.errors import Expired, Invalid, Unauthenticated
from domain.people.models import Customer
from domain.secrets import keyring
from domain.shops.models import Shop
from domain.shops.queries import signing_secret

LEEWAY = timedelta(seconds=30)
ASSERTION_MOST = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=1)
AUDIENCE = "zaide-widget"
_MOST_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a shop says of its user. `nonce` is good until `expires_at`, and once."""

    user_id: str
    name: str
    email: str | None
    phone: str | None
    nonce: str
    expires_at: datetime


def read_assertion(shop: Shop, raw: str) -> Assertion:
    """The shop's word, checked but for its nonce, which `actions.use_nonce` spends.

    Raises Unauthenticated (signature, algorithm, audience, shape), Expired, and Invalid with the
    field for a claim that cannot be used.
    """
    try:
        claims = jwt.decode(
            _sane(raw),
            signing_secret(shop),
            algorithms=["HS256"],
            audience=f"zaide:{shop.key}",
            # The moment is checked below, by our clock.
            options={
                "require": ["sub", "aud", "nonce", "iat", "exp"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.PyJWTError:
        raise Unauthenticated from None
    expires_at = _timely(claims, ASSERTION_MOST)
    return Assertion(
        user_id=_text(claims, "sub", 128),
        name=_text(claims, "name", 120, needed=False),
        email=_text(claims, "email", 254, needed=False) or None,
        phone=_text(claims, "phone", 32, needed=False) or None,
        nonce=_text(claims, "nonce", 64, least=8),
        expires_at=expires_at + LEEWAY,
    )


def widget_token(customer: Customer) -> str:
    """Our own token for a customer's browser, good for an hour."""
    at = now()
    claims = {
        "sub": str(customer.id),
        "shop": str(customer.shop_id),
        "aud": AUDIENCE,
        "nonce": secrets.token_urlsafe(12),
        "iat": int(at.timestamp()),
        "exp": int((at + TOKEN_LIFE).timestamp()),
    }
    return _OURS.encode(orjson.dumps(claims), "", algorithm=_NAME)


async def actor_of_widget(raw: str) -> Actor:
    """The customer whom our token names.

    Raises Unauthenticated for a token we did not sign or a customer who is gone (forgotten, or
    signed in as somebody else), Expired for an old one.
    """
    claims = _read_token(raw)
    rows = await db.sql(
        "SELECT id, shop_id, name, locale FROM customers WHERE id = $1 AND shop_id = $2",
        claims["sub"],
        claims["shop"],
    )
    if not rows:
        raise Unauthenticated
    row = rows[0]
    return Actor(
        role=Role.CUSTOMER,
        shop_id=row["shop_id"],
        id=row["id"],
        name=row["name"],
        customer_id=row["id"],
        locale=row["locale"],
    )


def _read_token(raw: str) -> dict[str, Any]:
    try:
        claims = orjson.loads(_OURS.decode(_sane(raw), "", algorithms=[_NAME]))
        read = {**claims, "sub": UUID(claims["sub"]), "shop": UUID(claims["shop"])}
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError):
        raise Unauthenticated from None
    if read.get("aud") != AUDIENCE:
        raise Unauthenticated
    _timely(read, TOKEN_LIFE)
    return read


def _timely(claims: dict[str, Any], most: timedelta) -> datetime:
    """When a token ends. Raises Expired, and Unauthenticated if it lives too long or too soon."""
    try:
        begins, ends = (datetime.fromtimestamp(int(claims[c]), UTC) for c in ("iat", "exp"))
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        raise Unauthenticated from None
    at = now()
    if ends + LEEWAY <= at:
        raise Expired
    if begins > at + LEEWAY or ends - begins > most:
        raise Unauthenticated
    return ends


def _sane(raw: str) -> str:
    """The token, if it is short ASCII. Raises Unauthenticated, before anything is parsed."""
    if len(raw) > _MOST_CHARACTERS or not raw.isascii():
        raise Unauthenticated
    return raw


def _text(
    claims: dict[str, Any], name: str, most: int, *, least: int = 1, needed: bool = True
) -> str:
    value = claims.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > most or (needed and len(value) < least):
        raise Invalid(field=name)
    if any(ord(char) < 32 for char in value):
        raise Invalid(field=name)
    return value


_NAME = "ZHS256"


class _Keyring(Algorithm):
    """HMAC-SHA256 under the keyring's signing keys.

    The keyring signs for a purpose and keeps its keys to itself, and any of its keys verifies, so
    that nobody is thrown out of a talk when keys are rotated. It is not plain HS256 under one
    key, hence a name of its own.
    """

    def prepare_key(self, key: Any) -> None:
        return None

    def sign(self, msg: bytes, key: Any) -> bytes:
        return bytes.fromhex(keyring().sign("widget", msg))

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        return keyring().signed("widget", msg, sig.hex())

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError


_OURS = jwt.PyJWS(algorithms=[])
_OURS.register_algorithm(_NAME, _Keyring())
