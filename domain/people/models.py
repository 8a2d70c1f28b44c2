"""People: those who log in, what they were granted, their teams; merchants; customers; tokens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from domain.actors import Role
from domain.rows import Row, belongs_to, one_of

ROLES = [r.value for r in (Role.SUPERVISOR, Role.AGENT, Role.MERCHANT_OWNER, Role.MERCHANT_STAFF)]


class Tier(StrEnum):
    INDIVIDUAL = "individual"
    SMALL = "small"
    ENTERPRISE = "enterprise"


class Presence(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class Person(Row):
    """A human who logs in with a password. What they may do is in their grants."""

    login = fields.CharField(max_length=120, unique=True)
    name = fields.CharField(max_length=120)
    password_hash = fields.CharField(max_length=255)
    is_admin = fields.BooleanField(default=False)
    locale = fields.CharField(max_length=8, default="zh")
    disabled_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "people"


class Merchant(Row):
    """A seller in a shop."""

    shop_id: UUID
    shop = belongs_to("Shop")
    external_id = fields.CharField(max_length=64)
    name = fields.CharField(max_length=120)
    tier = fields.CharField(max_length=16, default=Tier.INDIVIDUAL.value)

    class Meta:
        table = "merchants"
        unique_together = (("shop", "external_id"),)
        constraints = (one_of("merchants", "tier", [t.value for t in Tier]),)


class Grant(Row):
    """One role of one person in one shop. For staff it is the agent: presence and capacity."""

    shop_id: UUID
    person_id: UUID
    merchant_id: UUID | None
    shop = belongs_to("Shop")
    person = belongs_to("Person")
    merchant = belongs_to("Merchant", null=True)
    role = fields.CharField(max_length=24)
    capacity = fields.IntField(default=5)
    presence = fields.CharField(max_length=16, default=Presence.OFFLINE.value)
    seen_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "grants"
        unique_together = (("shop", "person"),)
        indexes = (Index(fields=("person_id",)), Index(fields=("merchant_id",)))
        constraints = (
            one_of("grants", "role", ROLES),
            one_of("grants", "presence", [p.value for p in Presence]),
        )


class Team(Row):
    """A group of agents that shares a skill. `key` is the skill group of the intents."""

    shop_id: UUID
    shop = belongs_to("Shop")
    key = fields.CharField(max_length=32)
    name = fields.CharField(max_length=120)

    class Meta:
        table = "teams"
        unique_together = (("shop", "key"),)


class Membership(Row):
    """An agent's place in a team."""

    shop_id: UUID
    team_id: UUID
    grant_id: UUID
    shop = belongs_to("Shop")
    team = belongs_to("Team", delete="CASCADE")
    grant = belongs_to("Grant", delete="CASCADE")

    class Meta:
        table = "memberships"
        unique_together = (("shop", "team", "grant"),)
        indexes = (Index(fields=("team_id",)), Index(fields=("grant_id",)))


class Customer(Row):
    """A buyer in one shop. `name` is what agents see; it never holds a phone or an email."""

    shop_id: UUID
    shop = belongs_to("Shop")
    name = fields.CharField(max_length=120)
    locale = fields.CharField(max_length=8, default="zh")
    is_anonymous = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "customers"
        indexes = (Index(fields=("shop_id", "created_at", "id")),)


class Identity(Row):
    """One way a customer is known. `value_hash` is a keyed hash, `sealed` the value encrypted."""

    shop_id: UUID
    customer_id: UUID
    shop = belongs_to("Shop")
    customer = belongs_to("Customer", delete="CASCADE")
    kind = fields.CharField(max_length=24)
    value_hash = fields.CharField(max_length=64)
    sealed = fields.BinaryField()
    hint = fields.CharField(max_length=64)
    verified_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "identities"
        unique_together = (("shop", "kind", "value_hash"),)
        indexes = (Index(fields=("customer_id",)),)
        constraints = (
            one_of("identities", "kind", ["visitor", "user", "email", "phone", "external"]),
        )


class Session(Row):
    """A logged-in browser. Only a hash of its cookie is stored. `grant` is the shop worked in."""

    person_id: UUID
    grant_id: UUID | None
    person = belongs_to("Person", delete="CASCADE")
    grant = belongs_to("Grant", null=True, delete="CASCADE")
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "sessions"
        indexes = (Index(fields=("person_id",)), Index(fields=("grant_id",)))


class Token(Row):
    """An API token of a partner or a merchant. Only its hash is stored; it is shown once."""

    shop_id: UUID
    merchant_id: UUID | None
    shop = belongs_to("Shop")
    merchant = belongs_to("Merchant", null=True)
    name = fields.CharField(max_length=120)
    role = fields.CharField(max_length=24)
    token_hash = fields.CharField(max_length=64, unique=True)
    hint = fields.CharField(max_length=16)
    scopes: list[str] = fields.JSONField(default=list)
    created_at = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "tokens"
        indexes = (Index(fields=("shop_id",)), Index(fields=("merchant_id",)))
        constraints = (
            one_of("tokens", "role", [Role.PARTNER, Role.MERCHANT_OWNER, Role.MERCHANT_STAFF]),
        )


class Nonce(Row):
    """A one-time word of a signed sign-in, kept until it has expired, so that none works twice."""

    shop_id: UUID
    shop = belongs_to("Shop", delete="CASCADE")
    value = fields.CharField(max_length=64)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "nonces"
        unique_together = (("shop", "value"),)


class Access(Row):
    """Who opened, unmasked or exported what, and why. Apart from the events, written in batches."""

    shop_id: UUID
    shop = belongs_to("Shop")
    actor = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=32)
    object_id = fields.UUIDField()
    reason = fields.CharField(max_length=200, default="")
    at = fields.DatetimeField()

    class Meta:
        table = "accesses"
        indexes = (Index(fields=("shop_id", "at", "id")),)
