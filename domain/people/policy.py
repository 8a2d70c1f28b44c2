"""Who sees people, and who may change what they are allowed."""

from __future__ import annotations

from uuid import UUID

from domain import visibility
from domain.actors import Actor, Role, Scope
from domain.people.models import Customer, Grant, Identity, Membership, Merchant, Team, Token
from domain.visibility import EVERYTHING, Visibility

# A merchant knows a customer, and a customer a merchant, through an order and not otherwise.
_ORDERED = (
    "EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = {{t}}.shop_id"
    " AND o.customer_id = {customer} AND o.merchant_id = {merchant})"
)

visibility.visible(
    Merchant,
    Visibility(
        "merchants",
        merchant="{t}.id = {merchant}",
        customer=_ORDERED.format(customer="{customer}", merchant="{t}.id"),
        partner=EVERYTHING,
    ),
)
visibility.visible(
    Customer,
    Visibility(
        "customers",
        merchant=_ORDERED.format(customer="{t}.id", merchant="{merchant}"),
        customer="{t}.id = {customer}",
        partner=EVERYTHING,
    ),
)
visibility.visible(Identity, Visibility("customers", customer="{t}.customer_id = {customer}"))
visibility.visible(Grant, Visibility("agents"))
visibility.visible(Team, Visibility("teams"))
visibility.visible(Membership, Visibility("teams"))
visibility.visible(Token, Visibility("tokens"))

# An agent's name is the person's. Only staff may see a load (schema/people/types.py).
visibility.derive(
    Grant,
    name="(SELECT p.name FROM people p WHERE p.id = {t}.person_id)",
    load="(SELECT count(*) FROM conversations c WHERE c.shop_id = {t}.shop_id"
    " AND c.agent_id = {t}.id AND c.state = 'open')",
)


def visible_to(actor: Actor) -> Scope:
    """What of these nouns `actor` sees. Tokens ask for `may_see_tokens` as well."""
    return actor.scope


def may_see_tokens(actor: Actor) -> bool:
    """Whether `actor` may list the shop's tokens, agents for one may not."""
    return actor.role in (Role.SUPERVISOR, Role.SYSTEM)


def may_issue_token(actor: Actor) -> bool:
    """Whether `actor` may issue and revoke tokens of its shop."""
    return actor.role in (Role.SUPERVISOR, Role.SYSTEM)


def may_change_grants(actor: Actor, shop_id: UUID) -> bool:
    """Whether `actor` may grant and revoke roles in that shop."""
    if actor.role is Role.ADMIN:
        return True
    return actor.role in (Role.SUPERVISOR, Role.SYSTEM) and actor.shop_id == shop_id


def may_manage_people(actor: Actor) -> bool:
    """Whether `actor` may make and disable log-ins and set others' passwords."""
    return actor.role in (Role.ADMIN, Role.SYSTEM)


def may_manage_shop(actor: Actor) -> bool:
    """Whether `actor` may change teams and merchants of its shop."""
    return actor.role in (Role.SUPERVISOR, Role.SYSTEM)
