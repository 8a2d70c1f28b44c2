"""The demo shop: about 3,000 orders in every status and with every fault, the same each time.

Numbers, sums and people come from one seeded generator, times are counted back from the moment
given: two runs at the same moment agree to the last letter. Contacts are of example.com and of a
block of telephone numbers that begins 190 0000, so that nobody real is ever written to.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain import clock
from domain.clock import CHINA
from domain.orders.connectors.base import Changes, ShopOrder
from domain.orders.connectors.products import PRODUCTS, Product
from domain.orders.verdict import Code, OrderFacts

MERCHANTS = 5
CUSTOMERS = 400
DAYS = 90
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOrder(ShopOrder):
    """An order of the demo shop, with the verdict that it was made to deserve.

    `merchant` counts from 0 to 4; `customer` from 0, None for a guest; `face_value` is in yuan.
    """

    merchant: int
    customer: int | None
    face_value: int
    expected: Code


@dataclass(slots=True)
class _Draft:
    """An order while it is being made; `facts` is what a fault changes of the normal course."""

    number: str
    product: Product
    face_value: int
    quantity: int
    amount: Decimal
    created_at: datetime
    cards: list[str]
    facts: dict[str, Any]


def generate(now: datetime) -> Iterator[DemoOrder]:
    """The demo shop's orders as of `now` (aware), oldest first."""
    dice = random.Random(7)
    taken: set[str] = set()
    orders = [
        order
        for code, (count, within, fault) in _COURSES.items()
        for _ in range(count)
        for order in _make(dice, now, taken, code, within, fault)
    ]
    yield from sorted(orders, key=lambda order: (order.created_at, order.number))


class Demo:
    """The connector of the demo shop; what it knows is as of its making."""

    def __init__(self, config: Mapping[str, str], now: datetime | None = None) -> None:
        """`config` is not read: there is nothing to connect to."""
        self._orders = {order.number: order for order in generate(now or clock.now())}
        self._keys = [_cursor(order) for order in self._orders.values()]

    async def order(self, number: str) -> OrderFacts | None:
        """The facts of one order, None when there is no such number."""
        order = self._orders.get(number)
        return order.facts if order else None

    async def changes(self, cursor: str) -> Changes:
        """Up to 500 orders after `cursor`, oldest first."""
        start = bisect_right(self._keys, cursor)
        page = tuple(self._orders.values())[start : start + PAGE]
        return Changes(page, _cursor(page[-1]) if page else cursor)


def _cursor(order: ShopOrder) -> str:
    return f"{order.created_at.timestamp():017.6f}/{order.number}"


_Fault = Callable[[random.Random, _Draft], None]


def _make(
    dice: random.Random,
    now: datetime,
    taken: set[str],
    code: Code,
    within: timedelta,
    fault: _Fault,
) -> Iterator[DemoOrder]:
    """One order of this course; for a card sold twice the two that share it."""
    product = dice.choice([p for p in PRODUCTS if p.manual == _is_manual(dice, code)])
    created = now - timedelta(seconds=dice.randint(60, int(within.total_seconds())))
    draft = _draft(dice, taken, product, created.replace(microsecond=0))
    fault(dice, draft)
    if code != "double_sold":
        yield _finish(dice, draft, code)
        return
    twin = _draft(dice, taken, product, draft.created_at + timedelta(seconds=dice.randint(0, 2)))
    fault(dice, twin)
    twin.cards[0] = draft.cards[0]
    yield _finish(dice, draft, code)
    yield _finish(dice, twin, code)


def _is_manual(dice: random.Random, code: Code) -> bool:
    """Whether goods of this course are handled by a person; where both may be, one in six."""
    return code == "paid_waiting" or (code in ("delivered", "refunded") and dice.random() < 1 / 6)


def _draft(dice: random.Random, taken: set[str], product: Product, created: datetime) -> _Draft:
    """A paid and delivered order of this product, from which a fault then departs."""
    face, quantity = dice.choice(product.face_values), dice.choice((1, 1, 1, 1, 2, 3, 5))
    paid = created + timedelta(seconds=dice.randint(8, 50))
    cards = [] if product.manual else [product.secret(dice) for _ in range(quantity)]
    amount = (product.price(face) * quantity).quantize(Decimal("0.01"))
    facts: dict[str, Any] = {"status": "completed", "paid_at": paid, "notifications": 1}
    facts["delivered_at"] = paid + timedelta(seconds=dice.randint(1, 6))
    number = _number(dice, taken, created)
    return _Draft(number, product, face, quantity, amount, created, cards, facts)


def _number(dice: random.Random, taken: set[str], created: datetime) -> str:
    stamp = created.astimezone(CHINA).strftime("%Y%m%d%H%M%S")
    while (number := f"DJ{stamp}{dice.randint(0, 9999):04}") in taken:
        pass
    taken.add(number)
    return number


