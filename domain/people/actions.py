"""The verbs of people: roles, tokens, teams, merchants. Log-ins and customers have their own rooms,
and are named here too, so that a caller knows one place."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from domain import db
from domain.actors import STAFF, Actor, Role
from domain.clock import now
from domain.db import unit_of_work
from domain.errors import BadCredentials, Conflict, Invalid, NotAllowed, NotFound
from domain.events import Kind, record
from domain.people import passwords, policy, rules
from domain.people.customers.actions import (
    adopt,
    external,
    sign_in,
    signed_in,
    use_nonce,
    visitor,
)
from domain.people.models import (
    Access,
    Grant,
    Membership,
    Merchant,
    Person,
    Presence,
    Team,
    Tier,
    Token,
)
from domain.people.queries import MARK
from domain.people.sessions.actions import (
    end_sessions,
    log_in,
    log_out,
    store_password,
    switch_shop,
)
from domain.rows import new_id
from domain.words import say

__all__ = [
    "access",
    "adopt",
    "create_default_teams",
    "create_merchant",
    "create_person",
    "create_team",
    "disable_person",
    "external",
    "grant",
    "issue_token",
    "join_team",
    "leave_team",
    "log_in",
    "log_out",
    "note_accesses",
    "revoke_grant",
    "revoke_token",
    "set_password",
    "sign_in",
    "signed_in",
    "switch_shop",
    "use_nonce",
    "visitor",
]


async def create_person(
    actor: Actor,
    login: str,
    name: str,
    password: str,
    *,
    is_admin: bool = False,
    locale: str = "zh",
) -> Person:
    """A person who can log in, as yet without any role. Raises NotAllowed, Invalid, Conflict."""
    if not policy.may_manage_people(actor):
        raise NotAllowed
    rules.check_password(password)
    person = Person(
        login=rules.valid_login(login),
        name=_named(name),
        password_hash=await passwords.hashed(password),
        is_admin=is_admin,
        locale=locale,
        created_at=now(),
    )
    async with unit_of_work():
        await _insert(person, "login")
    return person


async def set_password(
    actor: Actor, person_id: UUID, password: str, current: str | None = None
) -> None:
    """Change a password and end the person's other sessions.

    One's own needs the `current` one; an admin sets anybody's. Raises NotAllowed, NotFound,
    Invalid, BadCredentials.
    """
    own = actor.person_id == person_id
    if not own and not policy.may_manage_people(actor):
        raise NotAllowed
    person = await Person.get_or_none(id=person_id)
    if person is None:
        raise NotFound(noun="person")
    if own and not await passwords.matches(person.password_hash, current or ""):
        raise BadCredentials(field="current")
    rules.check_password(password)
    new = await passwords.hashed(password)
    async with unit_of_work():
        await store_password(person_id, new)
        keep = actor.session_id if own and actor.session_id else new_id()
        await end_sessions("s.person_id = $2 AND s.id <> $3", person_id, keep, by=actor.ref)


async def disable_person(actor: Actor, person_id: UUID) -> None:
    """Let nobody log in as this person any more; ends their sessions. Raises NotAllowed."""
    if not policy.may_manage_people(actor):
        raise NotAllowed
    async with unit_of_work():
        await Person.filter(id=person_id, disabled_at=None).update(disabled_at=now())
        await end_sessions("s.person_id = $2", person_id, by=actor.ref)


async def grant(
    actor: Actor, person_id: UUID, shop_id: UUID, role: Role, merchant_id: UUID | None = None
) -> Grant:
    """Give a person a role in a shop, or another one than before.

    Merchants' roles need a merchant of that shop. Raises NotAllowed, NotFound, Invalid.
    """
    if not policy.may_change_grants(actor, shop_id):
        raise NotAllowed
    rules.check_role(role, merchant_id, rules.GRANTED)
    async with unit_of_work():
        if not await Person.exists(id=person_id):
            raise NotFound(noun="person")
        if merchant_id and not await Merchant.exists(id=merchant_id, shop_id=shop_id):
            raise NotFound(noun="merchants")
        rows = await db.sql(_GRANT, new_id(), shop_id, person_id, merchant_id, role.value, now())
        granted = db.hydrate(Grant, rows[0])
        _grant_changed(actor, granted, role.value)
    return granted


_GRANT = """
INSERT INTO grants (id, shop_id, person_id, merchant_id, role, capacity, presence, created_at)
VALUES ($1, $2, $3, $4, $5, 5, 'offline', $6)
ON CONFLICT (shop_id, person_id) DO UPDATE
SET role = excluded.role, merchant_id = excluded.merchant_id, revoked_at = NULL
RETURNING *
"""


async def revoke_grant(actor: Actor, grant_id: UUID) -> None:
    """Take a role away; it leaves its teams and its sessions end. Twice is once.

    Raises NotAllowed, NotFound.
    """
    async with unit_of_work():
        found = await Grant.select_for_update().get_or_none(id=grant_id)
        if found is None or actor.shop_id not in (None, found.shop_id):
            raise NotFound(noun="agents")
        if not policy.may_change_grants(actor, found.shop_id):
            raise NotAllowed
        if found.revoked_at is not None:
            return
        found.revoked_at, found.presence = now(), Presence.OFFLINE.value
        await found.save(update_fields=["revoked_at", "presence"])
        await Membership.filter(grant_id=grant_id).delete()
        await end_sessions("s.grant_id = $2", grant_id, by=actor.ref)
        _grant_changed(actor, found, None)


def _grant_changed(actor: Actor, changed: Grant, role: str | None) -> None:
    record(
        Kind.GRANT_CHANGED,
        shop=changed.shop_id,
        by=actor.ref,
        key=changed.id,
        merchants=(changed.merchant_id,),
        person_id=changed.person_id,
        grant_id=changed.id,
        role=role,
    )


# Tokens


async def issue_token(
    actor: Actor,
    name: str,
    role: Role,
    merchant_id: UUID | None,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A new API token and its text, which is shown this once and stored as a hash only.

    Raises NotAllowed, Invalid (role, scopes, expiry), NotFound (the merchant).
    """
    if not policy.may_issue_token(actor):
        raise NotAllowed
    rules.check_role(role, merchant_id, rules.TOKEN_ROLES)
    granted = rules.check_scopes(scopes)
    if expires_at is not None and expires_at <= now():
        raise Invalid(field="expires_at")
    raw = MARK + secrets.token_urlsafe(32)
    async with unit_of_work():
        if merchant_id:
            await db.find(Merchant, policy.visible_to(actor), merchant_id)
        token = await Token.create(
            shop_id=actor.shop,
            merchant_id=merchant_id,
            name=_named(name),
            role=role.value,
            token_hash=rules.digest(raw),
            hint=f"{raw[:6]}…{raw[-4:]}",
            scopes=granted,
            created_at=now(),
            expires_at=expires_at,
        )
    return token, raw


