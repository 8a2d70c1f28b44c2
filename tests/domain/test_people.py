"""People: logging in, roles, tokens, teams; customers who become known and keep their talk."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import broker, db, visibility
from domain.actors import Actor, Role, system
from domain.clock import now, travel
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation, Message, Timeline
from domain.errors import (
    BadCredentials,
    Conflict,
    Expired,
    Invalid,
    NotAllowed,
    NotFound,
    TooMany,
    Unauthenticated,
)
from domain.people import actions, passwords, policy, queries, rules
from domain.people.models import Customer, Grant, Identity, Person, Session, Tier, Token
from domain.rows import new_id
from domain.secrets import keyring
from domain.settings import settings
from tests import factories
from tests.factories import PASSWORD
from tests.people import House


async def login_of(actor: Actor) -> str:
    return (await Person.get(id=actor.person_id)).login


async def enter(actor: Actor) -> tuple[str, Actor]:
    """Log a person in from an address of its own."""
    raw, _ = await actions.log_in(await login_of(actor), PASSWORD, secrets.token_hex(4))
    found = await queries.actor_of_session(raw)
    assert found is not None
    return raw, found


async def events(house: House, kind: str) -> list[dict[str, Any]]:
    rows = await db.sql(
        "SELECT * FROM events WHERE shop_id = $1 AND kind = $2 ORDER BY id", house.id, kind
    )
    return [{**row, "data": db.json(row["data"])} for row in rows]


def admin() -> Actor:
    return Actor(role=Role.ADMIN, shop_id=None, id=new_id())


# Passwords


async def test_the_dummy_hash_has_our_parameters_so_that_it_is_as_slow() -> None:
    assert not passwords.is_outdated(passwords.NOBODY)
    assert "m=19456,t=2,p=1" in passwords.NOBODY
    assert not await passwords.matches(None, "anything")


async def test_a_password_matches_itself_and_nothing_else() -> None:
    stored = await passwords.hashed("长密码 with a tail")
    assert stored.startswith("$argon2id$")
    assert len(stored) <= 255
    assert await passwords.matches(stored, "长密码 with a tail")
    assert not await passwords.matches(stored, "长密码 with a tai")
    assert not await passwords.matches("not a hash", "x")
    assert not await passwords.matches(stored, "\ud800")


# Logging in


async def test_a_person_logs_in_and_the_cookie_is_stored_as_a_hash_only(house: House) -> None:
    raw, session = await actions.log_in(await login_of(house.alice), PASSWORD, "a")
    found = await queries.actor_of_session(raw)
    assert found is not None
    assert (found.role, found.shop_id, found.id) == (Role.AGENT, house.id, house.alice.id)
    assert found.team_ids == house.alice.team_ids
    assert found.session_id == session.id
    assert raw not in str(await db.sql("SELECT * FROM sessions WHERE id = $1", session.id))


async def test_an_old_hash_is_made_anew_at_the_next_log_in(house: House) -> None:
    before = (await Person.get(id=house.bob.person_id)).password_hash
    assert passwords.is_outdated(before)
    await enter(house.bob)
    after = (await Person.get(id=house.bob.person_id)).password_hash
    assert not passwords.is_outdated(after)
    await enter(house.bob)


async def test_a_wrong_password_and_an_unknown_name_are_told_alike(house: House) -> None:
    sessions = await Session.all().count()
    for login in (await login_of(house.alice), "nobody-" + secrets.token_hex(4)):
        with pytest.raises(BadCredentials) as refused:
            await actions.log_in(login, "wrong password", secrets.token_hex(4))
        assert refused.value.params == {}
    assert await Session.all().count() == sessions


async def test_a_disabled_person_cannot_log_in_and_is_logged_out(house: House) -> None:
    raw, _ = await enter(house.alice)
    await actions.disable_person(admin(), house.alice.person_id or new_id())
    with pytest.raises(Expired):
        await queries.actor_of_session(raw)
    with pytest.raises(BadCredentials):
        await enter(house.alice)
    assert len(await events(house, "SessionEnded")) == 1


async def test_too_many_failures_close_the_account_even_for_the_right_password(
    house: House,
) -> None:
    login = await login_of(house.alice)
    for _ in range(settings().login_attempts):
        with pytest.raises(BadCredentials):
            await actions.log_in(login, "wrong", secrets.token_hex(4))
    with pytest.raises(TooMany) as refused:
        await actions.log_in(login.upper() + " ", PASSWORD, secrets.token_hex(4))
    assert refused.value.params["retry_after"] == rules.LOGIN_WINDOW
    await broker.forget(f"login:{rules.digest(login)}")
    await enter(house.alice)


async def test_an_unknown_account_is_throttled_like_a_known_one() -> None:
    login = "nobody-" + secrets.token_hex(4)
    for _ in range(settings().login_attempts):
        with pytest.raises(BadCredentials):
            await actions.log_in(login, "wrong", secrets.token_hex(4))
    with pytest.raises(TooMany):
        await actions.log_in(login, "wrong", secrets.token_hex(4))


async def test_many_attempts_at_once_are_not_judged_all(house: House) -> None:
    login = await login_of(house.charlie)
    tries = [actions.log_in(login, "wrong", f"s{n}") for n in range(20)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(end, BadCredentials) for end in ends) == settings().login_attempts


async def test_one_source_that_tries_many_accounts_is_stopped(house: House) -> None:
    source = secrets.token_hex(4)
    for _ in range(settings().login_attempts * rules.SOURCE_FACTOR):
        await broker.hit(f"source:{rules.digest(source)}", 60)
    with pytest.raises(TooMany):
        await actions.log_in(await login_of(house.bob), PASSWORD, source)
    await enter(house.bob)


async def test_a_success_starts_the_count_anew(house: House) -> None:
    login = await login_of(house.alice)
    for _ in range(3):
        for _ in range(settings().login_attempts - 1):
            with pytest.raises(BadCredentials):
                await actions.log_in(login, "wrong", secrets.token_hex(4))
        await enter(house.alice)


# Sessions


async def test_a_session_ends_with_the_working_day(house: House) -> None:
    raw, _ = await enter(house.alice)
    with travel(rules.SESSION), pytest.raises(Expired):
        await queries.actor_of_session(raw)


async def test_one_look_at_many_finds_whose_credential_is_over(house: House) -> None:
    (_, kept), (_, left), (_, let_go), (_, barred), (_, gone) = [
        await enter(actor) for actor in (house.alice,) * 2 + (house.bob, house.charlie, house.dana)
    ]
    partners = []
    for at in (None, now() + rules.SESSION / 2, now() + 2 * rules.SESSION, None):
        _, raw = await actions.issue_token(
            house.dana, "p", Role.PARTNER, None, ["tickets:read"], expires_at=at
        )
        partners.append(await queries.actor_of_token(raw))
    lasting, short, long, revoked = (actor for actor in partners if actor is not None)
    everyone = {kept, left, let_go, barred, gone, lasting, short, long, revoked, house.eve}
    # A widget's word is looked at each by itself.
    assert await queries.fallen(everyone) == {house.eve}
    await actions.log_out(left)
    await actions.revoke_grant(house.dana, house.bob.id)
    await Person.filter(id=house.charlie.person_id).update(disabled_at=now())
    await Session.filter(id=gone.session_id).delete()
    await actions.revoke_token(house.dana, revoked.id)
    over = {left, let_go, barred, gone, revoked, house.eve}
    assert await queries.fallen(everyone) == over
    with travel(rules.SESSION / 2):
        assert await queries.fallen(everyone) == over | {short}
    with travel(rules.SESSION):
        assert await queries.fallen(everyone) == over | {short, kept}
    assert await queries.fallen([]) == set()


async def test_nobody_is_known_by_an_empty_or_invented_cookie() -> None:
    assert await queries.actor_of_session("") is None
    with pytest.raises(Unauthenticated):
        await queries.actor_of_session("invented")


async def test_logging_out_ends_this_session_and_no_other(house: House) -> None:
    raw, here = await enter(house.alice)
    other, _ = await enter(house.alice)
    await actions.log_out(here)
    await actions.log_out(here)
    with pytest.raises(Expired):
        await queries.actor_of_session(raw)
    assert await queries.actor_of_session(other)
    ended = await events(house, "SessionEnded")
    assert [event["data"]["session_id"] for event in ended] == [str(here.session_id)]


async def test_a_person_works_in_the_shop_it_switches_to(house: House) -> None:
    second = await factories.shop()
    person = house.alice.person_id
    assert person
    granted = await actions.grant(admin(), person, second.id, Role.SUPERVISOR)
    raw, here = await enter(house.alice)
    assert here.shop_id == house.id
    await actions.switch_shop(here, second.id)
    found = await queries.actor_of_session(raw)
    assert found is not None
    assert (found.id, found.role, found.shop_id) == (granted.id, Role.SUPERVISOR, second.id)


async def test_nobody_switches_to_a_shop_without_a_role_or_to_admin(house: House) -> None:
    second = await factories.shop()
    raw, here = await enter(house.alice)
    for shop in (second.id, None):
        with pytest.raises(NotFound):
            await actions.switch_shop(here, shop)
    assert await queries.actor_of_session(raw) == here


async def test_an_admin_without_a_role_has_no_shop() -> None:
    login = "root-" + secrets.token_hex(4)
    person = await actions.create_person(admin(), login, "Root", PASSWORD, is_admin=True)
    raw, _ = await actions.log_in(login, PASSWORD, "x")
    found = await queries.actor_of_session(raw)
    assert found is not None
    assert (found.role, found.shop_id, found.id) == (Role.ADMIN, None, person.id)
    await actions.log_out(found)
    with pytest.raises(Expired):
        await queries.actor_of_session(raw)


async def test_somebody_without_any_role_is_not_let_in() -> None:
    login = "new-" + secrets.token_hex(4)
    await actions.create_person(admin(), login, "New", PASSWORD)
    with pytest.raises(NotAllowed):
        await actions.log_in(login, PASSWORD, "x")


async def test_a_new_password_ends_the_other_sessions(house: House) -> None:
    raw, here = await enter(house.alice)
    other, _ = await enter(house.alice)
    person = here.person_id
    assert person
    with pytest.raises(BadCredentials):
        await actions.set_password(here, person, "a new long password", "not the old one")
    assert await queries.actor_of_session(other)
    await actions.set_password(here, person, "a new long password", PASSWORD)
    assert await queries.actor_of_session(raw)
    with pytest.raises(Expired):
        await queries.actor_of_session(other)
    await actions.log_in(await login_of(house.alice), "a new long password", "x")


async def test_only_an_admin_sets_anothers_password(house: House) -> None:
    person = house.bob.person_id
    assert person
    before = (await Person.get(id=person)).password_hash
    for actor in (house.alice, house.dana, house.mei, house.eve, house.pat):
        with pytest.raises(NotAllowed):
            await actions.set_password(actor, person, "a new long password")
    assert (await Person.get(id=person)).password_hash == before
    await actions.set_password(admin(), person, "a new long password")
    assert (await Person.get(id=person)).password_hash != before


# People, roles, teams


async def test_only_an_admin_makes_people(house: House) -> None:
    people = await Person.all().count()
    for actor in house.everyone().values():
        with pytest.raises(NotAllowed):
            await actions.create_person(actor, "x", "X", PASSWORD)
        with pytest.raises(NotAllowed):
            await queries.everyone(actor)
    assert await Person.all().count() == people


async def test_a_log_in_is_unique_without_case_and_a_password_long_enough() -> None:
    login = "Zoë-" + secrets.token_hex(4)
    await actions.create_person(admin(), f" {login} ", "Zoë", PASSWORD)
    with pytest.raises(Conflict) as refused:
        await actions.create_person(admin(), login.upper(), "Zoë", PASSWORD)
    assert refused.value.field == "login"
    for name, word, field in (("a b", PASSWORD, "login"), ("ab", "short", "password")):
        with pytest.raises(Invalid) as bad:
            await actions.create_person(admin(), name, "N", word)
        assert bad.value.field == field


async def test_a_revoked_role_is_over_at_once_and_its_socket_is_told(house: House) -> None:
    raw, here = await enter(house.alice)
    await actions.revoke_grant(house.dana, house.alice.id)
    await actions.revoke_grant(house.dana, house.alice.id)
    with pytest.raises(Expired):
        await queries.actor_of_session(raw)
    (changed,) = await events(house, "GrantChanged")
    assert changed["data"]["person_id"] == str(house.alice.person_id)
    (ended,) = await events(house, "SessionEnded")
    assert ended["data"]["session_id"] == str(here.session_id)
    assert await queries.memberships(house.dana, [house.teams["technical"].id]) != []
    members = await queries.memberships(house.dana, [house.teams["technical"].id])
    assert house.alice.id not in {row["grant_id"] for row in members}
    with pytest.raises(NotAllowed):
        await enter(house.alice)


async def test_a_role_that_is_given_back_is_the_same_agent(house: House) -> None:
    person = house.alice.person_id
    assert person
    await actions.revoke_grant(house.dana, house.alice.id)
    again = await actions.grant(house.dana, person, house.id, Role.SUPERVISOR)
    assert again.id == house.alice.id
    _, found = await enter(house.alice)
    assert found.role is Role.SUPERVISOR


async def test_nobody_but_a_supervisor_or_an_admin_changes_roles(house: House) -> None:
    other = await factories.house()
    person = house.bob.person_id
    assert person
    for actor in (house.alice, house.mei, house.eve, house.pat, other.dana):
        with pytest.raises((NotAllowed, NotFound)):
            await actions.revoke_grant(actor, house.bob.id)
        with pytest.raises(NotAllowed):
            await actions.grant(actor, person, house.id, Role.SUPERVISOR)
    kept = await Grant.get(id=house.bob.id)
    assert (kept.role, kept.revoked_at) == ("agent", None)
    assert await events(house, "GrantChanged") == []


async def test_a_merchants_role_needs_a_merchant_of_the_shop(house: House) -> None:
    other = await factories.house()
    person = house.bob.person_id
    assert person
    mei = house.merchants["mei"].id
    for role, merchant, error in (
        (Role.MERCHANT_OWNER, None, Invalid),
        (Role.AGENT, mei, Invalid),
        (Role.ADMIN, None, Invalid),
        (Role.CUSTOMER, None, Invalid),
        (Role.MERCHANT_STAFF, other.merchants["mei"].id, NotFound),
    ):
        with pytest.raises(error):
            await actions.grant(house.dana, person, house.id, role, merchant)
    assert (await Grant.get(id=house.bob.id)).role == "agent"
    await actions.grant(house.dana, person, house.id, Role.MERCHANT_STAFF, mei)


async def test_an_agent_joins_and_leaves_a_team(house: House) -> None:
    team = house.teams["finance"].id
    await actions.join_team(house.dana, team, house.alice.id)
    await actions.join_team(house.dana, team, house.alice.id)
    _, found = await enter(house.alice)
    assert team in found.team_ids
    assert len(await events(house, "GrantChanged")) == 1
    await actions.leave_team(house.dana, team, house.alice.id)
    _, found = await enter(house.alice)
    assert team not in found.team_ids


async def test_teams_are_a_supervisors_business_within_the_shop(house: House) -> None:
    other = await factories.house()
    team = house.teams["finance"].id
    with pytest.raises(NotAllowed):
        await actions.join_team(house.alice, team, house.alice.id)
    with pytest.raises(NotFound):
        await actions.join_team(other.dana, team, house.alice.id)
    with pytest.raises(NotFound):
        await actions.join_team(house.dana, team, other.alice.id)
    with pytest.raises(Invalid):
        await actions.join_team(house.dana, team, house.mei.id)
    with pytest.raises(Conflict):
        await actions.create_team(house.dana, "finance", "Again")
    assert await events(house, "GrantChanged") == []


async def test_a_new_shop_gets_the_five_teams_and_merchants(house: House) -> None:
    row = await factories.shop()
    actor = system(row.id)
    teams = await actions.create_default_teams(actor)
    assert [team.key for team in teams] == [
        "general", "finance", "technical", "security", "merchant",
    ]  # fmt: skip
    assert [team.id for team in await actions.create_default_teams(actor)] == [t.id for t in teams]
    merchant = await actions.create_merchant(actor, "m-1", "星辰", Tier.ENTERPRISE)
    assert merchant.tier == "enterprise"
    with pytest.raises(Conflict):
        await actions.create_merchant(actor, "m-1", "星辰")


# Tokens


async def test_a_token_is_shown_once_and_stands_for_its_scopes(house: House) -> None:
    token, raw = await actions.issue_token(
        house.dana, "ERP", Role.PARTNER, None, ["orders:read", "tickets:read"]
    )
    assert raw.startswith("zd_")
    assert len(raw) == 46
    assert raw not in str(await db.sql("SELECT * FROM tokens WHERE id = $1", token.id))
    found = await queries.actor_of_token(raw)
    assert found is not None
    assert (found.role, found.shop_id, found.id) == (Role.PARTNER, house.id, token.id)
    assert found.scopes == frozenset({"orders:read", "tickets:read"})
    assert found.scope.reads == ("orders", "tickets")
    (listed,) = await queries.tokens(house.dana)
    assert "token_hash" not in listed


async def test_a_merchants_token_is_bound_to_it(house: House) -> None:
    mei = house.merchants["mei"].id
    _, raw = await actions.issue_token(
        house.dana, "shop", Role.MERCHANT_OWNER, mei, ["orders:read", "merchants:read"]
    )
    found = await queries.actor_of_token(raw)
    assert found is not None
    assert [row["id"] for row in await queries.merchants(found)] == [mei]


async def test_a_revoked_token_is_useless_at_once(house: House) -> None:
    token, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    await actions.revoke_token(house.dana, token.id)
    await actions.revoke_token(house.dana, token.id)
    with pytest.raises(Unauthenticated):
        await queries.actor_of_token(raw)
    (revoked,) = await events(house, "TokenRevoked")
    assert revoked["data"]["token_id"] == str(token.id)


async def test_a_token_ends_when_it_said_it_would(house: House) -> None:
    until = now() + timedelta(hours=1)
    _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"], until)
    assert await queries.actor_of_token(raw)
    with travel(timedelta(hours=1)), pytest.raises(Expired):
        await queries.actor_of_token(raw)


async def test_what_is_no_token_is_nobody_and_an_invented_one_is_refused() -> None:
    assert await queries.actor_of_token("eyJ.a.b") is None
    with pytest.raises(Unauthenticated):
        await queries.actor_of_token("zd_" + "x" * 43)


async def test_only_a_supervisor_sees_issues_and_revokes_tokens(house: House) -> None:
    other = await factories.house()
    token, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    for actor in (house.alice, house.mei, house.eve, house.pat, admin()):
        with pytest.raises(NotAllowed):
            await actions.issue_token(actor, "y", Role.PARTNER, None, ["orders:read"])
        with pytest.raises(NotAllowed):
            await queries.tokens(actor)
        with pytest.raises(NotAllowed):
            await actions.revoke_token(actor, token.id)
    with pytest.raises(NotFound):
        await actions.revoke_token(other.dana, token.id)
    assert await Token.filter(shop_id=house.id).count() == 1
    assert await queries.actor_of_token(raw)


async def test_a_token_must_ask_for_something_we_know(house: House) -> None:
    wrong: list[tuple[Role, UUID | None, list[str]]] = [
        (Role.PARTNER, None, []),
        (Role.PARTNER, None, ["orders:write"]),
        (Role.SUPERVISOR, None, ["orders:read"]),
        (Role.MERCHANT_OWNER, None, ["orders:read"]),
    ]
    for role, merchant, scopes in wrong:
        with pytest.raises(Invalid):
            await actions.issue_token(house.dana, "x", role, merchant, scopes)
    with pytest.raises(Invalid):
        await actions.issue_token(
            house.dana, "x", Role.PARTNER, None, ["orders:read"], now() - timedelta(seconds=1)
        )
    assert await Token.filter(shop_id=house.id).count() == 0


# Who sees whom


async def test_customers_and_merchants_know_each_other_through_an_order(house: House) -> None:
    assert {row["name"] for row in await queries.customers(house.alice)} == {"Eve", "Frank"}
    assert [row["name"] for row in await queries.customers(house.mei)] == ["Eve"]
    assert [row["name"] for row in await queries.customers(house.eve)] == ["Eve"]
    assert {row["name"] for row in await queries.merchants(house.eve)} == {"Mei", "Nora"}
    assert await queries.merchants(house.frank) == []
    assert [row["name"] for row in await queries.merchants(house.mei)] == ["Mei"]
    assert await queries.customers(house.pat) == []
    with pytest.raises(NotFound):
        await queries.customer(house.mei, house.frank.id)
    with pytest.raises(NotFound):
        await queries.merchant(house.mei, house.merchants["nora"].id)


async def test_identities_are_hints_for_staff_and_for_the_customer_alone(house: House) -> None:
    for actor in (house.alice, house.eve):
        (row,) = await queries.identities(actor, house.eve.id)
        assert set(row) == {"id", "customer_id", "kind", "hint", "verified_at"}
    for actor in (house.mei, house.frank, house.pat):
        assert await queries.identities(actor, house.eve.id) == []


async def test_staff_is_listed_to_staff_of_the_shop_only(house: House) -> None:
    other = await factories.house()
    names = [row["name"] for row in await queries.agents(house.alice)]
    assert names == ["Alice", "Bob", "Charlie", "Dana"]
    assert len(await queries.teams(house.alice)) == 5
    for actor in (house.mei, house.eve, house.pat):
        assert await queries.agents(actor) == []
        assert await queries.teams(actor) == []
    with pytest.raises(NotFound):
        await queries.agent(other.dana, house.alice.id)


async def test_every_noun_of_people_has_rules_and_customers_page(house: House) -> None:
    declared = {rule.noun for rule in visibility.visibilities().values()}
    assert {"agents", "teams", "customers", "merchants", "tokens"} <= declared
    first = await queries.customers(house.alice, limit=1)
    second = await queries.customers(house.alice, before=first[0]["id"], limit=1)
    assert first[0]["id"] != second[0]["id"]
    assert policy.visible_to(house.eve).customer_id == house.eve.id


# Customers


async def test_a_browser_that_comes_back_is_the_same_visitor(house: House) -> None:
    key = secrets.token_urlsafe(32)
    first = await actions.visitor(house.shop, key)
    assert first.is_anonymous
    assert (await actions.visitor(house.shop, key)).id == first.id
    other = await factories.shop()
    assert (await actions.visitor(other, key)).id != first.id
    with pytest.raises(Invalid):
        await actions.visitor(house.shop, "short")
    assert key not in str(await Identity.filter(customer_id=first.id).values())


async def test_two_first_visits_at_once_are_one_visitor(house: House) -> None:
    key = secrets.token_urlsafe(32)
    found = await asyncio.gather(*(actions.visitor(house.shop, key) for _ in range(5)))
    assert len({customer.id for customer in found}) == 1


async def test_a_user_of_the_shop_is_one_customer_with_verified_identities(house: House) -> None:
    user = "u-" + secrets.token_hex(4)
    first = await actions.signed_in(house.shop, user, "小夏", "Xia@Example.com", "13800138000")
    again = await actions.signed_in(house.shop, user, "小夏", "xia@example.com", None)
    assert again.id == first.id
    assert not first.is_anonymous
    rows = await queries.identities(house.alice, first.id)
    assert [(row["kind"], row["hint"]) for row in rows] == [
        ("email", "X***@Example.com"),
        ("phone", "138****8000"),
        ("user", f"{user[:2]}***"),
    ]
    assert all(row["verified_at"] for row in rows)


async def test_one_at_once_signing_in_twice_is_one_customer(house: House) -> None:
    user = "u-" + secrets.token_hex(4)
    tries = [actions.signed_in(house.shop, user, "A", f"{user}@a.cn") for _ in range(5)]
    assert len({customer.id for customer in await asyncio.gather(*tries)}) == 1


async def test_an_email_belongs_to_whom_the_shop_says_last(house: House) -> None:
    email = f"{secrets.token_hex(4)}@example.com"
    first = await actions.signed_in(house.shop, "u-1" + email, "A", email)
    second = await actions.signed_in(house.shop, "u-2" + email, "B", email)
    kinds = [row["kind"] for row in await queries.identities(house.alice, first.id)]
    assert kinds == ["user"]
    assert len(await queries.identities(house.alice, second.id)) == 2


async def test_a_customers_name_never_holds_a_phone(house: House) -> None:
    user = "u-" + secrets.token_hex(4)
    customer = await actions.signed_in(house.shop, user, "王 13800138000")
    assert "13800138000" not in customer.name


# An anonymous visitor signs in


async def talk(
    house: House, customer: Customer, *, holder: str = "bot", state: str = "open", ago: int = 0,
    client_id: str | None = None,
) -> Conversation:  # fmt: skip
    """A conversation with one message."""
    timeline, _ = await Timeline.get_or_create(shop_id=house.id, customer_id=customer.id)
    at = now() - timedelta(minutes=ago)
    row = await Conversation.create(
        shop_id=house.id, timeline_id=timeline.id, customer_id=customer.id,
        channel_id=house.webchat.id, holder=holder, state=state, opened_at=at,
        last_message_at=at, deadline="running" if holder == "queue" else "none",
    )  # fmt: skip
    await Message.create(
        shop_id=house.id, conversation_id=row.id, customer_id=customer.id, seq=1,
        author="customer", text="在吗", client_id=client_id, created_at=at,
    )  # fmt: skip
    return row


async def pair(house: House) -> tuple[Customer, Customer, str]:
    key = secrets.token_urlsafe(32)
    visitor = await actions.visitor(house.shop, key)
    customer = await actions.signed_in(house.shop, "u-" + secrets.token_hex(4), "小夏")
    return visitor, customer, key


async def test_a_visitor_who_signs_in_keeps_the_talk(house: House) -> None:
    visitor, customer, key = await pair(house)
    was = await talk(house, visitor)
    await actions.adopt(visitor, customer)
    now_is = await Conversation.get(id=was.id)
    assert (now_is.customer_id, now_is.state) == (customer.id, "open")
    timeline = await Timeline.get(customer_id=customer.id)
    assert now_is.timeline_id == timeline.id
    assert (await Message.get(conversation_id=was.id)).customer_id == customer.id
    (merged,) = await events(house, "CustomerMerged")
    assert set(merged["customer_ids"]) == {visitor.id, customer.id}
    assert not await Customer.exists(id=visitor.id)
    assert (await actions.visitor(house.shop, key)).id not in (visitor.id, customer.id)


async def test_signing_in_twice_moves_once(house: House) -> None:
    visitor, customer, _ = await pair(house)
    await talk(house, visitor)
    await actions.adopt(visitor, customer)
    await actions.adopt(visitor, customer)
    await actions.adopt(customer, customer)
    assert len(await events(house, "CustomerMerged")) == 1


@pytest.mark.parametrize(
    ("visitors", "customers", "stays"),
    [
        (("bot", 0), ("bot", 5), "visitor"),
        (("bot", 5), ("bot", 0), "customer"),
        (("bot", 0), ("queue", 5), "customer"),
        (("agent", 9), ("queue", 0), "visitor"),
    ],
)
async def test_of_two_open_conversations_one_stays_open_and_both_are_kept(
    house: House, visitors: tuple[str, int], customers: tuple[str, int], stays: str
) -> None:
    visitor, customer, _ = await pair(house)
    rows = {
        "visitor": await talk(house, visitor, holder=visitors[0], ago=visitors[1]),
        "customer": await talk(house, customer, holder=customers[0], ago=customers[1]),
    }
    await talk(house, visitor, state="closed", ago=60)
    await actions.adopt(visitor, customer)
    kept = {row.id: row for row in await Conversation.filter(customer_id=customer.id)}
    assert len(kept) == 3
    for name, row in rows.items():
        assert kept[row.id].state == ("open" if name == stays else "closed")
        assert kept[row.id].state == "open" or kept[row.id].deadline == "none"
    (closed,) = await events(house, "ConversationClosed")
    assert closed["data"]["reason"] == "merged"
    assert closed["conversation_id"] != rows[stays].id


async def test_a_message_sent_before_and_after_signing_in_does_not_stop_the_move(
    house: House,
) -> None:
    visitor, customer, _ = await pair(house)
    await talk(house, visitor, client_id="c-1", state="closed")
    await talk(house, customer, client_id="c-1")
    await actions.adopt(visitor, customer)
    assert await Message.filter(customer_id=customer.id).count() == 2
    assert await Message.filter(customer_id=customer.id, client_id="c-1").count() == 1


async def test_a_message_written_while_signing_in_is_moved_or_refused_and_never_lost(
    house: House,
) -> None:
    for _ in range(5):
        visitor, customer, _ = await pair(house)
        asker = Actor(Role.CUSTOMER, house.id, visitor.id, customer_id=visitor.id)
        await conversations.receive(asker, "在吗")
        writing = [conversations.receive(asker, f"第 {n} 句") for n in range(4)]
        *sent, adopted = await asyncio.gather(
            *writing, actions.adopt(visitor, customer), return_exceptions=True
        )
        assert adopted is None
        assert all(isinstance(one, Message | NotFound) for one in sent)
        arrived = 1 + sum(isinstance(one, Message) for one in sent)
        assert await Message.filter(customer_id=customer.id).count() == arrived
        assert await Message.filter(customer_id=visitor.id).count() == 0


async def test_a_known_customer_is_nobodys_to_adopt(house: House) -> None:
    _, customer, _ = await pair(house)
    frank = await Customer.get(id=house.frank.id)
    stranger = await actions.visitor(await factories.shop())
    was = await talk(house, frank)
    with pytest.raises(Invalid):
        await actions.adopt(frank, customer)
    await actions.adopt(stranger, customer)
    assert (await Conversation.get(id=was.id)).customer_id == frank.id
    assert await Customer.exists(id=stranger.id)
    assert await events(house, "CustomerMerged") == []


# Who opened what


async def test_accesses_are_written_many_at_once(house: House) -> None:
    seen = [
        actions.access(house.alice, "opened", new_id()),
        actions.access(house.dana, "exported", new_id(), "audit"),
    ]
    await actions.note_accesses(seen)
    await actions.note_accesses([])
    rows = await db.sql("SELECT actor, kind FROM accesses WHERE shop_id = $1 ORDER BY id", house.id)
    assert [(row["actor"], row["kind"]) for row in rows] == [
        (house.alice.ref, "opened"),
        (house.dana.ref, "exported"),
    ]


async def test_a_sealed_identity_opens_with_its_own_row_only(house: House) -> None:
    customer = await actions.signed_in(house.shop, "u-" + secrets.token_hex(4), "A", "a@b.cn")
    row = await Identity.get(customer_id=customer.id, kind="email")
    assert keyring().unseal(bytes(row.sealed), row.id) == b"a@b.cn"
