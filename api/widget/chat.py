"""The chat page and its button. Without JavaScript it is a form that answers with the page."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from api.console.pages import field
from api.csrf import csrf_of
from api.middleware import content_policy
from api.widget import parts
from domain import words
from domain.actors import Actor, Role
from domain.conversations import actions
from domain.errors import DomainError, NotFound
from domain.people import actions as people
from domain.people.models import Customer
from domain.people.widget import actor_of_widget, widget_token
from domain.shops.models import Shop
from domain.shops.queries import shop_by_key

BUTTON = Path(__file__).parent / "static" / "button.js"
AGE = timedelta(minutes=5)


async def button(request: Request) -> Response:
    """GET /widget.js: the one script tag's script, for any shop's page."""
    kept = f"public, max-age={int(AGE.total_seconds())}"
    headers = {"Cache-Control": kept, "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(BUTTON, media_type="text/javascript", headers=headers)


async def show(request: Request) -> Response:
    """GET /widget/{shop}: the page in its first state; its script brings it to life."""
    shop = await shop_of(request)
    return _page(request, shop, history="", status="", token="")


async def plain(request: Request) -> Response:
    """POST /widget/{shop}/plain: say something, or look again, without JavaScript.

    The token travels in the form, since cookies of a page within a page are mostly refused.
    """
    shop = await shop_of(request)
    actor, token = await _somebody(shop, await field(request, "token"))
    text, said = await field(request, "text"), ""
    if text.strip():
        try:
            await actions.receive(actor, text, await field(request, "client_id") or None)
        except DomainError as error:
            said = words.say(error.code, language_of(request, shop), **error.params)
    history = await parts.draw_history(actor, language_of(request, shop))
    status = await parts.draw_status(actor, language_of(request, shop))
    return _page(request, shop, history=history, status=status, token=token, said=said)


async def shop_of(request: Request) -> Shop:
    """The shop of the path. Raises NotFound."""
    return await shop_by_key(request.path_params["shop"])


def language_of(request: Request, shop: Shop) -> str:
    """?lang, as the shop's page asks for it, else the shop's own language."""
    asked = request.query_params.get("lang", "")
    return asked if asked in words.LOCALES else shop.locale


def as_actor(customer: Customer) -> Actor:
    """The customer as somebody who acts."""
    return Actor(
        role=Role.CUSTOMER,
        shop_id=customer.shop_id,
        id=customer.id,
        name=customer.name,
        customer_id=customer.id,
        locale=customer.locale,
    )


async def _somebody(shop: Shop, token: str) -> tuple[Actor, str]:
    """Who the form's token names, and a fresh one; without one a new visitor, with theirs."""
    if token:
        actor = await actor_of_widget(token)
        if actor.shop_id != shop.id:
            raise NotFound(noun="shop")
        return actor, widget_token(await Customer.get(id=actor.id))
    customer = await people.visitor(shop)
    return as_actor(customer), widget_token(customer)


def _page(
    request: Request, shop: Shop, *, history: str, status: str, token: str, said: str = ""
) -> Response:
    locale = language_of(request, shop)
    page = parts.draw(
        "chat.html",
        locale,
        shop=shop,
        hours=shop.settings.get("hours", ""),
        history=history,
        status=status,
        token=token,
        said=said,
        csrf=csrf_of(request),
        client_id=secrets.token_urlsafe(16),
    )
    policy = content_policy(["'self'", *shop.frame_ancestors])
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})
