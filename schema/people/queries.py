"""Looking up people, and whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.people import models, queries
from schema.context import Info
from schema.loaders import decoded, rows
from schema.paging import After, Before, Connection, First, Key, Last, Page, page
from schema.paging import Order as Sequence
from schema.people.types import Agent, ApiToken, Customer, Merchant, Team, Viewer
from schema.scalars import parse_id

NEWEST = Sequence("created-", (Key("created_at", datetime, True), Key("id", UUID, True)))
STAFF: list[tuple[str, Any]] = [
    ("t.role IN ('supervisor', 'agent')", ...),
    ("t.revoked_at IS NULL", ...),
]


@strawberry.type
class PeopleQueries:
    """People, for Query."""

    @strawberry.field(description="Whoever asks.")
    def viewer(self, info: Info) -> Viewer:
        """The viewer."""
        return Viewer.of(info.context)

    @strawberry.field(description="The customers that the viewer sees, the newest first.")
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Customer]:
        """A page of customers."""
        wanted = Page.wanted(first, after, last, before)
        return await page(info.context.scope, models.Customer, Customer, [], NEWEST, wanted)

    @strawberry.field(description="One customer.")
    async def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        """A customer, or null."""
        return await Customer.load_by(info.context, parse_id("Customer", id))

    @strawberry.field(description="The staff of the shop, by name; for staff.")
    async def agents(self, info: Info) -> list[Agent]:
        """The agents."""
        found = await rows(info.context.scope, models.Grant, STAFF, "name, t.id")
        return [Agent.of(row) for row in found]

    @strawberry.field(description="The teams of the shop; for staff.")
    async def teams(self, info: Info) -> list[Team]:
        """The teams."""
        found = await rows(info.context.scope, models.Team, [], "t.key, t.id")
        return [Team.of(row) for row in found]

    @strawberry.field(description="The merchants that the viewer sees, by name, at most 500.")
    async def merchants(self, info: Info) -> list[Merchant]:
        """The merchants."""
        found = await rows(info.context.scope, models.Merchant, [], "t.name, t.id", 500)
        return [Merchant.of(row) for row in found]

    @strawberry.field(description="The shop's API tokens, the newest first; for supervisors.")
    async def tokens(self, info: Info) -> list[ApiToken]:
        """The tokens. Raises NotAllowed."""
        found = await queries.tokens(info.context.known)
        return [ApiToken.of(decoded(models.Token, row)) for row in found]
