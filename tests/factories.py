"""Rows for tests, made as directly as possible; the verbs have tests of their own."""

from __future__ import annotations

import secrets
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from domain.actors import Actor, Role
from domain.channels.models import Channel
from domain.clock import now
from domain.orders.models import Card, Order
from domain.people.models import (
    Customer,
    Grant,
    Identity,
    Membership,
    Merchant,
    Person,
    Presence,
    Team,
)
from domain.rows import new_id
from domain.secrets import keyring
from domain.shops.models import Shop
from tests.people import House

SKILLS = ("general", "finance", "technical", "security", "merchant")
PASSWORD = "correct horse battery staple"


@lru_cache(maxsize=1)
def _hash() -> str:
    """One cheap hash for everybody: hashing is what passwords' own tests are about."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def shop(name: str = "测试店") -> Shop:
    """A shop with a signing secret."""
    id = new_id()
    return await Shop.create(
        id=id,
        key=f"shop-{secrets.token_hex(6)}",
        name=name,
        secret=keyring().seal(secrets.token_urlsafe(32).encode(), id),
        created_at=now(),
    )


async def channel(shop: Shop, kind: str) -> Channel:
    """A channel with a secret of its own."""
    id = new_id()
    return await Channel.create(
        id=id,
        shop_id=shop.id,
        kind=kind,
        name=kind,
        secret=keyring().seal(secrets.token_urlsafe(32).encode(), id),
        created_at=now(),
    )


async def staff(
    shop: Shop,
    name: str,
    role: Role,
    *teams: Team,
    merchant: Merchant | None = None,
    presence: Presence = Presence.OFFLINE,
) -> Actor:
    """Somebody who logs in, with a role in the shop and a place in teams."""
    login = f"{name.lower()}-{secrets.token_hex(4)}"
    person = await Person.create(login=login, name=name, password_hash=_hash(), created_at=now())
    grant = await Grant.create(
        shop_id=shop.id,
        person_id=person.id,
        role=role.value,
        merchant_id=merchant.id if merchant else None,
        presence=presence.value,
        seen_at=now(),
        created_at=now(),
    )
    for team in teams:
        await Membership.create(shop_id=shop.id, team_id=team.id, grant_id=grant.id)
    return Actor(
        role=role,
        shop_id=shop.id,
        id=grant.id,
        name=name,
        person_id=person.id,
        merchant_id=merchant.id if merchant else None,
        team_ids=frozenset(team.id for team in teams),
    )


async def customer(shop: Shop, name: str, user: str | None = None) -> Actor:
    """A customer, signed in with the shop as `user` if one is given."""
    row = await Customer.create(
        shop_id=shop.id, name=name, is_anonymous=user is None, created_at=now()
    )
    kind, value = ("user", user) if user else ("visitor", secrets.token_hex(8))
    id = new_id()
    await Identity.create(
        id=id,
        shop_id=shop.id,
        customer_id=row.id,
        kind=kind,
        value_hash=keyring().blind(kind, value),
        sealed=keyring().seal(value.encode(), id),
        hint=value[:4],
        verified_at=now() if user else None,
    )
    return Actor(role=Role.CUSTOMER, shop_id=shop.id, id=row.id, customer_id=row.id, name=name)


_numbers = iter(range(10_000, 100_000))


async def order(
    shop: Shop,
    buyer: Actor | None = None,
    seller: Merchant | None = None,
    verdict: str = "delivered",
    amount: str = "30.00",
    number: str | None = None,
) -> Order:
    """An order, delivered an hour ago unless said otherwise, with one card."""
    at = now() - timedelta(hours=1)
    row = await Order.create(
        shop_id=shop.id,
        merchant_id=seller.id if seller else None,
        customer_id=buyer.id if buyer else None,
        number=number or f"DJ{at:%Y%m%d%H%M%S}{next(_numbers)}",
        product="Steam 充值卡 30 元",
        amount=Decimal(amount),
        status="completed",
        verdict=verdict,
        evidence={"zh": "已发出 1 张卡密", "en": "1 card was issued"},
        placed_at=at,
        paid_at=at,
        delivered_at=at,
        synced_at=now(),
    )
    await Card.create(
        shop_id=shop.id,
        order_id=row.id,
        secret_hash=keyring().blind("card", f"ABCD-{row.number[-4:]}"),
        last_four=row.number[-4:],
        created_at=at,
    )
    return row


async def house() -> House:
    """A whole shop with its people; nobody is on shift yet."""
    row = await shop()
    teams = {key: await Team.create(shop_id=row.id, key=key, name=key.title()) for key in SKILLS}
    merchants = {
        name: await Merchant.create(shop_id=row.id, external_id=name, name=name.title())
        for name in ("mei", "nora")
    }
    eve = await customer(row, "Eve", user="u-eve")
    return House(
        shop=row,
        alice=await staff(row, "Alice", Role.AGENT, teams["technical"]),
        bob=await staff(row, "Bob", Role.AGENT, teams["technical"], teams["general"]),
        charlie=await staff(row, "Charlie", Role.AGENT, teams["finance"]),
        dana=await staff(row, "Dana", Role.SUPERVISOR, *teams.values()),
        mei=await staff(row, "Mei", Role.MERCHANT_OWNER, merchant=merchants["mei"]),
        nora=await staff(row, "Nora", Role.MERCHANT_OWNER, merchant=merchants["nora"]),
        eve=eve,
        frank=await customer(row, "Frank", user="u-frank"),
        pat=Actor(
            role=Role.PARTNER,
            shop_id=row.id,
            id=new_id(),
            name="Pat",
            scopes=frozenset({"conversations:read", "tickets:read", "orders:read", "metrics:read"}),
        ),
        webchat=await channel(row, "webchat"),
        api=await channel(row, "api"),
        teams=teams,
        merchants=merchants,
        orders={name: await order(row, eve, merchant) for name, merchant in merchants.items()},
    )
