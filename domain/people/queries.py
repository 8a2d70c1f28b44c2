"""Reads about people: who a credential stands for, and the lists of a shop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import db
from domain.actors import Actor, Role
from domain.clock import now
from domain.db import Row
from domain.errors import Expired, NotAllowed, Unauthenticated
from domain.gathered import Gathered
from domain.people import policy, rules
from domain.people.models import Customer, Grant, Identity, Membership, Merchant, Team, Token

MARK = "zd_"  # what API tokens begin with

_SESSIONS = Gathered("""
SELECT s.token_hash AS key, s.id, s.expires_at, s.ended_at, p.id AS person_id, p.name, p.locale,
       p.is_admin, p.disabled_at, g.id AS grant_id, g.shop_id, g.role, g.merchant_id, g.revoked_at,
       ARRAY(SELECT m.team_id FROM memberships m WHERE m.grant_id = g.id) AS teams,
       pg_current_snapshot()::text AS as_of
FROM sessions s JOIN people p ON p.id = s.person_id LEFT JOIN grants g ON g.id = s.grant_id
WHERE s.token_hash = ANY($1::text[])
""")

_TOKENS = Gathered("""
SELECT t.token_hash AS key, t.id, t.shop_id, t.role, t.name, t.merchant_id, t.scopes,
       t.expires_at, t.revoked_at, s.locale, pg_current_snapshot()::text AS as_of
FROM tokens t JOIN shops s ON s.id = t.shop_id WHERE t.token_hash = ANY($1::text[])
""")

_STANDING = """
SELECT s.id FROM sessions s JOIN people p ON p.id = s.person_id
LEFT JOIN grants g ON g.id = s.grant_id
WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > $3
  AND p.disabled_at IS NULL AND g.revoked_at IS NULL AND (g.id IS NOT NULL OR p.is_admin)
