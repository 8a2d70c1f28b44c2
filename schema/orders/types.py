"""Orders with their cards and refunds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry
from tortoise.models import Model

from domain.orders import models, policy  # noqa: F401  (policy declares who sees what)
from schema import enums
from schema.context import Info
from schema.nodes import Node
from schema.people.types import Customer, Merchant


@strawberry.type(description="A card that was issued. Its secret is never shown.")
class Card:
    """What may be shown of a card."""

    last_four: str


@strawberry.type(description="Money that went back, as the shop recorded it.")
class Refund:
    """A refund."""

    amount: Decimal
    created_at: datetime


@strawberry.type(description="An order of the shop.")
class Order(Node):
    """`status` is the shop's own word; `verdict` is what really happened."""

    number: str
    product: str
    quantity: int
    amount: Decimal
    currency: str
    status: str
    verdict: enums.Verdict
    contact_hint: str = strawberry.field(description="The buyer's contact, masked.")
    placed_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Order

    @strawberry.field(description="Why the verdict is what it is, in words (zh or en).")
    def evidence(self, info: Info, locale: str | None = None) -> str:
        """The verdict's evidence in a language, by default the asker's."""
        words = self.column("evidence")
        return str(words.get(locale or info.context.locale) or words.get("zh") or "")

    @strawberry.field(description="Who sold it.")
    async def merchant(self, info: Info) -> Merchant | None:
        """The order's merchant."""
        return await Merchant.load_by(info.context, self.column("merchant_id"))

    @strawberry.field(description="Who bought it, where that is proven.")
    async def customer(self, info: Info) -> Customer | None:
        """The order's customer."""
        return await Customer.load_by(info.context, self.column("customer_id"))

    @strawberry.field(description="The cards it was given.")
    async def cards(self, info: Info) -> list[Card]:
        """The order's cards."""
        found = await info.context.loaders.many(models.Card, "order_id").load(self.pk)
        return [Card(last_four=row["last_four"]) for row in found]

    @strawberry.field(description="What was paid back.")
    async def refunds(self, info: Info) -> list[Refund]:
        """The order's refunds."""
        found = await info.context.loaders.many(models.Refund, "order_id").load(self.pk)
        return [Refund(amount=row["amount"], created_at=row["created_at"]) for row in found]
