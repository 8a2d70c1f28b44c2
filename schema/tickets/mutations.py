"""The verbs of tickets: each calls one verb of the domain."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.tickets import actions
from schema.context import Info
from schema.errors import (
    ConflictProblem,
    InvalidProblem,
    NotAllowedProblem,
    NotFoundProblem,
    TooManyProblem,
    UnavailableProblem,
)
from schema.scalars import known_id
from schema.tickets.types import Ticket

TicketResult = Annotated[
    Ticket
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("TicketResult", description="The ticket, or what was wrong."),
]


@strawberry.type
class TicketMutations:
    """Verbs of tickets, for Mutation."""

    @strawberry.mutation(
        description="Open a ticket from a conversation; the one that is open, if there is one."
    )
    async def open_ticket(
        self, info: Info, conversation_id: strawberry.ID, intent: str | None = None
    ) -> TicketResult:
        """A new ticket."""
        key = known_id("Conversation", conversation_id, "conversations")
        return Ticket.of_model(await actions.open(info.context.known, key, intent))

    @strawberry.mutation(description="Own a ticket. Of many at once exactly one wins.")
    async def claim_ticket(self, info: Info, id: strawberry.ID) -> TicketResult:
        """A claim."""
        key = known_id("Ticket", id, "tickets")
        return Ticket.of_model(await actions.claim(info.context.known, key))

    @strawberry.mutation(description="The work is done; the customer may still say otherwise.")
    async def solve_ticket(self, info: Info, id: strawberry.ID) -> TicketResult:
        """Solved."""
        key = known_id("Ticket", id, "tickets")
        return Ticket.of_model(await actions.solve(info.context.known, key))

    @strawberry.mutation(description="Nothing remains.")
    async def close_ticket(self, info: Info, id: strawberry.ID) -> TicketResult:
        """Closed."""
        key = known_id("Ticket", id, "tickets")
        return Ticket.of_model(await actions.close(info.context.known, key))

    @strawberry.mutation(description="Work remains after all.")
    async def reopen_ticket(self, info: Info, id: strawberry.ID) -> TicketResult:
        """Open again."""
        key = known_id("Ticket", id, "tickets")
        return Ticket.of_model(await actions.reopen(info.context.known, key))