def _finish(dice: random.Random, draft: _Draft, code: Code) -> DemoOrder:
    customer = None if dice.random() < 0.25 else dice.randrange(CUSTOMERS)
    guest = customer if customer is not None else CUSTOMERS + dice.randrange(5000)
    email, phone = f"buyer{guest}@example.com", f"190000{guest:05}"
    automatic = 0 if draft.product.manual else draft.quantity
    facts: dict[str, Any] = {
        "number": draft.number,
        "amount": draft.amount,
        "placed_at": draft.created_at,
        "manual": draft.product.manual,
        "cards_expected": automatic,
        "cards_issued": len(draft.cards),
    }
    return DemoOrder(
        number=draft.number,
        product=draft.product.name(draft.face_value),
        quantity=draft.quantity,
        amount=draft.amount,
        created_at=draft.created_at,
        paid_at=draft.facts["paid_at"],
        delivered_at=draft.facts["delivered_at"],
        facts=OrderFacts(**(facts | draft.facts)),
        cards=tuple(draft.cards),
        email=email,
        phone=phone,
        contact=dice.choice((email, phone)),
        merchant=draft.product.merchant,
        customer=customer,
        face_value=draft.face_value,
        expected=code,
    )


def _as_planned(dice: random.Random, draft: _Draft) -> None:
    """Paid and delivered. One shop in fifty still says 'paid': its word is late, the goods are."""
    if dice.random() < 0.02:
        draft.facts["status"] = "paid"


def _nothing_issued(draft: _Draft, status: str, **facts: Any) -> None:
    draft.cards.clear()
    draft.facts.update({"status": status, "delivered_at": None} | facts)


def _unpaid(dice: random.Random, draft: _Draft) -> None:
    _nothing_issued(draft, "pending_payment", paid_at=None, notifications=0)


def _left(dice: random.Random, draft: _Draft) -> None:
    how = "expired" if dice.random() < 0.8 else "canceled"
    _nothing_issued(draft, "canceled", paid_at=None, notifications=0, **{how: True})


def _waiting(dice: random.Random, draft: _Draft) -> None:
    _nothing_issued(draft, "fulfilling")


def _not_delivered(dice: random.Random, draft: _Draft) -> None:
    """Half of them say that they are delivered, and of several cards some may have been issued."""
    some = draft.cards[: dice.randrange(draft.quantity)]
    _nothing_issued(draft, dice.choice(("paid", "delivered")))
    draft.cards.extend(some)


def _expired_late(dice: random.Random, draft: _Draft) -> None:
    _nothing_issued(draft, "canceled", expired=True)


def _no_stock(dice: random.Random, draft: _Draft) -> None:
    delivered = draft.facts["delivered_at"]
    _nothing_issued(draft, "delivered", stock_apology=True, delivered_at=delivered)


def _shared(dice: random.Random, draft: _Draft) -> None:
    draft.facts["shared_orders"] = 1


def _twice(dice: random.Random, draft: _Draft) -> None:
    """The channel reports twice; in half of them the cards went out twice as well."""
    draft.facts["notifications"] = 2
    if dice.random() < 0.5:
        draft.cards.extend(draft.product.secret(dice) for _ in range(draft.quantity))


def _partly_back(dice: random.Random, draft: _Draft) -> None:
    back = (draft.amount / dice.choice((2, 4))).quantize(Decimal("0.01"))
    draft.facts.update(status="partially_refunded", refunded=back)


def _back(dice: random.Random, draft: _Draft) -> None:
    draft.facts.update(status="refunded", refunded=draft.amount)


def _odd(dice: random.Random, draft: _Draft) -> None:
    _nothing_issued(draft, "on_hold", known=False)


_LONG = timedelta(days=DAYS)

# How many orders take each course, how far back they lie, and what goes wrong in them.
_COURSES: dict[Code, tuple[int, timedelta, _Fault]] = {
    "delivered": (2360, _LONG, _as_planned),
    "awaiting_payment": (14, timedelta(minutes=15), _unpaid),
    "canceled": (180, _LONG, _left),
    "paid_waiting": (40, timedelta(days=1), _waiting),
    "paid_not_delivered": (60, timedelta(days=20), _not_delivered),
    "paid_but_expired": (45, timedelta(days=30), _expired_late),
    "out_of_stock_after_pay": (45, timedelta(days=30), _no_stock),
    "double_sold": (25, timedelta(days=45), _shared),
    "duplicate_notify": (50, timedelta(days=45), _twice),
    "partially_refunded": (50, _LONG, _partly_back),
    "refunded": (90, _LONG, _back),
    "unknown": (16, timedelta(days=30), _odd),
}
