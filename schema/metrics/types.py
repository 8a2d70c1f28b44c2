"""Figures: counts and times."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import strawberry

from domain.metrics.queries import Figures


@strawberry.type(description="Counts in [since, until); times in seconds.")
class Metrics:
    """`waiting` and `withAgents` are of this moment."""

    since: datetime
    until: datetime
    conversations: int
    messages: int
    answered_by_bot: int
    handed_over: int
    tickets_opened: int
    tickets_solved: int
    breaches: int
    waiting: int
    with_agents: int
    first_response_avg: float | None
    first_response_p50: float | None
    first_response_p95: float | None
    resolution_avg: float | None

    @classmethod
    def of(cls, figures: Figures, since: datetime, until: datetime) -> Metrics:
        """The metrics of these figures."""
        return cls(since=since, until=until, **asdict(figures))
