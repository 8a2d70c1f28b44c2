"""Orders with their cards and refunds."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from tortoise.models import Model

from domain.orders import models, policy  # noqa: F401  (policy declares who sees what)
from schema import enums
from schema.context import Context, Info
from schema.fields import READ, Computed, many, related
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


def _evidence(context: Context, words: Any, locale: str | None = None) -> str:
    return str(words.get(locale or context.locale) or words.get("zh") or "")


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

    merchant: Merchant | None = related("Who sold it.")
    customer: Customer | None = related("Who bought it, where that is proven.")
    cards: list[Card] = many("The cards it was given.", models.Card, "order_id")
    refunds: list[Refund] = many("What was paid back.", models.Refund, "order_id")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Order

    @strawberry.field(
        description="Why the verdict is what it is, in words (zh or en).",
        metadata={READ: Computed(("evidence",), _evidence)},
    )
    def evidence(self, info: Info, locale: str | None = None) -> str:
        """The verdict's evidence in a language, by default the asker's."""
        return _evidence(info.context, self.column("evidence"), locale)
