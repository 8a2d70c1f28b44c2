"""Agents, teams, customers, merchants, tokens, and the viewer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from tortoise.models import Model

from domain.people import models, policy  # noqa: F401  (policy declares who sees what)
from schema import enums
from schema.context import Context, Info, StaffOnly
from schema.fields import derived, many, pages, related, through
from schema.nodes import Node, later
from schema.paging import Connection, Key
from schema.paging import Order as Sequence

if TYPE_CHECKING:
    from schema.conversations.types import Conversation
    from schema.orders.types import Order

LATEST = Sequence("last-", (Key("last_message_at", datetime, True), Key("id", UUID, True)))
PLACED = Sequence("placed-", (Key("placed_at", datetime, True), Key("id", UUID, True)))


@strawberry.type(description="A group of agents that shares a skill.")
class Team(Node):
    """`key` is the skill group of the intents."""

    key: str
    name: str

    agents: list[Agent] = through(
        "Who is in it; nobody, to anybody but staff.",
        models.Membership,
        "team_id",
        "grant_id",
        models.Grant,
        (("t.revoked_at IS NULL",),),
    )

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Team


@strawberry.type(description="Somebody of the staff, in this shop.")
class Agent(Node):
    """A grant of the role agent or supervisor."""

    name: str
    role: enums.Role
    presence: enums.Presence
    capacity: int = strawberry.field(description="How many conversations at once.")

    load: int | None = derived("How many open conversations they have.", (StaffOnly(),))
    teams: list[Team] = through(
        "The teams they are in.", models.Membership, "grant_id", "team_id", models.Team
    )

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Grant


@strawberry.type(description="A seller in the shop.")
class Merchant(Node):
    """`externalId` is the shop's own id for it."""

    name: str
    tier: enums.Tier
    external_id: str

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Merchant


@strawberry.type(description="One way a customer is known. The value itself is never shown.")
class Identity:
    """A masked identity."""

    kind: enums.IdentityKind
    hint: str = strawberry.field(description="Masked, so that a person can recognise it.")
    verified_at: datetime | None


@strawberry.type(description="A buyer in the shop.")
class Customer(Node):
    """`name` never holds a phone or an email."""

    name: str
    locale: str
    is_anonymous: bool
    created_at: datetime

    identities: list[Identity] = many(
        "How they are known; empty to anybody but staff.",
        models.Identity,
        "customer_id",
        where=(("t.kind <> 'visitor'",),),
        extensions=(StaffOnly(empty=list),),
    )
    conversations: Connection[
        Annotated[Conversation, strawberry.lazy("schema.conversations.types")]
    ] = pages("Their conversations, the latest first.", "customer_id", LATEST)
    orders: Connection[Annotated[Order, strawberry.lazy("schema.orders.types")]] = pages(
        "Their orders, the newest first.", "customer_id", PLACED
    )

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Customer


@strawberry.type(description="An API token, without its secret.")
class ApiToken(Node):
    """What is known of a token after it was made."""

    name: str
    role: enums.Role
    hint: str = strawberry.field(description="How the token ends.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    merchant: Merchant | None = related("The merchant it is bound to, if it is.")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Token


@strawberry.type(description="A token just made. Its secret is shown this once.")
class IssuedToken:
    """The token and its secret."""

    token: ApiToken
    secret: str


@strawberry.type(description="Whoever asks.")
class Viewer:
    """The actor behind the request."""

    actor_id: strawberry.Private[UUID]
    name: str
    role: enums.Role
    locale: str
    merchant_id: strawberry.Private[UUID | None]
    customer_id: strawberry.Private[UUID | None]
    staff: strawberry.Private[bool]

    @classmethod
    def of(cls, context: Context) -> Viewer:
        """The viewer of an execution. Raises Unauthenticated."""
        actor = context.known
        return cls(
            actor_id=actor.id,
            name=actor.name,
            role=enums.Role(actor.role.value),
            locale=actor.locale,
            merchant_id=actor.merchant_id,
            customer_id=actor.customer_id,
            staff=actor.is_staff,
        )

    @strawberry.field(description="The viewer as an agent, for staff.")
    def agent(self, info: Info) -> Agent | None:
        """The viewer's grant."""
        return later(Agent.load_by(info.context, self.actor_id if self.staff else None))

    @strawberry.field(description="The merchant the viewer acts for.")
    def merchant(self, info: Info) -> Merchant | None:
        """The viewer's merchant."""
        return later(Merchant.load_by(info.context, self.merchant_id))

    @strawberry.field(description="The viewer as a customer.")
    def customer(self, info: Info) -> Customer | None:
        """The viewer's customer."""
        return later(Customer.load_by(info.context, self.customer_id))
