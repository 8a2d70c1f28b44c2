"""Who sees and changes shops. A shop is the tenant itself, so its row has no `shop_id`."""

from __future__ import annotations

from domain.actors import Actor, Role


def may_create_shop(actor: Actor) -> bool:
    """Whether `actor` may open a shop: the installation's admin, or the installation itself."""
    return actor.role in (Role.ADMIN, Role.SYSTEM)


def may_change_settings(actor: Actor) -> bool:
    """Whether `actor` may change its shop's settings."""
    return actor.role in (Role.SUPERVISOR, Role.SYSTEM)


def may_see_secret(actor: Actor) -> bool:
    """Whether `actor` may be shown the secret the shop signs its users with."""
    return actor.role is Role.SUPERVISOR
