"""The verbs of customers: visiting, signing in, and keeping the talk while doing so."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.clock import now
from domain.db import unit_of_work
from domain.errors import BadCredentials, Invalid, NotFound
from domain.events import Kind, record
from domain.people import rules, widget
from domain.people.models import Customer, Identity
from domain.redaction import mask_email, mask_phone, redact
from domain.rows import new_id
from domain.secrets import keyring
from domain.shops.models import Shop
from domain.words import say


async def visitor(shop: Shop, key: str | None = None) -> Customer:
    """The anonymous customer of a browser that keeps `key`, made at its first visit.

    `key` is 32 to 64 random URL-safe characters of the browser's own (it is what the browser
    comes back with after its token has expired); None makes somebody who cannot come back.
    Raises Invalid for another shape.
    """
    word = rules.check_visitor_key(key) if key is not None else secrets.token_urlsafe(32)
    async with unit_of_work():
        known = await _known(shop, "visitor", word)
        if known is not None:
            return known
        id = new_id()
        name = say("customer.visitor", shop.locale, number=id.hex[-4:].upper())
        customer = await Customer.create(
            id=id, shop_id=shop.id, name=name, locale=shop.locale, created_at=now()
        )
        await _identify(customer, "visitor", word, verified=False)
    return customer


async def signed_in(
    shop: Shop, user_id: str, name: str, email: str | None = None, phone: str | None = None
) -> Customer:
    """The customer behind a user of the shop, made at the first sign-in.

    The shop vouches for what it says: email and phone become verified identities, and leave
    another customer who had them, since one address belongs to one buyer.
    """
    async with unit_of_work():
        customer = await _known(shop, "user", user_id)
        safe = redact(name.strip()).text[:120]
        if customer is None:
            customer = await Customer.create(
                shop_id=shop.id,
                name=safe or say("customer.user", shop.locale),
                locale=shop.locale,
                is_anonymous=False,
                created_at=now(),
            )
            await _identify(customer, "user", user_id, verified=True)
        elif safe and safe != customer.name:
            customer.name = safe
            await customer.save(update_fields=["name"])
        for kind, value in (("email", email), ("phone", phone)):
            if value and value.strip():
                await _vouch(customer, kind, value.strip())
    return customer


async def _known(shop: Shop, kind: str, value: str) -> Customer | None:
    """Who has that identity. Locks the value for the transaction: two first visits make one."""
    ring = keyring()
    await db.sql(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"identity:{shop.id}:{kind}:{ring.blind(kind, value)}",
    )
    rows = await db.sql(
        "SELECT c.* FROM customers c JOIN identities i ON i.customer_id = c.id"
        " WHERE i.shop_id = $1 AND i.kind = $2 AND i.value_hash = ANY($3::text[])",
        shop.id,
        kind,
        list(ring.blinds(kind, value)),
    )
    return db.hydrate(Customer, rows[0]) if rows else None


async def _identify(customer: Customer, kind: str, value: str, *, verified: bool) -> None:
    id, ring = new_id(), keyring()
    await Identity.create(
        id=id,
        shop_id=customer.shop_id,
        customer_id=customer.id,
        kind=kind,
        value_hash=ring.blind(kind, value),
        sealed=ring.seal(value.encode(), id),
        hint=_hint(kind, value),
        verified_at=now() if verified else None,
    )


async def _vouch(customer: Customer, kind: str, value: str) -> None:
    shop = await Shop.get(id=customer.shop_id)
    holder = await _known(shop, kind, value)
    if holder is None:
        await _identify(customer, kind, value, verified=True)
        return
    await Identity.filter(
        shop_id=shop.id, kind=kind, value_hash__in=list(keyring().blinds(kind, value))
    ).update(customer_id=customer.id, verified_at=now())


def _hint(kind: str, value: str) -> str:
    match kind:
        case "email":
            return mask_email(value)[:64]
        case "phone":
            return mask_phone(value)
        case "user":
            return f"{value[:2]}***" if len(value) > 4 else "***"
    return ""


async def adopt(visitor: Customer, customer: Customer) -> None:
    """An anonymous visitor has signed in as `customer`: their talk moves there, and they go.

    Both histories stay. Where both have an open conversation in one channel, the one that
    `rules.outranks` stays open and the other one is kept as a closed one. The visitor's row is
    deleted with its browser key, so that its old tokens and a shared computer give nobody the
    signed-in customer's talk. Twice is once. Raises Invalid when the visitor is not anonymous
    or of another shop.
    """
    if visitor.id == customer.id:
        return
    async with unit_of_work():
        both = await db.sql(
            "SELECT id, is_anonymous FROM customers WHERE shop_id = $1 AND id = ANY($2::uuid[])"
            " ORDER BY id FOR NO KEY UPDATE",
            customer.shop_id,
            [visitor.id, customer.id],
        )
        found = {row["id"]: row for row in both}
        if customer.id not in found:
            raise NotFound(noun="customers")
        if visitor.id not in found:
            return
        if not found[visitor.id]["is_anonymous"] or visitor.shop_id != customer.shop_id:
            raise Invalid(field="visitor")
        by = f"customer:{customer.id}"
        await _close_doubles(visitor.id, customer, by)
        moved = await db.sql(_MOVED, visitor.id)
        await _move(visitor.id, customer)
        # Once for each thing that is somebody else's now: whoever follows it must be told.
        for what in moved or [{}]:
            record(
                Kind.CUSTOMER_MERGED,
                shop=customer.shop_id,
                by=by,
                conversation=what.get("conversation"),
                ticket=what.get("ticket"),
                order=what.get("order"),
                key=customer.id,
                customers=(visitor.id, customer.id),
                merchants=what.get("merchants", ()),
                merged=visitor.id,
                into=customer.id,
            )


async def _close_doubles(visitor_id: UUID, customer: Customer, by: str) -> None:
    """Close one of two open conversations in a channel; an index allows a customer only one."""
    rows = await db.sql(_OPEN, customer.shop_id, [visitor_id, customer.id])
    channels: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        channels.setdefault(row["channel_id"], []).append(row)
    for one, *rest in channels.values():
        for other in rest:
            closed = other if rules.outranks(one, other) else one
            await db.sql(_CLOSE, closed["id"], now())
            record(
                Kind.CONVERSATION_CLOSED,
                shop=customer.shop_id,
                by=by,
                conversation=closed["id"],
                customers=(visitor_id, customer.id),
                merchants=closed["merchants"],
                reason="merged",
            )


_SEEN_BY = """ARRAY(SELECT DISTINCT m.merchant_id FROM messages m
WHERE m.conversation_id = c.id AND m.merchant_id IS NOT NULL AND m.author <> 'note')"""

_MOVED = f"""
SELECT c.id AS conversation, NULL::uuid AS ticket, NULL::uuid AS "order", {_SEEN_BY} AS merchants
FROM conversations c WHERE c.customer_id = $1
UNION ALL
SELECT conversation_id, id, NULL, array_remove(ARRAY[merchant_id], NULL)
FROM tickets WHERE customer_id = $1
UNION ALL
SELECT NULL, NULL, id, array_remove(ARRAY[merchant_id], NULL) FROM orders WHERE customer_id = $1
"""

_OPEN = f"""
SELECT id, channel_id, holder, last_message_at, {_SEEN_BY} AS merchants FROM conversations c
WHERE shop_id = $1 AND customer_id = ANY($2::uuid[]) AND state = 'open'
ORDER BY channel_id, last_message_at DESC FOR UPDATE
"""

# What nobody waits for any more has no deadline to break.
_CLOSE = """
UPDATE conversations SET state = 'closed', closed_at = $2,
       deadline = CASE WHEN deadline IN ('running', 'warned') THEN 'none' ELSE deadline END
