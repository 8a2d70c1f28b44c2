"""Shops: the tenants. Everything else carries a `shop_id`."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from domain.rows import Row


class Shop(Row):
    """A storefront and the order system behind it.

    `settings` overrides defaults (deadlines in seconds, hours, greeting); `connector` names the
    order system; `secret` is what the shop signs its users with, sealed.
    """

    key = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=120)
    locale = fields.CharField(max_length=8, default="zh")
    connector = fields.CharField(max_length=32, default="demo")
    secret = fields.BinaryField()
    frame_ancestors: list[str] = fields.JSONField(default=list)
    settings: dict[str, Any] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        table = "shops"


class Installation(Model):
    """The one row about the installation itself: which keys its secrets were sealed with."""

    id = fields.SmallIntField(primary_key=True)
    key_fingerprint = fields.TextField()

    class Meta:
        table = "installation"
