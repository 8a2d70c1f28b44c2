"""Who asks: a session cookie, an API token, a widget token or a socket's words become an Actor.

    Authorization: Bearer zd_…     an API token          (partners, merchants' programs)
    Authorization: Bearer eyJ…     our widget token      (customers)
    Cookie: zaide_session=…        a log-in              (agents, merchants, admins)

A header is never mixed with a cookie: where there is a header, it alone decides.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope
from starlette.websockets import WebSocket

from api.tracing import header_of, trace_of
from domain import broker
from domain.actors import Actor
from domain.clock import now
from domain.errors import Expired, TooMany, Unauthenticated
from domain.people.models import Session
from domain.people.queries import MARK, actor_of_session, actor_of_token
from domain.people.widget import actor_of_widget
from domain.settings import settings

Reauthenticate = Callable[[], Awaitable[Actor | None]]


async def actor_of_request(request: HTTPConnection) -> Actor | None:
    """Who asks; None when no credential was sent. Asked twice, it looks once.

    Raises Unauthenticated for a credential we do not know, Expired for one that is over, and
    TooMany when its source has sent too many wrong ones within a minute.
    """
    trace = trace_of(request.scope)
    if trace.actor is None:
        trace.actor = await _known(request, bearer_of(request), cookie_of(request))
    return trace.actor


def asked_again(request: HTTPConnection) -> Reauthenticate:
    """A function that asks anew who sends a request, for answers that go on for long.

    It raises as `actor_of_request` does.
    """
    token, cookie = bearer_of(request), cookie_of(request)

    async def reauthenticate() -> Actor | None:
        return await _known(request, token, cookie)

    return reauthenticate


async def require_actor(request: HTTPConnection) -> Actor:
    """Who asks. Raises Unauthenticated when nobody does, and what `actor_of_request` raises."""
    actor = await actor_of_request(request)
    if actor is None:
        raise Unauthenticated
    return actor


async def actor_of_socket(
    websocket: WebSocket, params: Mapping[str, Any]
) -> tuple[Actor | None, Reauthenticate]:
    """Who opened a socket, and a function that asks the same question anew.

    `params` is the payload of connection_init: {"token": "…"} or {"Authorization": "Bearer …"}.
    A cookie counts only where the page that opened the socket is our own, since browsers send it
    along for any page. `reauthenticate` is for sockets that live on: call it when grants change,
    a session ends or a token is revoked; it raises as `actor_of_request` does.
    """
    token = _token_in(params) or bearer_of(websocket)
    cookie = cookie_of(websocket) if not token and is_same_origin(websocket) else ""

    async def reauthenticate() -> Actor | None:
        return await _known(websocket, token, cookie)

    actor = await reauthenticate()
    trace_of(websocket.scope).actor = actor
    return actor, reauthenticate


def bearer_of(connection: HTTPConnection) -> str:
    """The bearer token of the Authorization header, or ''."""
    trace = trace_of(connection.scope)
    if trace.bearer is None:
        said = header_of(connection.scope, "authorization") or ""
        scheme, _, token = said.partition(" ")
        trace.bearer = token.strip() if scheme.lower() == "bearer" else ""
    return trace.bearer


def cookie_of(connection: HTTPConnection) -> str:
    """The value of our session cookie, or ''. Of several with its name the last counts."""
    trace = trace_of(connection.scope)
    if trace.cookie is None:
        trace.cookie = _session_in(connection.scope) if b"cookie" in trace.headers else ""
    return trace.cookie


def _session_in(scope: Scope) -> str:
    wanted, found = cookie_name(), ""
    sent = (value for name, value in scope["headers"] if name == b"cookie")
    for part in b";".join(sent).decode("latin-1").split(";"):
        name, _, value = part.partition("=")
        if name.strip() == wanted:
            found = value.strip()
    return found


def cookie_name() -> str:
    """The session cookie's name; the prefix makes browsers refuse one set by another host.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2
    """
    return "zaide_session" if settings().development else "__Host-zaide_session"


def set_session(response: Response, raw: str, session: Session) -> None:
    """Give the browser its cookie, for as long as the session lives and only to us."""
    response.set_cookie(
        cookie_name(),
        raw,
        max_age=int((session.expires_at - now()).total_seconds()),
        path="/",
        secure=not settings().development,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(),
        path="/",
        secure=not settings().development,
        httponly=True,
        samesite="lax",
    )


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether the page behind this request is ours: its Origin is the host it asked, or our
    public address. False without an Origin."""
    origin = connection.headers.get("origin", "")
    if not origin or origin == "null":
        return False
    ours = urlsplit(settings().base_url)
    asked = urlsplit(origin)
    if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
        return True
    return asked.scheme in ("http", "https") and asked.netloc == connection.headers.get("host")


def source_of(connection: HTTPConnection) -> str:
    """The address a request comes from; 'local' on a unix socket.

    A proxy on our own network is believed: each appends who called it to X-Forwarded-For, so the
    last public address there is the caller's own, whatever the caller wrote before it.
    """
    peer = connection.client.host if connection.client else "local"
    if peer != "local" and not _is_private(peer):
        return peer
    told = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    hops = [hop.strip() for hop in told if _is_address(hop.strip())]
    public = [hop for hop in hops if not _is_private(hop)]
    return (public or hops or [peer])[-1]


def is_near(connection: HTTPConnection) -> bool:
    """Whether the caller is on our own network."""
    source = source_of(connection)
    return source == "local" or _is_private(source)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_private(text: str) -> bool:
    return _is_address(text) and ipaddress.ip_address(text).is_private


async def _known(connection: HTTPConnection, token: str, cookie: str) -> Actor | None:
    try:
        if token:
            return await _of_token(token)
        return await actor_of_session(cookie)
    except Expired:
        raise
    except Unauthenticated:
        await _count_wrong(source_of(connection))
        raise


async def _of_token(token: str) -> Actor | None:
    if token.startswith(MARK):
        return await actor_of_token(token)
    return await actor_of_widget(token)


async def _count_wrong(source: str) -> None:
    """Guessing is slowed down by source, since each guess is another caller."""
    name = hashlib.sha256(source.encode()).hexdigest()[:32]
    if await broker.hit(f"wrong:{name}", 60) > settings().rate_per_minute:
        raise TooMany(retry_after=60)


def _token_in(params: Mapping[str, Any]) -> str:
    """The token in a socket's opening words, under any of the names that clients use."""
    for name, value in params.items():
        if isinstance(value, str) and name.lower() in ("token", "authtoken", "authorization"):
            return value[7:].strip() if value[:7].lower() == "bearer " else value.strip()
    return ""
