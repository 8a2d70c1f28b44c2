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
from schema.nodes import Node
from schema.paging import After, Before, Connection, First, Last, Page

if TYPE_CHECKING:
    from schema.conversations.types import Conversation
    from schema.orders.types import Order


@strawberry.type(description="A group of agents that shares a skill.")
class Team(Node):
    """`key` is the skill group of the intents."""

    key: str
    name: str

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Team

    @strawberry.field(description="Who is in it; nobody, to anybody but staff.")
    async def agents(self, info: Info) -> list[Agent]:
        """The agents of the team."""
        loaders = info.context.loaders
        members = await loaders.many(models.Membership, "team_id").load(self.pk)
        found = await loaders.one(models.Grant).load_many([row["grant_id"] for row in members])
        return [Agent.of(row) for row in found if row and row["revoked_at"] is None]


@strawberry.type(description="Somebody of the staff, in this shop.")
class Agent(Node):
    """A grant of the role agent or supervisor."""

    name: str
    role: enums.Role
    presence: enums.Presence
    capacity: int = strawberry.field(description="How many conversations at once.")

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Grant

    @strawberry.field(
        description="How many open conversations they have.", extensions=[StaffOnly()]
    )
    async def load(self, info: Info) -> int | None:
        """The agent's load."""
        return await info.context.loaders.load_of_agent.load(self.pk)

    @strawberry.field(description="The teams they are in.")
    async def teams(self, info: Info) -> list[Team]:
        """The agent's teams."""
        loaders = info.context.loaders
        members = await loaders.many(models.Membership, "grant_id").load(self.pk)
        found = await loaders.one(models.Team).load_many([row["team_id"] for row in members])
        return [Team.of(row) for row in found if row]


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

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Customer

    @strawberry.field(
        description="How they are known; empty to anybody but staff.",
        extensions=[StaffOnly(empty=list)],
    )
    async def identities(self, info: Info) -> list[Identity]:
        """The customer's identities, but for the browser's key."""
        found = await info.context.loaders.many(models.Identity, "customer_id").load(self.pk)
        return [
            Identity(kind=row["kind"], hint=row["hint"], verified_at=row["verified_at"])
            for row in found
            if row["kind"] != "visitor"
        ]

    @strawberry.field(description="Their conversations, the latest first.")
    async def conversations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Conversation, strawberry.lazy("schema.conversations.types")]]:
        """The customer's conversations."""
        from schema.conversations.queries import of_customer

        return await of_customer(info.context, self.pk, Page.wanted(first, after, last, before))

    @strawberry.field(description="Their orders, the newest first.")
    async def orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Order, strawberry.lazy("schema.orders.types")]]:
        """The customer's orders."""
        from schema.orders.queries import of_customer

        return await of_customer(info.context, self.pk, Page.wanted(first, after, last, before))


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

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Token

    @strawberry.field(description="The merchant it is bound to, if it is.")
    async def merchant(self, info: Info) -> Merchant | None:
        """The token's merchant."""
        return await Merchant.load_by(info.context, self.column("merchant_id"))


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
    async def agent(self, info: Info) -> Agent | None:
        """The viewer's grant."""
        return await Agent.load_by(info.context, self.actor_id) if self.staff else None

    @strawberry.field(description="The merchant the viewer acts for.")
    async def merchant(self, info: Info) -> Merchant | None:
        """The viewer's merchant."""
        return await Merchant.load_by(info.context, self.merchant_id)

    @strawberry.field(description="The viewer as a customer.")
    async def customer(self, info: Info) -> Customer | None:
        """The viewer's customer."""
        return await Customer.load_by(info.context, self.customer_id)
