"""What plain Strawberry knows of a request: who asks, what they see, and the data loaders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from strawberry.dataloader import DataLoader
from tortoise.expressions import Q, Subquery

from domain.conversations.models import Conversation, Message
from domain.orders.models import Order
from domain.people.models import Customer, Grant, Session, Token

STAFF = ("supervisor", "agent")


@dataclass(frozen=True)
class Actor:
    """Who asks; `scopes` are a token's rights, None for people."""

    shop: Any
    role: str
    merchant: Any
    scopes: frozenset[str] | None = None

    def sees(self, noun: str, merchant: Q | None = None, **partner: Any) -> Q:
        """What of a table is theirs, as in domain/*/policy.py; without `merchant` only staff's."""
        shop = Q(shop_id=self.shop)
        if self.scopes is not None and f"{noun}:read" not in self.scopes:
            return Q(id__in=[])
        if self.role in STAFF:
            return shop
        if merchant is None:
            return Q(id__in=[])
        if self.role != "partner" or self.merchant:
            return shop & merchant
        return shop & ~Q(**partner) if partner else shop


async def actor_of(request: Request) -> Actor:
    """Who sent the request. Raises PermissionError for nobody valid."""
    bearer = request.headers.get("authorization", "")[7:]
    secret = bearer or request.cookies.get("__Host-zaide_session", "")
    digest, now = hashlib.sha256(secret.encode()).hexdigest(), datetime.now(UTC)
    if bearer:
        token = await Token.get_or_none(token_hash=digest, revoked_at=None)
        if token is None or (token.expires_at and token.expires_at <= now):
            raise PermissionError
        return Actor(token.shop_id, token.role, token.merchant_id, frozenset(token.scopes))
    session = await Session.get_or_none(token_hash=digest, ended_at=None).select_related(
        "person", "grant"
    )
    if session is None or session.expires_at <= now:
        raise PermissionError
    if session.person.disabled_at or session.grant is None or session.grant.revoked_at:
        raise PermissionError
    return Actor(session.grant.shop_id, session.grant.role, session.grant.merchant_id)


class Loaders:
    """The loaders of one request."""

    def __init__(self, actor: Actor) -> None:
        self.actor, merchant = actor, actor.merchant
        bought = Order.filter(shop_id=actor.shop, merchant_id=merchant).values("customer_id")
        told = Message.filter(merchant_id=merchant).values("conversation_id")
        self.customer = by_id(
            lambda: Customer.filter(actor.sees("customers", Q(id__in=Subquery(bought))))
        )
        self.owner = by_id(lambda: Grant.filter(actor.sees("agents")).select_related("person"))
        self.order = by_id(lambda: Order.filter(actor.sees("orders", Q(merchant_id=merchant))))
        self.conversation = by_id(
            lambda: Conversation.filter(actor.sees("conversations", Q(id__in=Subquery(told))))
        )
        self.last_message = DataLoader(self._last_messages)

    async def _last_messages(self, ids: list[Any]) -> list[Any]:
        """The newest visible message of each conversation, as the messages are few."""
        theirs = Q(merchant_id=self.actor.merchant) & ~Q(author="note")
        seen = self.actor.sees("conversations", theirs, author="note")
        found: dict[Any, Any] = {}
        for row in await Message.filter(seen, conversation_id__in=ids).order_by("seq"):
            found[row.conversation_id] = row
        return [found.get(id) for id in ids]


def by_id(rows: Callable[[], Any]) -> DataLoader[Any, Any]:
    """A loader of rows by their key."""

    async def load(ids: list[Any]) -> list[Any]:
        found = {row.id: row for row in await rows().filter(id__in=ids)}
        return [found.get(id) for id in ids]

    return DataLoader(load)
