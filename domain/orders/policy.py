"""Who sees orders: staff, the merchant that sold, the customer who bought."""

from __future__ import annotations

from domain import visibility
from domain.actors import Actor, Scope
from domain.orders.models import Card, Order, Refund

visibility.visible(
    Order,
    visibility.Visibility(
        "orders",
        merchant="{t}.merchant_id = {merchant}",
        customer="{t}.customer_id = {customer}",
        partner=visibility.EVERYTHING,
    ),
)
_OF_ORDER = "EXISTS (SELECT 1 FROM orders o WHERE o.id = {{t}}.order_id AND {own})"
for _model in (Card, Refund):
    visibility.visible(
        _model,
        visibility.Visibility(
            "orders",
            merchant=_OF_ORDER.format(own="o.merchant_id = {merchant}"),
            customer=_OF_ORDER.format(own="o.customer_id = {customer}"),
            partner=visibility.EVERYTHING,
        ),
    )


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads orders."""
    return actor.scope
