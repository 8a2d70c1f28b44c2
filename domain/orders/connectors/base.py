"""The protocol of a connector: how one shop system is asked what it knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.orders.verdict import OrderFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOrder:
    """An order as it is mirrored: what was bought, by whom, and the facts to judge it by.

    `cards`, `email`, `phone` and `contact` are plain: the caller keeps keyed hashes and last four
    characters of them and nothing more. They are left out of the repr for that reason.
    """

    number: str
    product: str
    quantity: int
    amount: Decimal
    created_at: datetime
    facts: OrderFacts
    currency: str = "CNY"
    paid_at: datetime | None = None
    delivered_at: datetime | None = None
    cards: tuple[str, ...] = field(default=(), repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """Orders that changed, oldest first, and the cursor to ask with next; the same: no more."""

    orders: tuple[ShopOrder, ...]
    cursor: str


class Connector(Protocol):
    """One shop's order system. Both questions raise `errors.Unavailable` when it is silent."""

    async def order(self, number: str) -> OrderFacts | None:
        """The facts of one order, None when the shop does not know the number."""
        ...

    async def changes(self, cursor: str) -> Changes:
        """What changed after `cursor`; '' begins at the oldest order."""
        ...
