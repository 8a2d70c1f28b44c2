"""The verbs of people: presence and API tokens. Logging in and out is not GraphQL's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from domain.actors import Role
from domain.errors import NotFound
from domain.people import actions
from domain.routing import actions as routing
from schema import enums
from schema.context import Info
from schema.errors import (
    ConflictProblem,
    InvalidProblem,
    NotAllowedProblem,
    NotFoundProblem,
    TooManyProblem,
    UnavailableProblem,
)
from schema.people.types import Agent, ApiToken, IssuedToken
from schema.scalars import known_id

AgentResult = Annotated[
    Agent
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("AgentResult", description="The agent, or what was wrong."),
]
IssuedTokenResult = Annotated[
    IssuedToken
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("IssuedTokenResult", description="The token and its secret, or why not."),
]
TokenResult = Annotated[
    ApiToken
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("TokenResult", description="The token, or what was wrong."),
]


@strawberry.type
class PeopleMutations:
    """Verbs of people, for Mutation."""

    @strawberry.mutation(description="Say, as an agent, whether you take new conversations.")
    async def set_presence(self, info: Info, presence: enums.Presence) -> AgentResult:
        """The viewer's presence."""
        grant = await routing.set_presence(info.context.known, presence.value)
        agent = await Agent.load_by(info.context, grant.id)
        if agent is None:
            raise NotFound(noun="agents")
        return agent

    @strawberry.mutation(
        description="Make an API token, as a supervisor. Scopes are `<noun>:read` and `:write`."
    )
    async def create_token(
        self,
        info: Info,
        name: str,
        role: enums.TokenRole,
        scopes: list[str],
        merchant_id: strawberry.ID | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedTokenResult:
        """A new token, with its secret this once."""
        merchant = known_id("Merchant", merchant_id, "merchants") if merchant_id else None
        token, secret = await actions.issue_token(
            info.context.known, name, Role(role.value), merchant, scopes, expires_at
        )
        return IssuedToken(token=ApiToken.of_model(token), secret=secret)

    @strawberry.mutation(description="End an API token at once, as a supervisor.")
    async def revoke_token(self, info: Info, id: strawberry.ID) -> TokenResult:
        """A revoked token."""
        key = known_id("ApiToken", id, "tokens")
        await actions.revoke_token(info.context.known, key)
        token = await ApiToken.load_by(info.context, key)
        if token is None:
            raise NotFound(noun="tokens")
        return token
