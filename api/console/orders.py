"""Orders as the shop has them and as they were judged: the list."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.console.about import with_evidence
from api.console.live import Partial
from api.console.pages import at_work, draw, page, render
from domain import db
from domain.actors import Actor
from domain.events import Happened, Kind
from domain.live import reader
from domain.orders import queries
from domain.orders.models import Order
from domain.orders.verdict import CODES

MOST = 60


@page
async def index(request: Request, actor: Actor) -> Response:
    """GET /console/orders?verdict=&number=."""
    at_work(actor)
    position = reader.position
    number = request.query_params.get("number", "").strip()[:64]
    verdict = request.query_params.get("verdict", "")
    verdict = verdict if verdict in CODES else ""
    return render(
        request,
        "orders/index.html",
        actor,
        position=position,
        number=number,
        verdict=verdict,
        verdicts=CODES,
        list=await draw_list(actor, verdict, number),
    )


def parts(actor: Actor, verdict: str, number: str) -> list[Partial]:
    """What lives on the list."""
    key = ("orders", verdict, number)
    return [Partial("list", key, hears, lambda: draw_list(actor, verdict, number))]


def hears(event: Happened) -> bool:
    """Whether an event is about an order."""
    return event.kind in (Kind.ORDER_ADDED, Kind.ORDER_CHANGED)


async def draw_list(actor: Actor, verdict: str, number: str) -> str:
    """The newest orders, of one verdict, or the one with a number."""
    if number:
        found = await queries.by_numbers(actor.scope, [number])
    else:
        where: list[tuple[str, Any]] = [("t.verdict = {}", verdict)] if verdict else []
        newest = "t.placed_at DESC, t.id DESC"
        found = await db.select(Order, actor.scope, where, order=newest, limit=MOST)
    rows = [with_evidence(row) for row in found]
    return draw("orders/_list.html", actor.locale, rows=rows)
