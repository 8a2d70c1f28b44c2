"""Orders, their cards and refunds: mirrored from the shop, judged by us."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

from domain.orders.verdict import CODES
from domain.rows import Row, belongs_to, one_of


class Order(Row):
    """An order of the shop. `status` is the shop's own word; `verdict` is what really happened."""

    shop_id: UUID
    merchant_id: UUID | None
    customer_id: UUID | None
    shop = belongs_to("Shop")
    merchant = belongs_to("Merchant", null=True)
    customer = belongs_to("Customer", null=True)
    number = fields.CharField(max_length=64)
    product = fields.CharField(max_length=200)
    quantity = fields.IntField(default=1)
    amount = fields.DecimalField(max_digits=12, decimal_places=2)
    currency = fields.CharField(max_length=3, default="CNY")
    status = fields.CharField(max_length=32)
    verdict = fields.CharField(max_length=32)
    evidence: dict[str, Any] = fields.JSONField(default=dict)
    user_hash = fields.CharField(max_length=64, null=True)
    email_hash = fields.CharField(max_length=64, null=True)
    phone_hash = fields.CharField(max_length=64, null=True)
    contact_hint = fields.CharField(max_length=64, default="")
    placed_at = fields.DatetimeField()
    paid_at: datetime | None = fields.DatetimeField(null=True)
    delivered_at: datetime | None = fields.DatetimeField(null=True)
    synced_at = fields.DatetimeField()

    class Meta:
        table = "orders"
        unique_together = (("shop", "number"),)
        indexes = (
            Index(fields=("shop_id", "placed_at", "id")),
            Index(fields=("merchant_id", "placed_at", "id")),
            Index(fields=("customer_id", "placed_at", "id")),
            Index(fields=("shop_id", "user_hash")),
        )
        constraints = (one_of("orders", "verdict", CODES),)


class Card(Row):
    """A card secret that was issued: its keyed hash and last four characters, no more."""

    shop_id: UUID
    order_id: UUID
    shop = belongs_to("Shop")
    order = belongs_to("Order", delete="CASCADE")
    secret_hash = fields.CharField(max_length=64)
    last_four = fields.CharField(max_length=8)
    created_at = fields.DatetimeField()

    class Meta:
        table = "cards"
        indexes = (Index(fields=("shop_id", "secret_hash")), Index(fields=("order_id",)))


class Refund(Row):
    """Money that went back, as the shop recorded it."""

    shop_id: UUID
    order_id: UUID
    shop = belongs_to("Shop")
    order = belongs_to("Order", delete="CASCADE")
    external_id = fields.CharField(max_length=64)
    amount = fields.DecimalField(max_digits=12, decimal_places=2)
    created_at = fields.DatetimeField()

    class Meta:
        table = "refunds"
        indexes = (Index(fields=("order_id",)),)
        constraints = (
            UniqueConstraint(fields=("shop_id", "external_id"), name="uq_refunds_external"),
        )
