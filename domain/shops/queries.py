"""Reads of shops. What is read by key here is what the widget shows to anybody."""

from __future__ import annotations

from uuid import UUID

from domain.actors import Actor, Role
from domain.errors import NotAllowed, NotFound
from domain.secrets import keyring
from domain.shops import policy
from domain.shops.models import Shop


async def shop_by_key(key: str) -> Shop:
    """The shop of that public key. Raises NotFound."""
    shop = await Shop.get_or_none(key=key)
    if shop is None:
        raise NotFound(noun="shop")
    return shop


async def shop_by_id(id: UUID) -> Shop:
    """The shop of that id, for doors that have authenticated already. Raises NotFound."""
    shop = await Shop.get_or_none(id=id)
    if shop is None:
        raise NotFound(noun="shop")
    return shop


async def shop_of(actor: Actor) -> Shop:
    """The shop the actor works in. Raises NotFound for an admin, who has none."""
    if actor.shop_id is None:
        raise NotFound(noun="shop")
    return await shop_by_id(actor.shop_id)


async def shops(actor: Actor) -> list[Shop]:
    """All shops for an admin, by key; for anybody else their own."""
    if actor.role is Role.ADMIN:
        return await Shop.all().order_by("key")
    return [await shop_of(actor)]


def signing_secret(shop: Shop) -> str:
    """The text a shop signs its users with; HS256 takes its bytes, so that every language signs
    alike. Raises secrets.Illegible.
    """
    return keyring().unseal(bytes(shop.secret), shop.id).decode("ascii")


async def shown_secret(actor: Actor) -> str:
    """The same, for a supervisor who sets up the shop's side. Raises NotAllowed."""
    if not policy.may_see_secret(actor):
        raise NotAllowed
    return signing_secret(await shop_of(actor))
