"""What a message means: an agent corrects what the model read, in one click.

The choice is fetched when a message's menu is opened; without a script its link leads to a page.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.console.conversations import draw_messages
from api.console.pages import at_work, draw, field, id_of, moved, page, render, swapped
from api.csrf import csrf_of
from domain import db
from domain.actors import Actor
from domain.errors import NotAllowed
from domain.understanding import actions, policy
from domain.understanding.intents import INTENTS, SENTIMENTS
from domain.understanding.models import Reading


@page
async def choice(request: Request, actor: Actor) -> Response:
    """GET /console/readings/{id}/correction: all that it could have been, the likely ones first."""
    reading = await db.find(Reading, at_work(actor).scope, id_of(request))
    if not policy.may_correct(actor):
        raise NotAllowed()
    also = [code for code in reading.also if code in INTENTS]
    values: dict[str, Any] = {
        "reading": reading,
        "intents": dict.fromkeys([*also, *INTENTS]),
        "sentiments": SENTIMENTS,
    }
    if "hx-request" in request.headers:
        csrf = csrf_of(request)
        return HTMLResponse(draw("readings/_choice.html", actor.locale, csrf=csrf, **values))
    return render(request, "readings/choice.html", actor, **values)


@page
async def correct(request: Request, actor: Actor) -> Response:
    """POST /console/readings/{id}/correction: this is what the customer wants, or how they feel."""
    intent, sentiment = await field(request, "intent"), await field(request, "sentiment")
    reading = await actions.correct(actor, id_of(request), intent or None, sentiment or None)
    talk = reading.conversation_id
    if "hx-request" in request.headers:
        return swapped(("messages", await draw_messages(actor, talk)))
    return moved(request, f"/console/conversations/{talk}")
