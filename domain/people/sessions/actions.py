"""The verbs of log-ins: in, out, and from one shop to another."""

from __future__ import annotations

import secrets
from uuid import UUID

from domain import broker, db
from domain.actors import Actor
from domain.clock import now
from domain.db import unit_of_work
from domain.errors import BadCredentials, NotAllowed, NotFound, TooMany
from domain.events import Kind, record
from domain.people import passwords, rules
from domain.people.models import Person, Session
from domain.people.queries import grants_of
from domain.settings import settings


async def log_in(login: str, password: str, source: str) -> tuple[str, Session]:
    """The value of a fresh cookie, and its session in the person's first shop.

    `source` is where the attempt comes from (an address). Raises BadCredentials, the same and
    after the same time for an unknown log-in, a wrong password and a disabled person; TooMany
    with `retry_after` seconds when the log-in or the source has failed too often; NotAllowed
    for somebody who has no role anywhere.
    """
    account = f"login:{rules.digest(rules.login_of(login))}"
    failures = f"source:{rules.digest(source)}"
    await _throttle(account, failures)
    person = await Person.get_or_none(login=rules.login_of(login))
    right = await passwords.matches(person.password_hash if person else None, password)
    if person is None or not right or person.disabled_at is not None:
        await broker.hit(failures, rules.LOGIN_WINDOW)
        raise BadCredentials
    await broker.forget(account)
    if passwords.is_outdated(person.password_hash):
        await store_password(person.id, await passwords.hashed(password))
    return await _open_session(person)


async def _throttle(account: str, failures: str) -> None:
    """Count the attempt before it is judged, so that many at once are not judged all."""
    most = settings().login_attempts
    tries = await broker.hit(account, rules.LOGIN_WINDOW)
    if tries > most or await broker.peek(failures) >= most * rules.SOURCE_FACTOR:
        raise TooMany(retry_after=rules.LOGIN_WINDOW)


async def store_password(person_id: UUID, password_hash: str) -> None:
    """Keep the hash of a person's password."""
    async with unit_of_work():
        await Person.filter(id=person_id).update(password_hash=password_hash)


async def _open_session(person: Person) -> tuple[str, Session]:
    grants = await grants_of(person.id)
    if not grants and not person.is_admin:
        raise NotAllowed
    raw, at = secrets.token_urlsafe(32), now()
    async with unit_of_work():
        session = await Session.create(
            person_id=person.id,
            grant_id=grants[0]["id"] if grants else None,
            token_hash=rules.digest(raw),
            created_at=at,
            expires_at=at + rules.SESSION,
        )
    return raw, session


async def log_out(actor: Actor) -> None:
    """End the session that the actor came with; without one, nothing."""
    if actor.session_id is None:
        return
    async with unit_of_work():
        await end_sessions("s.id = $2", actor.session_id, by=actor.ref)


async def switch_shop(actor: Actor, shop_id: UUID | None) -> None:
    """Work in another shop from now on, or as admin of the installation (None).

    Raises NotFound where the person has no role, and for an actor without a session.
    """
    if actor.person_id is None or actor.session_id is None:
        raise NotFound(noun="shop")
    grants = {row["shop_id"]: row["id"] for row in await grants_of(actor.person_id)}
    async with unit_of_work():
        person = await Person.get(id=actor.person_id)
        if shop_id not in grants and (shop_id is not None or not person.is_admin):
            raise NotFound(noun="shop")
        grant_id = grants[shop_id] if shop_id is not None else None
        await Session.filter(id=actor.session_id).update(grant_id=grant_id)
        if actor.shop_id is not None:
            record(
                Kind.SHOP_SWITCHED,
                shop=actor.shop_id,
                by=actor.ref,
                key=actor.session_id,
                session_id=actor.session_id,
            )


async def end_sessions(which: str, *values: UUID, by: str) -> None:
    """End the open sessions `s` that `which` names, and say so in each one's shop.

    `which` is a condition with its parameters from $2 on, in `values`.
    """
    ended = await db.sql(
        "UPDATE sessions s SET ended_at = $1 FROM (SELECT s.id, g.shop_id FROM sessions s"
        f" LEFT JOIN grants g ON g.id = s.grant_id WHERE s.ended_at IS NULL AND {which}) o"
        " WHERE s.id = o.id AND s.ended_at IS NULL RETURNING s.id, o.shop_id",
        now(),
        *values,
    )
    for row in ended:
        if row["shop_id"] is not None:  # An admin's session has no shop to tell.
            record(
                Kind.SESSION_ENDED,
                shop=row["shop_id"],
                by=by,
                key=row["id"],
                session_id=row["id"],
            )
