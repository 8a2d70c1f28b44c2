"""The application: which doors there are, what every request passes, what lives while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from api import console, demo, health, inbound, widget
from api.csrf import Csrf
from api.errors import Answering, on_http_exception
from api.graphql.http import routes as graphql_routes
from api.middleware import BodyLimit, RateLimit, SecurityHeaders, Tracing
from domain import broker, db, logging
from domain.live import reader
from domain.secrets import keyring
from domain.shops.actions import check_keys
from schema.live import hub

ROUTES: list[BaseRoute] = [
    *graphql_routes,  # The first is found first, and this one is asked the most.
    *health.routes,
    *inbound.routes,
    *widget.routes,
    *console.routes,
    *demo.routes,
]

MIDDLEWARE = [
    Middleware(Tracing),
    Middleware(SecurityHeaders),
    Middleware(Answering),
    Middleware(BodyLimit),
    Middleware(RateLimit),
    Middleware(Csrf),
]


def create_app(routes: Sequence[BaseRoute] = ROUTES) -> Starlette:
    """The ASGI application with these doors (default: all of ours)."""
    return Starlette(
        routes=list(routes),
        middleware=MIDDLEWARE,
        exception_handlers={HTTPException: on_http_exception},
        lifespan=lifespan,
    )


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open what the doors need, in this process's own event loop, and close it again.

    Raises secrets.UnusableKeys without the right keys, and whatever the database raises: a
    process that cannot work does not start.
    """
    logging.configure()
    keyring()
    await db.connect()
    await check_keys()
    broker.connect()
    try:
        await reader.start()
        detach = hub.attach(reader)
        yield
        detach()
    finally:
        await reader.stop()
        await broker.close()
        await db.close()
