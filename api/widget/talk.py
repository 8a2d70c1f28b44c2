"""What the chat page's script asks for: a token, what was said, to say something, and news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.auth import bearer_of, require_actor
from api.console.live import BEAT, STILL_HERE, hub, told_to
from api.console.stream import EventStream, cursor_of, message, word
from api.errors import Malformed, read_json
from api.widget import parts
from api.widget.chat import language_of, shop_of
from domain import db, live
from domain.actors import Actor, Role
from domain.conversations import actions, queries
from domain.conversations.models import Message
from domain.errors import Invalid, NotFound, Unauthenticated
from domain.events import Happened
from domain.orders import actions as orders
from domain.people import actions as people
from domain.people.models import Customer
from domain.people.widget import TOKEN_LIFE, actor_of_widget, widget_token
from domain.shops.models import Shop


async def session(request: Request) -> Response:
    """POST {visitor?, assertion?}: a token for an hour.

    An assertion is the shop's signed word on who its user is; a visitor who brings one keeps the
    talk. With the Authorization of a token that still lives, it is renewed.
    """
    shop, given = await shop_of(request), await read_json(request)
    visitor, assertion = _text(given, "visitor", 64), _text(given, "assertion", 4096)
    customer = await _customer(shop, bearer_of(request), visitor, assertion)
    return JSONResponse(
        {
            "token": widget_token(customer),
            "expiresIn": int(TOKEN_LIFE.total_seconds()),
            "customer": {
                "id": str(customer.id),
                "name": customer.name,
                "anonymous": customer.is_anonymous,
            },
        }
    )


async def _customer(shop: Shop, token: str, visitor: str, assertion: str) -> Customer:
    known = await _renewed(shop, token) if token else None
    if known is None and visitor:
        known = await people.visitor(shop, visitor)
    if assertion:
        known = await people.sign_in(shop, assertion, known)
        await orders.claim_for(shop.id, known.id)
    return known or await people.visitor(shop)


async def _renewed(shop: Shop, token: str) -> Customer | None:
    """The customer of a token that still lives; None for one that does not, or another shop's."""
    try:
        actor = await actor_of_widget(token)
    except Unauthenticated:
        return None
    if actor.shop_id != shop.id:
        return None
    return await Customer.get_or_none(id=actor.id, shop_id=shop.id)


async def say(request: Request) -> Response:
    """POST {text, clientId, page?}: 201 with the message once it is stored.

    The same clientId again gives the same message. `page` is the path the customer is on.
    """
    shop, actor = await _customer_of(request)
    given = await read_json(request)
    text, client_id = given.get("text"), given.get("clientId")
    if not isinstance(text, str) or not isinstance(client_id, str | None):
        raise Invalid(field="text")
    stored = await actions.receive(actor, text, client_id)
    row = {name: getattr(stored, name) for name in _COLUMNS}
    return JSONResponse(_as_data(row, language_of(request, shop)), status_code=201)


async def said(request: Request) -> Response:
    """GET ?after=seq: what was said in the open conversation after that, else on the timeline.

    With how things stand, and the position from which a stream goes on.
    """
    shop, actor = await _customer_of(request)
    locale, position = language_of(request, shop), live.reader.position
    after = request.query_params.get("after", "")
    talk = await parts.current(actor) if after.isdigit() else None
    if talk is not None:
        rows = await queries.said(actor.scope, talk.id, after=int(after[:9]))
    else:
        rows = await parts.history(actor)
    return JSONResponse(
        {
            "messages": [_as_data(row, locale) for row in rows],
            "status": await parts.draw_status(actor, locale),
            "holder": talk.holder if talk else await _holder(actor),
            "position": position,
        }
    )


async def stream(request: Request) -> Response:
    """GET ?after=position: messages and how things stand, as they happen."""
    shop, actor = await _customer_of(request)
    frames = _follow(bearer_of(request), actor, language_of(request, shop), cursor_of(request))
    return EventStream(frames)


async def _follow(token: str, actor: Actor, locale: str, after: int) -> AsyncIterator[bytes]:
    """Frames for one customer, until the token is over or its customer is gone."""
    # What comes from here on is heard; what came before is looked up. Nothing is both. A customer
    # hears of their own talk only, so there is nothing to gather in rounds.
    ear = hub.open(actor, lambda event: True, pace=0)
    clock = asyncio.get_running_loop().time
    looked = clock()
    try:
        yield b"retry: 1000\n: hello\n\n"
        missed = await live.missed(actor.shop, after, ear.since)
        if missed is None:
            yield word("resync")
            return
        heard = [event for event in missed if told_to(actor, event)]
        while True:
            frames = await _frames(actor, locale, heard) if heard else [STILL_HERE]
            while ear.doubted or clock() - looked >= BEAT:
                ear.doubted, looked = False, clock()
                await actor_of_widget(token)
            for frame in frames:
                yield frame
            heard = await ear.heard(BEAT)
            if hub.ended:
                return
            if ear.lost:
                yield word("resync")
                return
    except Unauthenticated:
        yield word("renew")
    finally:
        hub.close(ear)


async def _frames(actor: Actor, locale: str, heard: list[Happened]) -> list[bytes]:
    """A frame per message, and one for how things stand."""
    frames = []
    rows = await _messages(actor, heard)
    for event in heard:
        row = rows.get(str(event.data.get("message"))) if event.kind in parts.SAID else None
        if row is not None:
            frames.append(message(_dumped(_as_data(row, locale)), event.position, "message"))
    status = {"html": await parts.draw_status(actor, locale), "holder": await _holder(actor)}
    frames.append(message(_dumped(status), heard[-1].position, "status"))
    return frames


async def _messages(actor: Actor, heard: list[Happened]) -> dict[str, db.Row]:
    """What was said, by its id, as far as its customer may see it."""
    ids = [str(event.data["message"]) for event in heard if event.kind in parts.SAID]
    if not ids:
        return {}
    found = await db.select(Message, actor.scope, [("t.id = ANY({}::uuid[])", ids)])
    return {str(row["id"]): row for row in found}


async def _holder(actor: Actor) -> str:
    talk = await parts.current(actor)
    return talk.holder if talk else ""


async def _customer_of(request: Request) -> tuple[Shop, Actor]:
    """The shop of the path and the customer of the token. Raises Unauthenticated, NotFound."""
    shop, actor = await shop_of(request), await require_actor(request)
    if actor.role is not Role.CUSTOMER:
        raise Unauthenticated
    if actor.shop_id != shop.id:
        raise NotFound(noun="shop")
    return shop, actor


_COLUMNS = ["id", "conversation_id", "agent_id", "seq", "author", "author_name", "text"]
_COLUMNS += ["client_id", "created_at"]


def _as_data(row: db.Row, locale: str) -> dict[str, Any]:
    """A message as the page's script takes it: its facts, and drawn."""
    return {
        "id": str(row["id"]),
        "conversation": str(row["conversation_id"]),
        "seq": row["seq"],
        "author": row["author"],
        "name": row["author_name"],
        "text": row["text"],
        "clientId": row["client_id"],
        "at": row["created_at"].isoformat(),
        "html": parts.draw_message(row, locale),
    }


def _dumped(data: dict[str, Any]) -> str:
    return orjson.dumps(data).decode()


def _text(given: dict[str, Any], name: str, most: int) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str) or len(value) > most:
        raise Malformed
    return value