UNION ALL
SELECT t.id FROM tokens t
WHERE t.id = ANY($2) AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $3)
"""


# Who is it?


async def actor_of_session(cookie: str) -> Actor | None:
    """Who is logged in with that cookie value; None for an empty one.

    Raises Unauthenticated for a value we never gave, Expired for a session that is over because
    of its age, a log-out, a disabled person or a revoked grant. Only a hash is looked up, so
    there is nothing to compare and no time to measure.
    """
    if not cookie:
        return None
    row = await _SESSIONS.find(rules.digest(cookie))
    if row is None:
        raise Unauthenticated
    over = row["ended_at"] or row["disabled_at"] or row["revoked_at"]
    if over or row["expires_at"] <= now():
        raise Expired
    return _logged_in(row)


def _logged_in(row: Mapping[str, Any]) -> Actor:
    if row["grant_id"] is None and not row["is_admin"]:
        raise Expired
    admin = row["grant_id"] is None
    return Actor(
        role=Role.ADMIN if admin else Role(row["role"]),
        shop_id=row["shop_id"],
        id=row["person_id"] if admin else row["grant_id"],
        name=row["name"],
        person_id=row["person_id"],
        merchant_id=row["merchant_id"],
        team_ids=frozenset(row["teams"]),
        session_id=row["id"],
        locale=row["locale"],
        as_of=row["as_of"],
    )


async def actor_of_token(raw: str) -> Actor | None:
    """Who an API token `zd_…` stands for; None for anything that does not look like one.

    Raises Unauthenticated for an unknown or revoked token, Expired for an old one.
    """
    if not raw.startswith(MARK):
        return None
    row = await _TOKENS.find(rules.digest(raw))
    if row is None or row["revoked_at"]:
        raise Unauthenticated
    if row["expires_at"] and row["expires_at"] <= now():
        raise Expired
    return Actor(
        role=Role(row["role"]),
        shop_id=row["shop_id"],
        id=row["id"],
        name=row["name"],
        merchant_id=row["merchant_id"],
        scopes=frozenset(db.json(row["scopes"])),
        locale=row["locale"],
        as_of=row["as_of"],
    )


async def fallen(actors: Collection[Actor]) -> set[Actor]:
    """Those of them whose credential may be over, by a single look at all sessions and tokens.

    A widget's token is known to nobody but its bearer, who is always among them.
    """
    sessions = {actor.session_id for actor in actors if actor.session_id is not None}
    tokens = {actor.id for actor in actors if _has_token(actor)}
    rows = await db.sql(_STANDING, list(sessions), list(tokens), now())
    standing = {row["id"] for row in rows}
    return {
        actor
        for actor in actors
        if (actor.id if _has_token(actor) else actor.session_id) not in standing
    }


def _has_token(actor: Actor) -> bool:
    return actor.session_id is None and actor.scopes is not None


async def grants_of(person_id: UUID) -> list[Row]:
    """The roles a person holds, oldest first: grant id, role, merchant_id, shop_id, key, name."""
    return await db.sql(
        "SELECT g.id, g.role, g.merchant_id, g.shop_id, s.key AS shop_key, s.name AS shop_name"
        " FROM grants g JOIN shops s ON s.id = g.shop_id"
        " WHERE g.person_id = $1 AND g.revoked_at IS NULL ORDER BY g.created_at, g.id",
        person_id,
    )


# Lists of a shop


async def agents(actor: Actor) -> list[Row]:
    """The staff of the actor's shop by name, with their presence and their person's name."""
    return await db.select(
        Grant,
        policy.visible_to(actor),
        [("t.role IN ('supervisor', 'agent')", ...), ("t.revoked_at IS NULL", ...)],
        order="name, t.id",
        columns="t.*, (SELECT p.name FROM people p WHERE p.id = t.person_id) AS name",
    )


async def agent(actor: Actor, id: UUID) -> Grant:
    """One grant of the shop. Raises NotFound."""
    return await db.find(Grant, policy.visible_to(actor), id)


async def teams(actor: Actor) -> list[Row]:
    """The teams of the shop by key."""
    return await db.select(Team, policy.visible_to(actor), order="t.key")


async def memberships(actor: Actor, team_ids: Sequence[UUID]) -> list[Row]:
    """Who is in those teams: rows of team_id and grant_id."""
    where = [("t.team_id = ANY({}::uuid[])", list(team_ids))]
    return await db.select(Membership, policy.visible_to(actor), where)


async def merchants(actor: Actor, limit: int = 200) -> list[Row]:
    """The merchants the actor sees, by name."""
    return await db.select(Merchant, policy.visible_to(actor), order="t.name, t.id", limit=limit)


async def merchant(actor: Actor, id: UUID) -> Merchant:
    """One merchant. Raises NotFound."""
    return await db.find(Merchant, policy.visible_to(actor), id)


async def customers(actor: Actor, before: UUID | None = None, limit: int = 50) -> list[Row]:
    """The customers the actor sees, newest first; those who came before customer `before`."""
    below = "(t.created_at, t.id) < (SELECT c.created_at, c.id FROM customers c WHERE c.id = {})"
    where = [(below, before)] if before is not None else []
    order = "t.created_at DESC, t.id DESC"
    return await db.select(Customer, policy.visible_to(actor), where, order=order, limit=limit)


async def customer(actor: Actor, id: UUID) -> Customer:
    """One customer. Raises NotFound."""
    return await db.find(Customer, policy.visible_to(actor), id)


async def identities(actor: Actor, customer_id: UUID) -> list[Row]:
    """How a customer is known, as hints: id, kind, hint, verified_at. Never the sealed values."""
    return await db.select(
        Identity,
        policy.visible_to(actor),
        [("t.customer_id = {}", customer_id), ("t.kind <> 'visitor'", ...)],
        order="t.kind, t.id",
        columns="t.id, t.customer_id, t.kind, t.hint, t.verified_at",
    )


async def tokens(actor: Actor) -> list[Row]:
    """The shop's API tokens, newest first, without their hashes. Raises NotAllowed."""
    if not policy.may_see_tokens(actor):
        raise NotAllowed
    columns = (
        "t.id, t.shop_id, t.merchant_id, t.name, t.role, t.hint, t.scopes, t.created_at,"
        " t.expires_at, t.revoked_at"
    )
    return await db.select(Token, policy.visible_to(actor), order="t.id DESC", columns=columns)


async def everyone(actor: Actor) -> list[Row]:
    """All people of the installation by log-in, without their hashes. Raises NotAllowed."""
    if not policy.may_manage_people(actor):
        raise NotAllowed
    return await db.sql(
        "SELECT id, login, name, is_admin, locale, disabled_at, created_at FROM people"
        " ORDER BY login"
    )
