"""Channels: the ways in and out of a shop, and what is on its way out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from domain.rows import Row, belongs_to, belongs_to_one, one_of


class DeliveryState(StrEnum):
    """`uncertain`: it may have arrived; a person decides, it is never sent again by itself."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Channel(Row):
    """One way in: `webchat`, or `api`, a signed generic channel. `secret` is sealed."""

    shop_id: UUID
    shop = belongs_to("Shop")
    kind = fields.CharField(max_length=16)
    name = fields.CharField(max_length=120)
    secret = fields.BinaryField()
    settings: dict[str, Any] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        table = "channels"
        unique_together = (("shop", "kind", "name"),)
        constraints = (one_of("channels", "kind", ["webchat", "api"]),)


class Delivery(Row):
    """A message on its way to a channel that has to be called."""

    shop_id: UUID
    message_id: UUID
    channel_id: UUID
    shop = belongs_to("Shop")
    message = belongs_to_one("Message")
    channel = belongs_to("Channel")
    state = fields.CharField(max_length=16, default=DeliveryState.PENDING.value)
    tries = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    sent_at: datetime | None = fields.DatetimeField(null=True)
    error = fields.CharField(max_length=64, default="")

    class Meta:
        table = "deliveries"
        indexes = (Index(fields=("shop_id", "state", "due_at")), Index(fields=("channel_id",)))
        constraints = (one_of("deliveries", "state", [s.value for s in DeliveryState]),)
