"""What every page shares: templates, words, who looks, and refusals as people read them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import require_actor
from api.csrf import csrf_of
from api.tracing import locale_of, trace_of
from domain import db, words
from domain.actors import MERCHANTS, STAFF, Actor
from domain.clock import CHINA, now
from domain.conversations.models import PRIORITIES
from domain.errors import DomainError, NotFound, Unauthenticated
from domain.live import reader
from domain.people.models import Grant
from domain.people.queries import grants_of
from domain.settings import settings

HERE = Path(__file__).parent
LANGUAGE = "zaide_lang"
FLASH = "zaide_flash"
PER_PAGE = 50
PLACEHOLDER = re.compile(r"\[(?:手机号|邮箱|身份证|密码|卡密)(?: 尾号[0-9A-Za-z]{4})?\]")
Door = Callable[[Request], Awaitable[Response]]


def environment(folder: Path, *more: Path) -> Environment:
    """Templates of a folder: everything escaped, a missing name is an error, no code in data."""
    env = Environment(
        loader=FileSystemLoader([folder, *more]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=settings().development,
    )
    env.filters.update(
        moment=moment, iso=iso, marked=marked, hue=hue, money=money, level=level, initial=initial
    )
    env.globals.update(asset=asset, now=now)
    return env


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return environment(HERE / "templates")


# Answers


def draw(name: str, locale: str, **values: Any) -> str:
    """A template as text, in a language; the same for first paint and live."""
    _ = words.translator(locale)
    return _templates().get_template(name).render(_=_, locale=locale, **values)


def render(request: Request, name: str, actor: Actor | None = None, **values: Any) -> Response:
    """A whole page. `position` is what its stream resumes from, so read it before the rows."""
    locale = actor.locale if actor else language_of(request)
    values.setdefault("position", reader.position)
    page = draw(
        name,
        locale,
        actor=actor,
        csrf=csrf_of(request),
        here=request.url.path,
        flash=request.cookies.get(FLASH, ""),
        **getattr(request.state, "around", {}),
        **values,
    )
    response = HTMLResponse(page)
    if request.query_params.get("lang") in words.LOCALES:
        response.set_cookie(LANGUAGE, locale, max_age=31536000, samesite="lax")
    if FLASH in request.cookies:
        response.delete_cookie(FLASH)
    return response


def partials(*drawn: tuple[str, str]) -> str:
    """(element id, html) pairs as htmx swaps them in, each morphing what is there."""
    return "".join(
        f'<hx-partial hx-target="#{id}" hx-swap="outerMorph">{html}</hx-partial>'
        for id, html in drawn
    )


def swapped(*drawn: tuple[str, str]) -> Response:
    """The answer to a verb: the parts of the page that it changed."""
    return HTMLResponse(partials(*drawn))


def moved(request: Request, where: str, flash: str = "") -> Response:
    """Send the browser on, perhaps with a word (an id of the catalogues) shown once there."""
    response: Response = RedirectResponse(where, 303)
    if "hx-request" in request.headers:
        response = Response(headers={"HX-Redirect": where})
    if flash:
        response.set_cookie(FLASH, flash, max_age=60, httponly=True, samesite="lax")
    return response


def notice(actor: Actor, error: DomainError) -> Response:
    """A refusal, said in a corner of the page that stays as it is."""
    said = words.say(error.code, actor.locale, **error.params)
    advice = words.hint(error.code, actor.locale, **error.params) or ""
    html = draw("_notice.html", actor.locale, said=said, advice=advice)
    body = f'<hx-partial hx-target="#notices" hx-swap="beforeend">{html}</hx-partial>'
    return HTMLResponse(body, status_code=error.status)


# Who looks


def page(handler: Callable[[Request, Actor], Awaitable[Response]]) -> Door:
    """A door for people who are logged in; others are sent to the log-in and come back."""

    @wraps(handler)
    async def door(request: Request) -> Response:
        try:
            actor = await viewer(request)
        except Unauthenticated:
            return to_login(request)
        try:
            if request.method == "GET":
                request.state.around = await around(actor)
            return await handler(request, actor)
        except DomainError as error:
            if "hx-request" in request.headers and error.status < 500:
                trace_of(request.scope).code = error.code
                return notice(actor, error)
            raise

    return door


async def around(actor: Actor) -> dict[str, Any]:
    """What the frame of every page shows of oneself: presence, and the shops to choose from."""
    here = await db.select(Grant, actor.scope, [("t.id = {}", actor.id)])
    shops = await grants_of(actor.person_id) if actor.person_id else []
    return {"presence": here[0]["presence"] if here else "", "shops": shops}


async def viewer(request: Request) -> Actor:
    """Who is logged in, with the language they read. Raises Unauthenticated for tokens too."""
    actor = await require_actor(request)
    if actor.person_id is None:
        raise Unauthenticated
    return replace(actor, locale=language_of(request))


def at_work(actor: Actor) -> Actor:
    """The same actor, if they work in a shop. Raises NotFound for an admin, who has none."""
    if actor.shop_id is None or actor.role not in STAFF | MERCHANTS:
        raise NotFound(noun="shop")
    return actor


def language_of(request: Request) -> str:
    """?lang, the choice made before, or what the person and the browser prefer."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE)):
        if asked in words.LOCALES:
            return asked
    return locale_of(request.scope)


def to_login(request: Request) -> Response:
    """To the log-in, and back to this page after it."""
    back = request.url.path if request.method == "GET" else ""
    query = f"?next={quote(back)}" if back.startswith("/console/") else ""
    return moved(request, f"/console/login{query}")


def id_of(request: Request, name: str = "id") -> UUID:
    """An id of the path."""
    value = request.path_params[name]
    assert isinstance(value, UUID)
    return value


async def field(request: Request, name: str) -> str:
    """A text field of the form, '' where there is none."""
    value = (await request.form()).get(name)
    return value if isinstance(value, str) else ""


# Filters


def moment(at: datetime | None) -> str:
    """When: the time for today, else the day as well; Beijing time."""
    if at is None:
        return ""
    local, today = at.astimezone(CHINA), now().astimezone(CHINA)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%m-%d %H:%M}"


def iso(at: datetime | None) -> str:
    """The moment for `datetime` attributes."""
    return at.isoformat(timespec="seconds") if at else ""


def marked(text: str) -> Markup:
    """A text with its placeholders of secrets made visible; everything else is escaped."""
    parts, last = [], 0
    for found in PLACEHOLDER.finditer(text):
        parts += [escape(text[last : found.start()]), Markup("<mark>"), escape(found.group())]
        parts.append(Markup("</mark>"))
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def hue(id: object) -> int:
    """One of eight colours for somebody's initial, always the same one."""
    return hashlib.sha256(str(id).encode()).digest()[0] % 8


def money(amount: object, currency: str = "CNY") -> str:
    """A sum as people write it."""
    return f"¥{amount:.2f}" if currency == "CNY" else f"{amount:.2f} {currency}"


def level(priority: int) -> str:
    """The name of a priority, 0 to 3."""
    return PRIORITIES[priority]


def initial(name: str) -> str:
    """The letter that stands for a name: for a Chinese name its first character."""
    return (name.strip() or "?")[0].upper()


@lru_cache(maxsize=64)
def asset(path: str) -> str:
    """The address of a static file, new whenever its content is."""
    room, _, rest = path.partition("/")
    content = (HERE.parent / room / "static" / rest).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:10]}"