WHERE id = $1
"""

# In this order: rows move before what they hang on is deleted. A message sent twice, before and
# after signing in, keeps its client_id on the customer's side only.
_MOVES = (
    "UPDATE messages v SET client_id = NULL WHERE v.customer_id = $2 AND v.shop_id = $1"
    " AND EXISTS (SELECT 1 FROM messages c"
    " WHERE c.customer_id = $3 AND c.client_id = v.client_id)",
    "UPDATE conversations SET customer_id = $3, timeline_id = (SELECT id FROM timelines"
    " WHERE shop_id = $1 AND customer_id = $3) WHERE shop_id = $1 AND customer_id = $2",
    "UPDATE messages SET customer_id = $3 WHERE shop_id = $1 AND customer_id = $2",
    "UPDATE tickets SET customer_id = $3 WHERE shop_id = $1 AND customer_id = $2",
    "UPDATE orders SET customer_id = $3 WHERE shop_id = $1 AND customer_id = $2",
    "UPDATE identities SET customer_id = $3"
    " WHERE shop_id = $1 AND customer_id = $2 AND kind <> 'visitor'",
)


async def _move(visitor_id: UUID, customer: Customer) -> None:
    await db.sql(
        "INSERT INTO timelines (id, shop_id, customer_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (shop_id, customer_id) DO NOTHING",
        new_id(),
        customer.shop_id,
        customer.id,
    )
    for statement in _MOVES:
        await db.sql(statement, customer.shop_id, visitor_id, customer.id)
    await Customer.filter(id=visitor_id, shop_id=customer.shop_id).delete()


# Signing in with the shop's word


async def use_nonce(shop: Shop, value: str, expires_at: datetime) -> None:
    """Note that a one-time word was used. Raises BadCredentials when it was used before."""
    async with unit_of_work():
        await db.sql("DELETE FROM nonces WHERE shop_id = $1 AND expires_at < $2", shop.id, now())
        fresh = await db.sql(
            "INSERT INTO nonces (id, shop_id, value, expires_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (shop_id, value) DO NOTHING RETURNING id",
            new_id(),
            shop.id,
            value,
            expires_at,
        )
        if not fresh:
            raise BadCredentials


async def sign_in(shop: Shop, assertion: str, visitor: Customer | None = None) -> Customer:
    """The customer whom the shop's signed word names; an anonymous `visitor` keeps the talk.

    Raises what `widget.read_assertion` raises, and BadCredentials for a word used before.
    """
    claims = widget.read_assertion(shop, assertion)
    async with unit_of_work():
        await use_nonce(shop, claims.nonce, claims.expires_at)
        customer = await signed_in(shop, claims.user_id, claims.name, claims.email, claims.phone)
        if visitor is not None and visitor.is_anonymous:
            await adopt(visitor, customer)
    return customer


async def external(shop: Shop, channel: UUID, sender: str, name: str, locale: str) -> Customer:
    """The customer a channel knows as `sender`, made at the first message."""
    value = f"{channel}:{sender}"
    async with unit_of_work():
        customer = await _known(shop, "external", value)
        if customer is None:
            customer = await Customer.create(
                shop_id=shop.id,
                name=redact(name.strip()).text[:120] or say("customer.user", shop.locale),
                locale=locale,
                is_anonymous=True,
                created_at=now(),
            )
            await _identify(customer, "external", value, verified=False)
    return customer
