"""The demo shop's own pages, which carry our button by one script tag: /demo, in development only.

They play the shop: its catalogue, its buyers' orders, and the one thing a shop's server must do
for us, signing who is logged in.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import quote

import jwt
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.widget import parts
from domain import db
from domain.actors import system
from domain.clock import now
from domain.demo import SHOP, buyer
from domain.errors import NotFound
from domain.orders.connectors.demo import CUSTOMERS
from domain.orders.connectors.products import PRODUCTS
from domain.orders.models import Order
from domain.secrets import keyring
from domain.settings import settings
from domain.shops.models import Shop
from domain.shops.queries import shop_by_key, signing_secret

COOKIE = "demo_buyer"
LIFE = timedelta(minutes=5)
SURNAMES, GIVEN = "林周陈王赵孙何郭沈罗徐马唐冯邓", "小满 子轩 一诺 浩然 可欣 博文 雨桐"
TELLING = [
    "delivered",
    "paid_not_delivered",
    "out_of_stock_after_pay",
    "double_sold",
    "duplicate_notify",
    "refunded",
]
"""Verdicts worth trying, one buyer for each."""
Handler = Callable[[Request, Shop], Awaitable[Response]]


def page(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A page of the demo shop. Raises NotFound in production and where nothing was seeded."""

    @wraps(handler)
    async def door(request: Request) -> Response:
        if not settings().development:
            raise NotFound(noun="page")
        return await handler(request, await shop_by_key(SHOP))

    return door


@page
async def home(request: Request, shop: Shop) -> Response:
    """GET /demo: the catalogue. /demo?as=buyer-007&order=… logs in there, /demo?as= out."""
    if "as" in request.query_params:
        return _logged_in(request.query_params["as"], request.query_params.get("order", ""))
    return await _page(request, shop, "home.html", products=_products())


@page
async def orders(request: Request, shop: Shop) -> Response:
    """GET /demo/orders: the orders of who is logged in."""
    if not _who(request):
        return RedirectResponse("/demo", 303)
    return await _page(request, shop, "orders.html", orders=await _orders(shop, _who(request)))


@page
async def order(request: Request, shop: Shop) -> Response:
    """GET /demo/orders/{number}: one of them."""
    number = request.path_params["number"]
    found = [o for o in await _orders(shop, _who(request)) if o["number"] == number]
    if not found:
        raise NotFound(noun="order")
    return await _page(request, shop, "order.html", order=found[0])


@page
async def assertion(request: Request, shop: Shop) -> Response:
    """GET /demo/assertion: who is logged in, signed, good once; 204 for a guest."""
    who = _who(request)
    if not who:
        return Response(status_code=204)
    at = now()
    claims = {
        "sub": who,
        "name": _name(who),
        "aud": f"zaide:{shop.key}",
        "nonce": secrets.token_urlsafe(16),
        "iat": int(at.timestamp()),
        "exp": int((at + LIFE).timestamp()),
    }
    return JSONResponse({"assertion": jwt.encode(claims, signing_secret(shop), "HS256")})


async def _page(request: Request, shop: Shop, name: str, **values: Any) -> Response:
    who = _who(request)
    html = parts.draw(
        f"demo/{name}",
        "zh",
        shop=shop,
        who=who,
        buyer=_name(who) if who else "",
        buyers=await _buyers(shop),
        **values,
    )
    return HTMLResponse(html)


def _logged_in(who: str, number: str) -> Response:
    """To one's orders, or to one of them; anybody unknown is logged out."""
    if who not in _hashes().values():
        response = RedirectResponse("/demo", 303)
        response.delete_cookie(COOKIE, path="/demo")
        return response
    response = RedirectResponse(f"/demo/orders/{quote(number)}" if number else "/demo/orders", 303)
    response.set_cookie(COOKIE, who, path="/demo", httponly=True, samesite="lax")
    return response


def _who(request: Request) -> str:
    """The buyer whom the shop's own cookie names, if there is such a one."""
    named = request.cookies.get(COOKIE, "")
    return named if named in _hashes().values() else ""


def _name(who: str) -> str:
    number, given = int(who.removeprefix("buyer-")), GIVEN.split()
    return SURNAMES[number % len(SURNAMES)] + given[number % len(given)]


@lru_cache(maxsize=1)
def _hashes() -> dict[str, str]:
    """The shop's buyers by the keyed hash under which their orders are mirrored."""
    return {keyring().blind("user", buyer(n)): buyer(n) for n in range(CUSTOMERS)}


async def _orders(shop: Shop, who: str) -> list[db.Row]:
    """A buyer's orders, newest first; the shop knows them without asking us."""
    return await db.select(
        Order,
        system(shop.id).scope,
        [("t.user_hash = ANY({})", list(keyring().blinds("user", who)))],
        order="t.placed_at DESC, t.id DESC",
    )


async def _buyers(shop: Shop) -> list[dict[str, str]]:
    """A few buyers to be: for each telling verdict whoever had it last."""
    found: list[dict[str, str]] = []
    for verdict in TELLING:
        rows = await db.select(
            Order,
            system(shop.id).scope,
            [("t.verdict = {}", verdict), ("t.user_hash IS NOT NULL", ...)],
            order="t.placed_at DESC",
            limit=6,
        )
        taken = {one["id"] for one in found}
        fresh = [(_hashes().get(r["user_hash"], ""), r["number"]) for r in rows]
        found += [
            {"id": id, "verdict": verdict, "name": _name(id), "order": number}
            for id, number in fresh
            if id and id not in taken
        ][:1]
    return found


def _products() -> list[dict[str, Any]]:
    """The catalogue: one card per product, with its smallest face value's price."""
    return [
        {
            "title": product.name(product.face_values[0]),
            "price": product.price(product.face_values[0]),
            "face": product.face_values[0],
            "manual": product.manual,
            "merchant": product.merchant,
        }
        for product in PRODUCTS
    ]


routes: list[BaseRoute] = [
    Route("/demo", home, methods=["GET"]),
    Route("/demo/orders", orders, methods=["GET"]),
    Route("/demo/orders/{number}", order, methods=["GET"]),
    Route("/demo/assertion", assertion, methods=["GET"]),
]
