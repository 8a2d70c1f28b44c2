"""Pure routing: the queue drains most urgent first, then oldest; the least loaded takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

ABSENT_AFTER = timedelta(minutes=2)
"""Without a heartbeat for this long an agent counts as gone; consoles send one every 30 s."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent on shift: how many conversations they have, and may have; their teams."""

    agent_id: UUID
    load: int
    capacity: int
    team_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued conversation: its team. The sequence it comes in is the order of the queue."""

    conversation_id: UUID
    team_id: UUID


def choose(seats: Sequence[Seat], team_id: UUID) -> Seat | None:
    """The least loaded agent of a team with room, by share of capacity, then by id; or None."""
    free = [s for s in seats if team_id in s.team_ids and s.load < s.capacity]
    return min(free, key=lambda s: (s.load / s.capacity, s.agent_id), default=None)


def assignments(queue: Sequence[Waiting], seats: Sequence[Seat]) -> list[tuple[UUID, UUID]]:
    """Who takes what, as (conversation, agent); each assignment counts for the next choice."""
    now_seated = {seat.agent_id: seat for seat in seats}
    given: list[tuple[UUID, UUID]] = []
    for waiting in queue:
        seat = choose(list(now_seated.values()), waiting.team_id)
        if seat is not None:
            given.append((waiting.conversation_id, seat.agent_id))
            now_seated[seat.agent_id] = replace(seat, load=seat.load + 1)
    return given
