"""The board: a few figures of today, and who is on shift."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.console.live import Partial
from api.console.pages import at_work, draw, page, render
from domain import db
from domain.actors import Actor
from domain.clock import CHINA, now
from domain.conversations.models import Conversation
from domain.events import Happened
from domain.live import reader
from domain.metrics import queries as metrics
from domain.people import queries as people


@page
async def index(request: Request, actor: Actor) -> Response:
    """GET /console/board."""
    at_work(actor)
    position = reader.position
    return render(
        request, "board/index.html", actor, position=position, board=await draw_board(actor)
    )


def parts(actor: Actor) -> list[Partial]:
    """The board lives as a whole: every event may move a figure."""
    return [Partial("board", "board", hears, lambda: draw_board(actor))]


def hears(event: Happened) -> bool:
    """Every event counts."""
    return True


async def draw_board(actor: Actor) -> str:
    """Figures since midnight in Beijing."""
    midnight = now().astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    figures = await metrics.figures(actor.scope, midnight, midnight + timedelta(days=1))
    return draw("board/_board.html", actor.locale, figures=figures, agents=await _on_shift(actor))


async def _on_shift(actor: Actor) -> list[dict[str, Any]]:
    """The staff with their load, those on shift first; nothing for merchants."""
    if not actor.is_staff:
        return []
    held = await db.select(
        Conversation,
        actor.scope,
        [("t.holder = 'agent'", ...), ("t.state = 'open'", ...)],
        columns="t.agent_id",
    )
    load = [row["agent_id"] for row in held]
    found = [{**row, "load": load.count(row["id"])} for row in await people.agents(actor)]
    places = ("online", "away", "offline")
    return sorted(found, key=lambda row: (places.index(row["presence"]), row["name"]))
