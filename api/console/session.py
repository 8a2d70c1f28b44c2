"""In and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api.auth import actor_of_request, clear_session, set_session, source_of
from api.console.pages import field, language_of, moved, page, render
from api.tracing import trace_of
from domain import words
from domain.actors import Actor
from domain.demo import LOGINS, SHOP
from domain.errors import DomainError, NotAllowed, TooMany, Unauthenticated
from domain.people import actions
from domain.settings import settings
from domain.shops.models import Shop


async def form(request: Request) -> Response:
    """GET /console/login."""
    try:
        known = await actor_of_request(request)
    except Unauthenticated:
        known = None
    if known is not None and known.person_id is not None:
        return moved(request, "/console")
    return await _form(request)


async def log_in(request: Request) -> Response:
    """POST /console/login: the same words for an unknown log-in and a wrong password."""
    login, password = await field(request, "login"), await field(request, "password")
    try:
        raw, session = await actions.log_in(login, password, source_of(request))
    except (Unauthenticated, TooMany, NotAllowed) as error:
        trace_of(request.scope).code = error.code
        return await _form(request, error, login)
    response = moved(request, _back(await field(request, "next")))
    set_session(response, raw, session)
    return response


@page
async def log_out(request: Request, actor: Actor) -> Response:
    """POST /console/logout."""
    await actions.log_out(actor)
    response = moved(request, "/console/login", "You are logged out.")
    clear_session(response)
    return response


async def _form(request: Request, error: DomainError | None = None, login: str = "") -> Response:
    locale = language_of(request)
    response = render(
        request,
        "login.html",
        said=words.say(error.code, locale, **error.params) if error else "",
        advice=words.hint(error.code, locale, **error.params) if error else "",
        login=login[:120],
        next=_back(request.query_params.get("next", "") or await _posted(request)),
        demo=LOGINS if await _is_demo() else [],
    )
    response.status_code = error.status if error else 200
    return response


async def _posted(request: Request) -> str:
    return await field(request, "next") if request.method == "POST" else ""


async def _is_demo() -> bool:
    """Whether the demo's log-ins may be shown: never in production."""
    return settings().development and await Shop.exists(key=SHOP)


def _back(where: str) -> str:
    """A page of ours to go to after logging in, and nothing else."""
    parts = urlsplit(where)
    ours = not parts.scheme and not parts.netloc and parts.path.startswith("/console/")
    return parts.path if ours and "\\" not in where else "/console"
