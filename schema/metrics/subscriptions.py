"""Following the figures."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeAlias

import strawberry

from domain.errors import NotAllowed
from domain.events import Happened, Kind
from domain.metrics.queries import may_see
from schema.context import Info
from schema.feed import follow
from schema.metrics.queries import measured
from schema.metrics.types import Metrics
from schema.scalars import Cursor
from schema.updates import Resync, Subscribed


@strawberry.type(description="The figures of the last 24 hours have changed.")
class MetricsChanged:
    """Of several events at once, the last one tells."""

    cursor: Cursor
    metrics: Metrics


MetricsUpdate = Annotated[
    Subscribed | MetricsChanged | Resync,
    strawberry.union("MetricsUpdate", description="News of the figures."),
]
Update: TypeAlias = Subscribed | MetricsChanged | Resync

_COUNTED = frozenset(
    kind.value
    for kind in (
        Kind.CONVERSATION_OPENED,
        Kind.MESSAGE_RECEIVED,
        Kind.MESSAGE_SENT,
        Kind.ORDER_LINKED,  # by it, one more conversation may be a merchant's
        Kind.CONVERSATION_QUEUED,
        Kind.CONVERSATION_ASSIGNED,
        Kind.CONVERSATION_RETURNED,
        Kind.CONVERSATION_CLOSED,
        Kind.FIRST_ANSWERED,
        Kind.TICKET_OPENED,
        Kind.TICKET_SOLVED,
        Kind.DEADLINE_BREACHED,
    )
)


@strawberry.type
class MetricSubscriptions:
    """Figures, for Subscription."""

    @strawberry.subscription(description="The figures of the last 24 hours, as they change.")
    async def metrics(
        self, info: Info, after: Cursor | None = None
    ) -> AsyncGenerator[MetricsUpdate, None]:
        """News of the figures. Raises NotAllowed."""
        context = info.context
        if not may_see(context.scope):
            raise NotAllowed()

        untold = False

        async def told(event: Happened) -> Update | None:
            nonlocal untold
            # Figures are sums: with more events waiting, only the last one need be told; and that
            # one need not count itself.
            untold |= event.kind in _COUNTED
            if not untold or (context.feed and context.feed.waiting):
                return None
            untold = False
            metrics = await measured(context.scope, None, None)
            return MetricsChanged(cursor=Cursor(event.position), metrics=metrics)

        news: AsyncIterator[Update] = follow(context, told)
        async for update in news:
            yield update
