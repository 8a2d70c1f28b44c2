"""POST /channels/{kind}/{id}: what other worlds send us, verified, parsed and taken in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from domain.channels.queries import channel_of
from domain.channels.registry import outside
from domain.delivery import actions


async def receive(request: Request) -> Response:
    """Take in a signed message; 202 once it is stored, with its ids.

    Raises NotFound for a channel we do not have, and what the channel's `parse` raises.
    """
    kind, id = request.path_params["kind"], request.path_params["id"]
    world, channel = outside(kind), await channel_of(kind, id)
    inbound = world.parse(channel, request.headers, await request.body())
    taken = [await actions.take_in(channel, message) for message in inbound]
    return JSONResponse({"accepted": [str(message.id) for message in taken]}, status_code=202)


routes: list[BaseRoute] = [Route("/channels/{kind}/{id:uuid}", receive, methods=["POST"])]
