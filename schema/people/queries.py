"""Looking up people, and whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.errors import NotAllowed
from domain.people import policy
from schema.context import Info
from schema.nodes import Rows, later
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
    def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Customer]:
        """A page of customers."""
        wanted = Page.wanted(first, after, last, before)
        return page(info.context.scope, Customer, [], NEWEST, wanted)

    @strawberry.field(description="One customer.")
    def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        """A customer, or null."""
        return later(Customer.load_by(info.context, parse_id("Customer", id)))

    @strawberry.field(description="The staff of the shop, by name; for staff.")
    def agents(self, info: Info) -> list[Agent]:
        """The agents."""
        return later(Rows(Agent, info.context.scope, STAFF, "name, t.id"))

    @strawberry.field(description="The teams of the shop; for staff.")
    def teams(self, info: Info) -> list[Team]:
        """The teams."""
        return later(Rows(Team, info.context.scope, order="t.key, t.id"))

    @strawberry.field(description="The merchants that the viewer sees, by name, at most 500.")
    def merchants(self, info: Info) -> list[Merchant]:
        """The merchants."""
        return later(Rows(Merchant, info.context.scope, order="t.name, t.id", limit=500))

    @strawberry.field(description="The shop's API tokens, the newest first; for supervisors.")
    def tokens(self, info: Info) -> list[ApiToken]:
        """The tokens. Raises NotAllowed."""
        if not policy.may_see_tokens(info.context.known):
            raise NotAllowed()
        return later(Rows(ApiToken, info.context.scope, order="t.id DESC"))
