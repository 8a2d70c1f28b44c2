"""Reads of orders, each starting from a scope."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db
from domain.actors import Scope
from domain.orders.models import Order


async def by_numbers(scope: Scope, numbers: Sequence[str]) -> list[db.Row]:
    """The orders with these numbers that `scope` may see; one statement, whatever exists."""
    if not numbers:
        return []
    return await db.select(Order, scope, [("t.number = ANY({})", list(numbers))])


async def by_ids(scope: Scope, ids: Sequence[UUID]) -> list[db.Row]:
    """The orders with these ids that `scope` may see."""
    if not ids:
        return []
    return await db.select(Order, scope, [("t.id = ANY({})", list(ids))])


async def of_customer(scope: Scope, customer: UUID, limit: int = 20) -> list[db.Row]:
    """A customer's orders, newest first."""
    return await db.select(
        Order,
        scope,
        [("t.customer_id = {}", customer)],
        order="t.placed_at DESC, t.id DESC",
        limit=limit,
    )