async def revoke_token(actor: Actor, token_id: UUID) -> None:
    """Make a token useless at once. Twice is once. Raises NotAllowed, NotFound."""
    if not policy.may_issue_token(actor):
        raise NotAllowed
    async with unit_of_work():
        token = await db.lock(Token, policy.visible_to(actor), token_id)
        if token.revoked_at is not None:
            return
        token.revoked_at = now()
        await token.save(update_fields=["revoked_at"])
        record(
            Kind.TOKEN_REVOKED,
            shop=token.shop_id,
            by=actor.ref,
            key=token.id,
            merchants=(token.merchant_id,),
            token_id=token.id,
        )


# Teams and merchants


async def create_team(actor: Actor, key: str, name: str) -> Team:
    """A team for the skill group `key`. Raises NotAllowed, Invalid, Conflict."""
    if not policy.may_manage_shop(actor):
        raise NotAllowed
    if not 1 <= len(key) <= 32:
        raise Invalid(field="key")
    team = Team(shop_id=actor.shop, key=key, name=_named(name))
    async with unit_of_work():
        await _insert(team, "key")
    return team


async def create_default_teams(actor: Actor, locale: str = "zh") -> list[Team]:
    """The five teams that intents are routed to; those that exist stay as they are."""
    async with unit_of_work():
        have = {team.key: team for team in await Team.filter(shop_id=actor.shop)}
        return [
            have.get(key) or await create_team(actor, key, say(f"team.{key}", locale))
            for key in ("general", "finance", "technical", "security", "merchant")
        ]


async def join_team(actor: Actor, team_id: UUID, grant_id: UUID) -> None:
    """Put an agent into a team. Twice is once. Raises NotAllowed, NotFound, Invalid (no agent)."""
    await _change_team(actor, team_id, grant_id, joins=True)


async def leave_team(actor: Actor, team_id: UUID, grant_id: UUID) -> None:
    """Take an agent out of a team. Twice is once. Raises NotAllowed, NotFound, Invalid."""
    await _change_team(actor, team_id, grant_id, joins=False)


async def _change_team(actor: Actor, team_id: UUID, grant_id: UUID, *, joins: bool) -> None:
    if not policy.may_manage_shop(actor):
        raise NotAllowed
    async with unit_of_work():
        team = await db.find(Team, policy.visible_to(actor), team_id)
        member = await db.lock(Grant, policy.visible_to(actor), grant_id)
        if member.revoked_at is not None or Role(member.role) not in STAFF:
            raise Invalid(field="grant_id")
        there = Membership.filter(shop_id=actor.shop, team_id=team.id, grant_id=member.id)
        if joins is await there.exists():
            return
        if joins:
            await Membership.create(shop_id=actor.shop, team_id=team.id, grant_id=member.id)
        else:
            await there.delete()
        # Whoever is in a team may do more, so that open sockets must learn of it.
        _grant_changed(actor, member, member.role)


async def create_merchant(
    actor: Actor, external_id: str, name: str, tier: Tier = Tier.INDIVIDUAL
) -> Merchant:
    """A seller under the shop's own id for it. Raises NotAllowed, Invalid, Conflict."""
    if not policy.may_manage_shop(actor):
        raise NotAllowed
    if not 1 <= len(external_id) <= 64:
        raise Invalid(field="external_id")
    merchant = Merchant(
        shop_id=actor.shop, external_id=external_id, name=_named(name), tier=tier.value
    )
    async with unit_of_work():
        await _insert(merchant, "external_id")
    return merchant


# Who opened what


def access(actor: Actor, kind: str, object_id: UUID, reason: str = "") -> Access:
    """A row for `note_accesses`: that the actor opened, unmasked or exported something, now."""
    return Access(
        shop_id=actor.shop,
        actor=actor.ref[:64],
        kind=kind,
        object_id=object_id,
        reason=reason[:200],
        at=now(),
    )


async def note_accesses(accesses: Sequence[Access]) -> None:
    """Write who opened what, many at once."""
    if accesses:
        async with unit_of_work():
            await Access.bulk_create(accesses)


async def _insert(row: Person | Team | Merchant, unique: str) -> None:
    """Insert a row. Raises Conflict, naming the field, when it is there already."""
    try:
        await row.save(force_create=True)
    except IntegrityError:
        raise Conflict(field=unique) from None


def _named(name: str) -> str:
    """A name as it is kept. Raises Invalid when it is empty or over 120 characters."""
    if not 1 <= len(name.strip()) <= 120:
        raise Invalid(field="name")
    return name.strip()
