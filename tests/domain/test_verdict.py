"""The verdict: what really happened to an order, whatever its status says."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.orders.verdict import CODES, OrderFacts, verdict

PLACED = datetime(2026, 8, 21, 1, 30, tzinfo=UTC)
PAID = datetime(2026, 8, 21, 1, 31, tzinfo=UTC)
PRICE = Decimal("30.00")

times = st.none() | st.just(PAID)
small = st.integers(0, 3)


def facts(**changes: Any) -> OrderFacts:
    """An automatic order for one card, paid and delivered, with `changes`."""
    plain: dict[str, Any] = {
        "number": "DJ202608210930001234",
        "status": "completed",
        "amount": PRICE,
        "placed_at": PLACED,
        "paid_at": PAID,
        "delivered_at": PAID,
        "cards_expected": 1,
        "cards_issued": 1,
        "notifications": 1,
    }
    return OrderFacts(**(plain | changes))


UNPAID: dict[str, Any] = {"paid_at": None, "delivered_at": None, "cards_issued": 0}
EMPTY: dict[str, Any] = {"delivered_at": None, "cards_issued": 0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "delivered"),
        (UNPAID, "awaiting_payment"),
        (UNPAID | {"expired": True}, "canceled"),
        (UNPAID | {"canceled": True}, "canceled"),
        (UNPAID | {"known": False}, "unknown"),
        (EMPTY, "paid_not_delivered"),
        ({"cards_expected": 2}, "paid_not_delivered"),
        (EMPTY | {"expired": True}, "paid_but_expired"),
        (EMPTY | {"expired": True, "manual": True}, "paid_but_expired"),
        (EMPTY | {"canceled": True}, "canceled"),
        (EMPTY | {"manual": True}, "paid_waiting"),
        ({"manual": True, "cards_expected": 0, "cards_issued": 0}, "delivered"),
        ({"countable": False, "cards_issued": 0}, "delivered"),
        (EMPTY | {"countable": False}, "paid_not_delivered"),
        ({"shared_orders": 1}, "double_sold"),
        ({"notifications": 2}, "duplicate_notify"),
        ({"cards_issued": 2}, "duplicate_notify"),
        ({"refunded": Decimal("10")}, "partially_refunded"),
        ({"refunded": PRICE}, "refunded"),
        (EMPTY | {"known": False}, "unknown"),
        ({"paid_at": None}, "unknown"),
        (UNPAID | {"refunded": PRICE}, "unknown"),
    ],
)
def test_each_fault_is_recognized(changes: dict[str, Any], code: str) -> None:
    assert verdict(facts(**changes)).code == code


def test_a_number_the_shop_does_not_know_is_not_found() -> None:
    assert verdict(None).code == "not_found"


def test_a_sorry_text_marked_as_delivered_is_out_of_stock() -> None:
    judged = verdict(facts(stock_apology=True, cards_issued=0))
    assert judged.code == "out_of_stock_after_pay"
    assert "库存不足" in judged.evidence_zh


def test_a_paid_order_closed_as_expired_but_issued_all_the_same_is_delivered() -> None:
    assert verdict(facts(expired=True)).code == "delivered"


def test_a_word_nobody_knows_does_not_matter_once_the_cards_are_issued() -> None:
    assert verdict(facts(known=False, status="nirvana")).code == "delivered"


def test_a_refund_is_told_before_any_fault() -> None:
    assert verdict(facts(**EMPTY, refunded=PRICE, expired=True)).code == "refunded"


def test_two_notifications_without_any_card_are_a_missing_card() -> None:
    assert verdict(facts(**EMPTY, notifications=2)).code == "paid_not_delivered"


def test_the_evidence_says_when_and_how_much_in_beijing_time() -> None:
    judged = verdict(facts(**EMPTY))
    assert "2026-08-21 09:31 已付款 30.00 元" in judged.evidence_zh
    assert "应发 1 张卡密，实发 0 张" in judged.evidence_zh
    assert "0 of 1 card(s) issued" in judged.evidence_en


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "paid_at": times,
            "delivered_at": times,
            "known": st.booleans(),
            "expired": st.booleans(),
            "canceled": st.booleans(),
            "manual": st.booleans(),
            "stock_apology": st.booleans(),
            "countable": st.booleans(),
            "cards_expected": small,
            "cards_issued": small,
            "shared_orders": small,
            "refunded": st.sampled_from([Decimal(0), Decimal(10), PRICE]),
            "notifications": small,
        }
    )
)
def test_whatever_a_shop_says_there_is_a_verdict_that_money_agrees_with(
    changes: dict[str, Any],
) -> None:
    judged = verdict(facts(**changes))
    assert judged.code in CODES
    assert judged.evidence_zh
    assert judged.evidence_en
    if changes["paid_at"] is None:
        assert judged.code in ("awaiting_payment", "canceled", "unknown")
    else:
        assert judged.code not in ("awaiting_payment", "not_found")
