"""The verbs of shops."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from tortoise.exceptions import IntegrityError

from domain.actors import Actor
from domain.clock import now
from domain.db import unit_of_work
from domain.errors import Conflict, Invalid, NotAllowed
from domain.rows import new_id
from domain.secrets import keyring
from domain.shops import policy
from domain.shops.models import Installation, Shop

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")


async def create_shop(
    actor: Actor,
    key: str,
    name: str,
    *,
    locale: str = "zh",
    connector: str = "demo",
    frame_ancestors: Sequence[str] = (),
    settings: dict[str, Any] | None = None,
) -> Shop:
    """Open a shop with a fresh signing secret: 32 random bytes as URL-safe text, sealed.

    `key` is its public name in addresses (lower case, digits, dashes); `frame_ancestors` are the
    origins whose pages may show the widget. Its teams are `people.actions.create_default_teams`.
    Raises NotAllowed, Invalid, and Conflict when the key is taken.
    """
    if not policy.may_create_shop(actor):
        raise NotAllowed
    _check(key, name, frame_ancestors)
    id = new_id()
    shop = Shop(
        id=id,
        key=key,
        name=name,
        locale=locale,
        connector=connector,
        secret=keyring().seal(secrets.token_urlsafe(32).encode(), id),
        frame_ancestors=list(frame_ancestors),
        settings=settings or {},
        created_at=now(),
    )
    async with unit_of_work():
        try:
            await shop.save(force_create=True)
        except IntegrityError:
            raise Conflict(field="key") from None
    return shop


async def change_frame_ancestors(actor: Actor, origins: Sequence[str]) -> Shop:
    """Set whose pages may show the widget. Raises NotAllowed and Invalid."""
    if not policy.may_change_settings(actor):
        raise NotAllowed
    _check_origins(origins)
    async with unit_of_work():
        shop = await Shop.select_for_update().get(id=actor.shop)
        shop.frame_ancestors = list(origins)
        await shop.save(update_fields=["frame_ancestors"])
    return shop


def _check(key: str, name: str, frame_ancestors: Sequence[str]) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid(field="key")
    if not 1 <= len(name.strip()) <= 120:
        raise Invalid(field="name")
    _check_origins(frame_ancestors)


def _check_origins(origins: Sequence[str]) -> None:
    """An origin ends up in a header, so that nothing but origins may pass."""
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise Invalid(field="frame_ancestors")


async def check_keys() -> None:
    """Refuse to start with keys that cannot open what is sealed here.

    The first start notes the keyring's fingerprint. Raises secrets.UnusableKeys.
    """
    async with unit_of_work():
        mine = keyring().fingerprint
        noted, _ = await Installation.get_or_create(id=1, defaults={"key_fingerprint": mine})
    keyring().check(noted.key_fingerprint)
