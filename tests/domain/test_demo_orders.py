"""The demo shop: every status and every fault, the same each time."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Invalid
from domain.numbers import is_dujiao_next
from domain.orders.connectors.demo import CUSTOMERS, DAYS, Demo, DemoOrder, generate
from domain.orders.connectors.registry import connector
from domain.orders.verdict import CODES, verdict
from domain.redaction import last_four, redact

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = list(generate(NOW))


def test_there_are_about_three_thousand_orders_and_every_verdict_but_not_found() -> None:
    counts = Counter(order.expected for order in ORDERS)
    assert 2800 <= len(ORDERS) <= 3200
    assert set(counts) == set(CODES) - {"not_found"}
    assert min(counts.values()) >= 10


def test_each_order_gets_the_verdict_it_was_made_to_deserve() -> None:
    wrong = [order.number for order in ORDERS if verdict(order.facts).code != order.expected]
    assert wrong == []


def test_two_runs_at_the_same_moment_agree_to_the_last_letter() -> None:
    assert list(generate(NOW)) == ORDERS


def test_numbers_are_unique_and_look_like_those_of_dujiao_next() -> None:
    assert len({order.number for order in ORDERS}) == len(ORDERS)
    assert all(is_dujiao_next(order.number) and len(order.number) == 20 for order in ORDERS)


def test_times_are_in_order_and_within_the_last_ninety_days() -> None:
    assert [order.created_at for order in ORDERS] == sorted(o.created_at for o in ORDERS)
    for order in ORDERS:
        assert NOW - timedelta(days=DAYS, seconds=1) <= order.created_at <= NOW
        assert order.paid_at is None or order.created_at < order.paid_at <= NOW
        assert order.delivered_at is None or (order.paid_at or NOW) < order.delivered_at <= NOW


def test_facts_agree_with_the_order_they_are_of() -> None:
    for order in ORDERS:
        facts = order.facts
        assert (facts.number, facts.amount, facts.placed_at) == (
            order.number,
            order.amount,
            order.created_at,
        )
        assert (facts.paid_at, facts.delivered_at) == (order.paid_at, order.delivered_at)
        assert facts.cards_issued == len(order.cards)
        assert 0 <= facts.refunded <= order.amount


def test_people_and_merchants_stay_in_their_ranges_and_some_buyers_are_guests() -> None:
    assert {order.merchant for order in ORDERS} == set(range(5))
    assert all(order.customer is None or 0 <= order.customer < CUSTOMERS for order in ORDERS)
    assert any(order.customer is None for order in ORDERS)
    assert all(order.email.endswith("@example.com") for order in ORDERS)


def test_a_card_is_in_two_orders_only_where_it_was_sold_twice() -> None:
    holders: dict[str, list[DemoOrder]] = defaultdict(list)
    for order in ORDERS:
        for card in order.cards:
            holders[card].append(order)
    shared = {order.number for found in holders.values() if len(found) > 1 for order in found}
    assert shared == {order.number for order in ORDERS if order.expected == "double_sold"}


def test_every_card_secret_would_be_redacted_in_a_message() -> None:
    for order in ORDERS:
        for card in order.cards:
            assert card not in redact(f"卡密：{card}，不能用").text
            assert last_four(card)


def test_no_card_secret_and_no_contact_shows_in_evidence_or_repr() -> None:
    for order in ORDERS:
        shown = repr(order) + verdict(order.facts).evidence_zh + verdict(order.facts).evidence_en
        assert not any(card in shown for card in order.cards)
        assert order.phone not in shown
        assert order.email not in shown


async def _walk(demo: Demo) -> list[str]:
    numbers: list[str] = []
    cursor = ""
    while True:
        page = await demo.changes(cursor)
        if page.cursor == cursor:
            return numbers
        numbers += [order.number for order in page.orders]
        cursor = page.cursor


@pytest.mark.asyncio
async def test_the_connector_answers_by_number_and_gives_each_change_once() -> None:
    demo = Demo({}, NOW)
    assert await demo.order(ORDERS[0].number) == ORDERS[0].facts
    assert await demo.order("DJ1") is None
    assert await _walk(demo) == [order.number for order in ORDERS]


def test_an_unknown_kind_of_shop_is_refused() -> None:
    assert isinstance(connector("demo", {}), Demo)
    with pytest.raises(Invalid):
        connector("nowhere", {})
