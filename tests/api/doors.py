"""An application of small doors, to test what surrounds every door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from api import health
from api.app import create_app
from api.auth import actor_of_request, require_actor
from api.csrf import csrf_of
from api.errors import read_json
from api.middleware import content_policy
from domain.errors import Conflict, Invalid, TooMany, Unavailable
from domain.secrets import Illegible

changes: list[str] = []


async def who(request: Request) -> Response:
    """Who asks, if anybody."""
    actor = await actor_of_request(request)
    return JSONResponse({"actor": actor.ref if actor else None})


async def mine(request: Request) -> Response:
    """For those we know."""
    return JSONResponse({"csrf": csrf_of(request), "name": (await require_actor(request)).name})


async def change(request: Request) -> Response:
    """Something happens."""
    form = await request.form()
    changes.append(str(form.get("word")))
    return PlainTextResponse(str(form.get("word")))


async def change_json(request: Request) -> Response:
    """Something happens, in JSON."""
    body = await read_json(request)
    changes.append(str(body.get("word")))
    return JSONResponse(body)


async def swallow(request: Request) -> Response:
    """Read the body in pieces."""
    size = sum([len(chunk) async for chunk in request.stream()])
    changes.append("swallowed")
    return JSONResponse({"size": size})


async def fail(request: Request) -> Response:
    """Fail in the way that is asked for."""
    errors: dict[str, Exception] = {
        "conflict": Conflict(field="login"),
        "invalid": Invalid(field="name"),
        "too_many": TooMany(retry_after=7),
        "unavailable": Unavailable(),
        "unexpected": ZeroDivisionError("13800138000 said the customer"),
        "gone": ConnectionRefusedError("no server"),
        "teapot": HTTPException(418),
        "illegible": Illegible(),
    }
    raise errors[request.path_params["how"]]


async def half(request: Request) -> Response:
    """Begin an answer and fail."""

    async def body() -> AsyncIterator[bytes]:
        yield b"begun"
        await asyncio.sleep(0)
        raise ZeroDivisionError

    return StreamingResponse(body())


async def framed(request: Request) -> Response:
    """A page that a shop may show."""
    policy = content_policy(["https://shop.example"])
    return PlainTextResponse("hi", headers={"Content-Security-Policy": policy})


ROUTES = [
    *health.routes,
    Route("/who", who),
    Route("/mine", mine),
    Route("/change", change, methods=["POST"]),
    Route("/change.json", change_json, methods=["POST"]),
    Route("/swallow", swallow, methods=["POST"]),
    Route("/fail/{how}", fail),
    Route("/half", half),
    Route("/framed", framed),
    Mount("/shops/{shop}", routes=[Route("/things/{id}", who)]),
]


def app() -> Starlette:
    """The application under test."""
    return create_app(ROUTES)


@asynccontextmanager
async def client(source: str = "203.0.113.9") -> AsyncIterator[httpx.AsyncClient]:
    """A client of it that comes from an address."""
    transport = httpx.ASGITransport(app=app(), client=(source, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://zaide.test") as found:
        yield found
