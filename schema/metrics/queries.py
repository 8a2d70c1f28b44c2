"""Looking up figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import strawberry

from domain.actors import Scope
from domain.clock import now
from domain.errors import Invalid
from domain.metrics import queries
from schema.context import Info
from schema.metrics.types import Metrics

DAY = timedelta(days=1)
LONGEST = timedelta(days=366)


async def measured(scope: Scope, since: datetime | None, until: datetime | None) -> Metrics:
    """The figures of a span, by default the last 24 hours. Raises NotAllowed, Invalid."""
    end = _aware(until) if until else now()
    begin = _aware(since) if since else end - DAY
    if not timedelta() <= end - begin <= LONGEST:
        raise Invalid(field="since", hint="before until, at most 366 days")
    return Metrics.of(await queries.figures(scope, begin, end), begin, end)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@strawberry.type
class MetricQueries:
    """Figures, for Query."""

    @strawberry.field(description="The figures of a span of time, by default the last 24 hours.")
    async def metrics(
        self, info: Info, since: datetime | None = None, until: datetime | None = None
    ) -> Metrics:
        """The metrics."""
        return await measured(info.context.scope, since, until)
