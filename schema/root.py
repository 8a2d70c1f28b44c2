"""The whole promise: one class per noun, put together."""

from __future__ import annotations

from pathlib import Path

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.context import Info
from schema.conversations.explanations import ExplanationQueries
from schema.conversations.mutations import ConversationMutations
from schema.conversations.queries import ConversationQueries
from schema.conversations.subscriptions import ConversationSubscriptions
from schema.conversations.types import Conversation, Correction, Message, Reading
from schema.errors import handlers
from schema.knowledge.queries import KnowledgeQueries
from schema.knowledge.types import Article, Template
from schema.metrics.queries import MetricQueries
from schema.metrics.subscriptions import MetricSubscriptions
from schema.nodes import Node, later
from schema.orders.queries import OrderQueries
from schema.orders.subscriptions import OrderSubscriptions
from schema.orders.types import Order
from schema.people.mutations import PeopleMutations
from schema.people.queries import PeopleQueries
from schema.people.types import Agent, ApiToken, Customer, Merchant, Team
from schema.scalars import SCALARS, parse_any
from schema.tickets.mutations import TicketMutations
from schema.tickets.queries import TicketQueries
from schema.tickets.subscriptions import TicketSubscriptions
from schema.tickets.types import Ticket

PRINTED = Path(__file__).with_name("schema.graphql")

# What `node(id:)` gives. Tokens are not among them: they ask for more than visibility.
NODES: dict[str, type[Node]] = {
    type.__name__: type
    for type in (
        Agent,
        Article,
        Conversation,
        Correction,
        Customer,
        Merchant,
        Message,
        Order,
        Reading,
        Team,
        Template,
        Ticket,
    )
}


@strawberry.type(description="What may be asked. What may not be seen is not found.")
class Query(
    PeopleQueries,
    ConversationQueries,
    ExplanationQueries,
    TicketQueries,
    OrderQueries,
    KnowledgeQueries,
    MetricQueries,
):
    """The nouns' queries."""

    @strawberry.field(description="Anything by its id; null where there is nothing to see.")
    def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """A node, or null."""
        named = parse_any(id)
        if named is None or named[0] not in NODES:
            return None
        return later(NODES[named[0]].load_by(info.context, named[1]))


@strawberry.type(description="What may be done. Each verb gives what it changed, or why not.")
class Mutation(ConversationMutations, TicketMutations, PeopleMutations):
    """The nouns' verbs."""


@strawberry.type(description="What may be followed. Pass the last `cursor` as `after` to resume.")
class Subscription(
    ConversationSubscriptions, TicketSubscriptions, OrderSubscriptions, MetricSubscriptions
):
    """The nouns' subscriptions."""


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[*NODES.values(), ApiToken],
    config=StrawberryConfig(scalar_map=SCALARS),
    exception_handlers=handlers(),
)


def printed() -> str:
    """The schema in the GraphQL schema language, as schema.graphql holds it."""
    return schema.as_str().rstrip() + "\n"
