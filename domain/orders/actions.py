"""The verbs of orders: mirror what the shop says, tie orders to the customers who bought them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain import db
from domain.actors import system
from domain.clock import now
from domain.events import Kind, record
from domain.orders.connectors.base import ShopOrder
from domain.orders.models import Card, Order, Refund
from domain.orders.verdict import verdict
from domain.redaction import mask_email, mask_phone
from domain.rows import new_id
from domain.secrets import keyring


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom a mirrored order belongs to: its merchant's id, and the shop's own id of its buyer."""

    merchant_id: UUID | None = None
    user: str | None = field(default=None, repr=False)


async def mirror(shop: UUID, orders: Sequence[ShopOrder], owners: Mapping[str, Owners]) -> int:
    """Keep what the shop says of its orders; how many are new or changed, each with its event.

    Nothing plain is kept: contacts and card secrets become keyed hashes and a hint. `owners` are
    by order number.
    """
    async with db.unit_of_work():
        known = {o.number: o for o in await Order.filter(shop_id=shop, number__in=_numbers(orders))}
        fresh = [o for o in orders if o.number not in known]
        changed = [o for o in orders if o.number in known and _differs(known[o.number], o)]
        await _insert(shop, fresh, owners)
        for shop_order in changed:
            await _update(known[shop_order.number], shop_order)
    return len(fresh) + len(changed)


async def claim_for(shop: UUID, customer: UUID) -> int:
    """Tie to a customer the orders that their verified identities prove to be theirs; how many.

    Any one proof is enough: the shop's signed user id, a verified email or phone (row D1).
    """
    async with db.unit_of_work():
        rows = await db.sql(
            "UPDATE orders o SET customer_id = $2 FROM identities i, orders b "
            "WHERE b.id = o.id AND o.shop_id = $1 AND i.shop_id = $1 AND i.customer_id = $2 "
            "AND i.verified_at IS NOT NULL AND o.customer_id IS DISTINCT FROM $2 "
            "AND ((i.kind = 'user' AND o.user_hash = i.value_hash) "
            "  OR (i.kind = 'email' AND o.email_hash = i.value_hash) "
            "  OR (i.kind = 'phone' AND o.phone_hash = i.value_hash)) "
            "RETURNING o.id, o.merchant_id, b.customer_id AS before",
            shop,
            customer,
        )
        for row in rows:
            owners = [customer, row["before"]]
            _tell(Kind.ORDER_CHANGED, shop, row["id"], owners, row["merchant_id"], "customer")
    return len(rows)


def _numbers(orders: Sequence[ShopOrder]) -> list[str]:
    return [order.number for order in orders]


def _differs(mirrored: Order, order: ShopOrder) -> bool:
    judged = verdict(order.facts)
    return (mirrored.status, mirrored.verdict, mirrored.paid_at, mirrored.delivered_at) != (
        order.facts.status,
        judged.code,
        order.paid_at,
        order.delivered_at,
    )


async def _insert(shop: UUID, orders: Sequence[ShopOrder], owners: Mapping[str, Owners]) -> None:
    rows, cards, refunds = [], [], []
    for order in orders:
        row = _row(shop, order, owners.get(order.number, Owners()))
        rows.append(row)
        cards += [_card(row, secret) for secret in order.cards]
        if order.facts.refunded:
            refunds.append(_refund(row, order))
    await Order.bulk_create(rows, batch_size=500)
    await Card.bulk_create(cards, batch_size=500)
    await Refund.bulk_create(refunds, batch_size=500)
    # Of thousands too, one event each: they are written with one statement (domain/events.py).
    for row in rows:
        _tell(Kind.ORDER_ADDED, shop, row.id, [row.customer_id], row.merchant_id, row.verdict)


def _row(shop: UUID, order: ShopOrder, owner: Owners) -> Order:
    judged = verdict(order.facts)
    ring = keyring()
    return Order(
        id=new_id(),
        shop_id=shop,
        merchant_id=owner.merchant_id,
        number=order.number,
        product=order.product,
        quantity=order.quantity,
        amount=order.amount,
        currency=order.currency,
        status=order.facts.status,
        verdict=judged.code,
        evidence={"zh": judged.evidence_zh, "en": judged.evidence_en},
        user_hash=ring.blind("user", owner.user) if owner.user else None,
        email_hash=ring.blind("email", order.email) if order.email else None,
        phone_hash=ring.blind("phone", order.phone) if order.phone else None,
        contact_hint=_hint(order),
        placed_at=order.created_at,
        paid_at=order.paid_at,
        delivered_at=order.delivered_at,
        synced_at=now(),
    )


def _hint(order: ShopOrder) -> str:
    if order.phone:
        return mask_phone(order.phone)
    return mask_email(order.email) if order.email else ""


def _card(row: Order, secret: str) -> Card:
    return Card(
        id=new_id(),
        shop_id=row.shop_id,
        order_id=row.id,
        secret_hash=keyring().blind("card", secret),
        last_four=secret[-4:],
        created_at=row.delivered_at or row.placed_at,
    )


def _refund(row: Order, order: ShopOrder) -> Refund:
    return Refund(
        id=new_id(),
        shop_id=row.shop_id,
        order_id=row.id,
        external_id=f"{order.number}:refund",
        amount=order.facts.refunded,
        created_at=row.paid_at or row.placed_at,
    )


async def _update(mirrored: Order, order: ShopOrder) -> None:
    judged = verdict(order.facts)
    mirrored.status, mirrored.verdict = order.facts.status, judged.code
    mirrored.evidence = {"zh": judged.evidence_zh, "en": judged.evidence_en}
    mirrored.paid_at, mirrored.delivered_at = order.paid_at, order.delivered_at
    mirrored.synced_at = now()
    await mirrored.save()
    customers = [mirrored.customer_id]
    shop, merchant = mirrored.shop_id, mirrored.merchant_id
    _tell(Kind.ORDER_CHANGED, shop, mirrored.id, customers, merchant, judged.code)


def _tell(
    kind: Kind,
    shop: UUID,
    order: UUID,
    customers: Sequence[UUID | None],
    merchant: UUID | None,
    what: str,
) -> None:
    record(
        kind,
        shop=shop,
        by=system(shop).ref,
        order=order,
        customers=customers,
        merchants=[merchant],
        what=what,
    )
