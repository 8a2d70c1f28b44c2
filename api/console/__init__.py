"""What agents, supervisors and merchants see: pages from the server, alive by one stream each."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from api.console import board, conversations, orders, people, queue, readings, session, tickets, why
from api.console.live import Partial, follow
from api.console.pages import at_work, viewer
from api.console.stream import EventStream, cursor_of
from domain.actors import Actor
from domain.errors import Invalid

__all__ = ["routes"]


async def live(request: Request) -> Response:
    """GET /console/live?page=…&after=position: the parts of that page, anew whenever stale."""
    actor = at_work(await viewer(request))
    parts = _parts(request, actor)
    return EventStream(follow(request, actor, parts, cursor_of(request)))


def _parts(request: Request, actor: Actor) -> list[Partial]:
    """What lives on the page that asks. Raises Invalid for one that we do not have."""
    asked = request.query_params
    match asked.get("page", ""):
        case "queue":
            return queue.parts(actor, queue.tab_of(actor, asked.get("tab", "")))
        case "conversation":
            tab = queue.tab_of(actor, asked.get("tab", ""))
            return conversations.parts(actor, _id(asked.get("id", "")), tab)
        case "tickets":
            return tickets.list_parts(actor, tickets.tab_of(actor, asked.get("tab", "")))
        case "ticket":
            return tickets.parts(actor, _id(asked.get("id", "")))
        case "orders":
            return orders.parts(actor, asked.get("verdict", ""), asked.get("number", "")[:64])
        case "board":
            return board.parts(actor)
    raise Invalid(field="page")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(field="id") from None


async def home(request: Request) -> Response:
    """GET /console/: the queue has no slash."""
    return RedirectResponse("/console", 308)


_talk, _ticket = "/console/conversations/{id:uuid}", "/console/tickets/{id:uuid}"

routes: list[BaseRoute] = [
    Mount("/static/console", StaticFiles(directory=Path(__file__).parent / "static")),
    Route("/console", queue.index, methods=["GET"]),
    Route("/console/", home, methods=["GET"]),
    Route("/console/login", session.form, methods=["GET"]),
    Route("/console/login", session.log_in, methods=["POST"]),
    Route("/console/logout", session.log_out, methods=["POST"]),
    Route("/console/live", live, methods=["GET"]),
    Route("/console/presence", people.presence, methods=["POST"]),
    Route("/console/shop", people.switch, methods=["POST"]),
    Route("/console/language", people.language, methods=["POST"]),
    Route(_talk, conversations.show, methods=["GET"]),
    Route(f"{_talk}/messages", conversations.say, methods=["POST"]),
    Route(f"{_talk}/claim", conversations.claim, methods=["POST"]),
    Route(f"{_talk}/return", conversations.give_back, methods=["POST"]),
    Route(f"{_talk}/transfer", conversations.transfer, methods=["POST"]),
    Route(f"{_talk}/closure", conversations.close, methods=["POST"]),
    Route(f"{_talk}/tickets", conversations.open_ticket, methods=["POST"]),
    Route("/console/readings/{id:uuid}/correction", readings.choice, methods=["GET"]),
    Route("/console/readings/{id:uuid}/correction", readings.correct, methods=["POST"]),
    Route("/console/messages/{id:uuid}/reveal", conversations.reveal, methods=["POST"]),
    Route("/console/messages/{id:uuid}/explanation", why.show, methods=["GET"]),
    Route("/console/tickets", tickets.index, methods=["GET"]),
    Route(_ticket, tickets.show, methods=["GET"]),
    Route(f"{_ticket}/claim", tickets.claim, methods=["POST"]),
    Route(f"{_ticket}/solution", tickets.solve, methods=["POST"]),
    Route(f"{_ticket}/closure", tickets.close, methods=["POST"]),
    Route(f"{_ticket}/reopening", tickets.reopen, methods=["POST"]),
    Route("/console/orders", orders.index, methods=["GET"]),
    Route("/console/board", board.index, methods=["GET"]),
]
