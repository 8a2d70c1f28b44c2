"""What really happened to an order. Statuses lie; times, counts and sums decide.

A connector normalises what its shop system stores into `OrderFacts`; `verdict` judges them. The
rules and the faults they name are those that the code of the connected shop systems allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from domain.clock import CHINA

Code = Literal[
    "awaiting_payment",
    "paid_waiting",
    "delivered",
    "paid_not_delivered",
    "paid_but_expired",
    "out_of_stock_after_pay",
    "double_sold",
    "duplicate_notify",
    "partially_refunded",
    "refunded",
    "canceled",
    "not_found",
    "unknown",
]
CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What a shop knows of one order, in one vocabulary; no card secret and no contact is in it.

    `status` is the shop's own word, `known` whether the connector knows that word. Times are aware.
    `expired` and `canceled` say that the shop closed the order. `manual` goods are handed over by a
    person. `stock_apology`: the delivery holds the shop's sorry text instead of goods.
    `countable` is False where cards come from another site's stock and cannot be counted.
    `shared_orders` is how many other orders hold a card of this one. `refunded` is the sum that
    went back, `notifications` how often the payment channel reported success.
    """

    number: str
    status: str
    amount: Decimal
    placed_at: datetime
    paid_at: datetime | None = None
    delivered_at: datetime | None = None
    known: bool = True
    expired: bool = False
    canceled: bool = False
    manual: bool = False
    stock_apology: bool = False
    countable: bool = True
    cards_expected: int = 0
    cards_issued: int = 0
    shared_orders: int = 0
    refunded: Decimal = Decimal(0)
    notifications: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A code and its evidence in words, which may be shown to agents and to the proven buyer."""

    code: Code
    evidence_zh: str
    evidence_en: str


def verdict(facts: OrderFacts | None) -> Verdict:
    """Judge an order; None, for a number that the shop does not know, is `not_found`.

    The first rule that speaks wins: what happened to the money, then to the goods.
    """
    if facts is None:
        return Verdict("not_found", "店铺里没有这个订单号。", "The shop has no such order number.")
    rules = _UNPAID if facts.paid_at is None else _PAID
    for rule in rules:
        found = rule(facts)
        if found is not None:
            return found
    return _unknown(facts)


def is_complete(facts: OrderFacts) -> bool:
    """Whether all the goods were handed over: by count where that is possible, else by time."""
    if facts.stock_apology:
        return facts.cards_expected > 0 and facts.cards_issued >= facts.cards_expected
    if facts.manual or not facts.countable:
        return facts.delivered_at is not None
    return facts.cards_expected > 0 and facts.cards_issued >= facts.cards_expected


def _contradicting(facts: OrderFacts) -> Verdict | None:
    """Goods or a refund without a payment: only a person can tell what that was."""
    if facts.cards_issued or facts.delivered_at or facts.refunded:
        return Verdict(
            "unknown",
            "没有付款记录，却有发货或退款记录，需要人工核对。",
            "There are goods or a refund but no payment on record; a person has to check.",
        )
    return None


def _closed_unpaid(facts: OrderFacts) -> Verdict | None:
    if not (facts.canceled or facts.expired):
        return None
    zh, en = ("已取消", "was canceled") if facts.canceled else ("超时未付款已关闭", "expired")
    return Verdict(
        "canceled",
        f"订单于 {_time(facts.placed_at)} 提交，{zh}，没有付款记录。",
        f"Placed {_time(facts.placed_at)}; it {en} without any payment on record.",
    )


def _awaiting(facts: OrderFacts) -> Verdict | None:
    if not facts.known:
        return None
    return Verdict(
        "awaiting_payment",
        f"订单于 {_time(facts.placed_at)} 提交，还没有收到付款，应付 {_sum(facts.amount)} 元。",
        f"Placed {_time(facts.placed_at)}; no payment of {_sum(facts.amount)} yuan has come in.",
    )


def _refunded(facts: OrderFacts) -> Verdict | None:
    if facts.refunded <= 0:
        return None
    back, of = _sum(facts.refunded), _sum(facts.amount)
    if facts.refunded >= facts.amount:
        return Verdict("refunded", f"已退款 {back} 元。", f"{back} yuan were refunded.")
    return Verdict(
        "partially_refunded",
        f"已付 {of} 元，其中 {back} 元已退款。",
        f"{back} of {of} yuan were refunded.",
    )


def _canceled_after_pay(facts: OrderFacts) -> Verdict | None:
    """The shop may have paid the money back outside its system, so nothing is remedied alone."""
    if not facts.canceled or is_complete(facts):
        return None
    return Verdict(
        "canceled",
        f"{_paid_zh(facts)}，之后订单被取消，系统里没有退款记录。",
        f"{_paid_en(facts)}, then canceled; there is no refund on record.",
    )


def _out_of_stock(facts: OrderFacts) -> Verdict | None:
    if not facts.stock_apology or is_complete(facts):
        return None
    return Verdict(
        "out_of_stock_after_pay",
        f"{_paid_zh(facts)}，但付款后库存不足，{_counts_zh(facts)}。",
        f"{_paid_en(facts)}, but stock ran out after payment; {_counts_en(facts)}.",
    )


def _expired_after_pay(facts: OrderFacts) -> Verdict | None:
    if not facts.expired or is_complete(facts):
        return None
    return Verdict(
        "paid_but_expired",
        f"{_paid_zh(facts)}，但订单被系统按超时关闭，{_counts_zh(facts)}。",
        f"{_paid_en(facts)}, but the shop closed it as expired; {_counts_en(facts)}.",
    )


def _double_sold(facts: OrderFacts) -> Verdict | None:
    if facts.shared_orders <= 0:
        return None
    return Verdict(
        "double_sold",
        f"{_paid_zh(facts)}，发出的卡密同时出现在另外 {facts.shared_orders} 笔订单里。",
        f"{_paid_en(facts)}; a card of it was also issued to {facts.shared_orders} other order(s).",
    )


def _incomplete(facts: OrderFacts) -> Verdict | None:
    if is_complete(facts) or not facts.known:
        return None
    if facts.manual:
        return Verdict(
            "paid_waiting",
            f"{_paid_zh(facts)}，这是人工处理的商品，商家还没有完成处理。",
            f"{_paid_en(facts)}; the merchant handles these goods by hand and has not finished.",
        )
    return Verdict(
        "paid_not_delivered",
        f"{_paid_zh(facts)}，{_counts_zh(facts)}。",
        f"{_paid_en(facts)}; {_counts_en(facts)}.",
    )


def _notified_twice(facts: OrderFacts) -> Verdict | None:
    surplus = facts.countable and not facts.manual and facts.cards_issued > facts.cards_expected
    if facts.notifications <= 1 and not surplus:
        return None
    times = max(facts.notifications, 2)
    return Verdict(
        "duplicate_notify",
        f"{_paid_zh(facts)}，同一笔付款被处理了 {times} 次，{_counts_zh(facts)}。",
        f"{_paid_en(facts)}; the payment was processed {times} times; {_counts_en(facts)}.",
    )


def _delivered(facts: OrderFacts) -> Verdict | None:
    if not is_complete(facts):
        return None
    when = _time(facts.delivered_at)
    return Verdict(
        "delivered",
        f"{_paid_zh(facts)}，{_counts_zh(facts)}，发货时间 {when}。",
        f"{_paid_en(facts)}; {_counts_en(facts)}; delivered {when}.",
    )


def _unknown(facts: OrderFacts) -> Verdict:
    return Verdict(
        "unknown",
        f"店铺给出的状态“{facts.status[:32]}”无法判断，需要人工核对。",
        f"The shop's status '{facts.status[:32]}' tells us too little; a person has to check.",
    )


_Rule = Callable[[OrderFacts], Verdict | None]
_UNPAID: tuple[_Rule, ...] = (_contradicting, _closed_unpaid, _awaiting)
_PAID: tuple[_Rule, ...] = (
    _refunded,
    _canceled_after_pay,
    _out_of_stock,
    _expired_after_pay,
    _double_sold,
    _incomplete,
    _notified_twice,
    _delivered,
)


def _paid_zh(facts: OrderFacts) -> str:
    return f"{_time(facts.paid_at)} 已付款 {_sum(facts.amount)} 元"


def _paid_en(facts: OrderFacts) -> str:
    return f"{_sum(facts.amount)} yuan paid {_time(facts.paid_at)}"


def _counts_zh(facts: OrderFacts) -> str:
    if facts.manual or not facts.countable:
        return "已有发货记录" if facts.delivered_at else "没有发货记录"
    return f"应发 {facts.cards_expected} 张卡密，实发 {facts.cards_issued} 张"


def _counts_en(facts: OrderFacts) -> str:
    if facts.manual or not facts.countable:
        return "the goods were handed over" if facts.delivered_at else "nothing was handed over"
    return f"{facts.cards_issued} of {facts.cards_expected} card(s) issued"


def _time(moment: datetime | None) -> str:
    """Beijing time, which is what buyers' receipts show; a dash where none is known."""
    if moment is None:
        return "—"
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _sum(amount: Decimal) -> str:
    return f"{amount:.2f}"
