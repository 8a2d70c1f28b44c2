"""Oneself: whether one is here, in which shop, in which language."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import LANGUAGE, around, draw, field, moved, page, swapped
from domain import words
from domain.actors import Actor
from domain.errors import Invalid
from domain.people import actions
from domain.routing import actions as routing


@page
async def presence(request: Request, actor: Actor) -> Response:
    """POST /console/presence: online, away or offline."""
    await routing.set_presence(actor, await field(request, "presence"))
    html = draw("_presence.html", actor.locale, actor=actor, **await around(actor))
    return swapped(("presence", html))


@page
async def switch(request: Request, actor: Actor) -> Response:
    """POST /console/shop: work in another shop from now on."""
    try:
        shop = UUID(await field(request, "shop"))
    except ValueError:
        raise Invalid(field="shop") from None
    await actions.switch_shop(actor, shop)
    return moved(request, "/console")


@page
async def language(request: Request, actor: Actor) -> Response:
    """POST /console/language: read in Chinese or in English, in this browser."""
    chosen = await field(request, "lang")
    if chosen not in words.LOCALES:
        raise Invalid(field="lang")
    response = moved(request, await _back(request))
    response.set_cookie(LANGUAGE, chosen, max_age=31536000, samesite="lax")
    return response


async def _back(request: Request) -> str:
    """The page of ours that was open, as a path."""
    where = await field(request, "back")
    return where if where.startswith("/console") else "/console"
