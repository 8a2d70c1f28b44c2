"""Mirrored orders: kept once, each told of when it is new or other than it was, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain import db
from domain.orders import actions
from domain.orders.actions import Owners
from domain.orders.connectors.base import ShopOrder
from domain.orders.connectors.demo import generate
from domain.orders.verdict import OrderFacts
from tests.hands import Hands
from tests.people import House

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PHONE, CARD = "13812345678", "ABCD-EFGH-1234-WXYZ"


def bought(number: str = "DJ202611201200000001") -> ShopOrder:
    """An order that was paid and delivered."""
    amount = Decimal("30.00")
    facts = OrderFacts(
        number=number, status="completed", amount=amount, placed_at=AT, paid_at=AT,
        delivered_at=AT + timedelta(minutes=1), cards_expected=1, cards_issued=1,
    )  # fmt: skip
    return ShopOrder(
        number=number, product="Steam 充值卡 30 元", quantity=1, amount=amount, created_at=AT,
        facts=facts, paid_at=AT, delivered_at=facts.delivered_at, phone=PHONE, cards=(CARD,),
    )  # fmt: skip


async def told(house: House) -> list[db.Row]:
    """What was recorded in the shop about orders, in order."""
    return await db.sql(
        "SELECT kind, order_id, customer_ids, merchant_ids, data::text, actor FROM events "
        "WHERE shop_id = $1 AND order_id IS NOT NULL ORDER BY id",
        house.id,
    )


async def kinds(house: House) -> list[str]:
    """The kinds of it."""
    return [row["kind"] for row in await told(house)]


async def id_of(house: House, number: str) -> UUID:
    """The key of an order."""
    rows = await db.sql(
        "SELECT id FROM orders WHERE shop_id = $1 AND number = $2", house.id, number
    )
    id: UUID = rows[0]["id"]
    return id


async def test_a_new_order_is_kept_and_told_of_to_its_merchant(house: House) -> None:
    merchant = house.merchants["mei"].id
    order = bought()
    assert await actions.mirror(house.id, [order], {order.number: Owners(merchant, "u-eve")}) == 1
    (event,) = await told(house)
    assert event["kind"] == "OrderAdded"
    assert event["order_id"] == await id_of(house, order.number)
    assert event["merchant_ids"] == [merchant]
    # Whose it is will be proven later, and told then.
    assert event["customer_ids"] == []
    assert event["actor"] == f"system:{house.id}"


async def test_what_is_told_of_a_new_order_holds_no_contact_and_no_card(house: House) -> None:
    await actions.mirror(house.id, [bought()], {})
    (event,) = await told(house)
    assert db.json(event["data"]) == {"what": "delivered"}


async def test_mirroring_the_same_again_tells_nothing(house: House) -> None:
    await actions.mirror(house.id, [bought()], {})
    assert await actions.mirror(house.id, [bought()], {}) == 0
    assert await kinds(house) == ["OrderAdded"]


async def test_an_order_that_changed_is_not_new(house: House) -> None:
    order = bought()
    await actions.mirror(house.id, [order], {})
    facts = replace(order.facts, status="refunded", refunded=order.amount)
    assert await actions.mirror(house.id, [replace(order, facts=facts)], {}) == 1
    assert await kinds(house) == ["OrderAdded", "OrderChanged"]


async def test_the_buyer_is_told_once_the_order_is_proven_theirs(house: House) -> None:
    order = bought()
    await actions.mirror(house.id, [order], {order.number: Owners(None, "u-eve")})
    assert await actions.claim_for(house.id, house.eve.id) == 1
    added, claimed = await told(house)
    assert (added["kind"], added["customer_ids"]) == ("OrderAdded", [])
    assert (claimed["kind"], claimed["customer_ids"]) == ("OrderChanged", [house.eve.id])


async def test_a_first_synchronisation_tells_of_each_order_and_gives_nobody_work(
    house: House, hands: Hands
) -> None:
    await hands.work()
    orders = list(generate(AT))[:1200]
    assert await actions.mirror(house.id, orders, {}) == len(orders)
    assert await kinds(house) == ["OrderAdded"] * len(orders)
    hearing = {kind for consumer in hands.runner.consumers for kind in consumer.hears}
    assert "OrderAdded" not in hearing
    await hands.work()
    parked = await db.sql(
        "SELECT 1 FROM parked p JOIN events e ON e.position = p.position WHERE e.shop_id = $1",
        house.id,
    )
    assert parked == []
    left = await db.sql(
        "SELECT 1 FROM events WHERE shop_id = $1 AND position IS NULL LIMIT 1", house.id
    )
    assert left == []
