"""What every request passes, from outside in: trace, headers, errors, size, rate, forgery.

Plain ASGI, because a base class that buffers would hold back streams. `app.py` lists the order.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import bearer_of, cookie_of, source_of
from api.errors import RequestTooLarge
from api.health import LATENCY, REQUESTS, SOCKETS
from api.tracing import template_of, trace_of
from domain import broker
from domain.errors import TooMany
from domain.settings import settings

log = structlog.get_logger()

RATE_WINDOW = 60  # seconds
# Behind one address there may be a whole mobile network, so that strangers share more.
STRANGERS_FACTOR = 10
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNCOUNTED = ("/healthz", "/readyz", "/metrics", "/static/")


def content_policy(frame_ancestors: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a page: our own files only, nothing inline.

    `frame_ancestors` are the origins that may show it; the widget's page names its shop's.
    """
    shown_by = " ".join(frame_ancestors) or "'none'"
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {shown_by}"
    )


class Tracing:
    """Gives each request its id, counts it, and writes one line about it.

    The line names the route's template, never the query, the body or a credential. Latency is
    the time until the answer begins, so that a stream of an hour is not a slow answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace, began = trace_of(scope), time.perf_counter()
        status, first = 0, 0.0

        async def sending(message: Message) -> None:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = message["status"], time.perf_counter() - began
                MutableHeaders(scope=message)["X-Request-ID"] = trace.id
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            route = template_of(scope)
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            REQUESTS.labels(method, route, str(status)).inc()
            LATENCY.labels(method, route).observe(first)
            _write("request", scope, began, method=scope["method"], status=status)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        SOCKETS.inc()
        try:
            await self.app(scope, receive, send)
        finally:
            SOCKETS.dec()
            _write("socket", scope, began)


def _write(event: str, scope: Scope, began: float, **facts: object) -> None:
    trace = trace_of(scope)
    if trace.code:
        facts["code"] = trace.code
    log.info(
        event,
        **facts,
        route=template_of(scope),
        ms=round((time.perf_counter() - began) * 1000, 1),
        request_id=trace.id,
        actor=trace.actor.ref if trace.actor else None,
    )


class SecurityHeaders:
    """Adds what tells browsers to trust nothing but us; a page that says otherwise keeps its own.

    Sources: OWASP Secure Headers (https://owasp.org/www-project-secure-headers/).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.defaults = {
            "Content-Security-Policy": content_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if not settings().development:
            self.defaults["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.defaults.items():
                    headers.setdefault(name, value)
                if "etag" not in headers:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class BodyLimit:
    """Raises RequestTooLarge when a body is announced, or turns out, to be over the limit."""

    def __init__(self, app: ASGIApp, most: int | None = None) -> None:
        self.app = app
        self.most = most or settings().max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > self.most:
            raise RequestTooLarge(most=self.most)
        read = 0

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                raise RequestTooLarge(most=self.most)
            return message

        await self.app(scope, receiving, send)


class RateLimit:
    """Counts requests a minute by caller: a token, a session, or for strangers their address.

    A credential is not verified here, so that the first request with it counts for its address
    as well: whoever makes up a new one each time is a stranger. Raises TooMany.
    """

    def __init__(self, app: ASGIApp, most: int | None = None) -> None:
        self.app = app
        self.most = most or settings().rate_per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not scope["path"].startswith(UNCOUNTED):
            await self._count(HTTPConnection(scope))
        await self.app(scope, receive, send)

    async def _count(self, connection: HTTPConnection) -> None:
        credential = bearer_of(connection) or cookie_of(connection)
        requests = await _hits("known", credential) if credential else 1
        if requests > self.most:
            raise TooMany(retry_after=RATE_WINDOW)
        if requests == 1:
            strangers = await _hits("stranger", source_of(connection))
            if strangers > self.most * STRANGERS_FACTOR:
                raise TooMany(retry_after=RATE_WINDOW)


async def _hits(kind: str, caller: str) -> int:
    name = hashlib.sha256(caller.encode()).hexdigest()[:32]
    return await broker.hit(f"rate:{kind}:{name}", RATE_WINDOW)
