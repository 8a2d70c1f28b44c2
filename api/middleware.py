"""What every request passes, from outside in: trace, headers, errors, size, rate, forgery.

Plain ASGI, because a base class that buffers would hold back streams. `app.py` lists the order.
What sockets merely pass hands their call on without waiting for its end, which costs them nothing
for as long as they live.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Sequence

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import bearer_of, cookie_of, source_of
from api.errors import RequestTooLarge
from api.health import REQUESTS, SOCKETS
from api.tracing import Trace, header_of, template_of, trace_of
from domain.errors import TooMany
from domain.logging import masked, write
from domain.rates import Rates
from domain.settings import settings

REQUEST_ID = b"x-request-id"
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

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request or socket."""
        if scope["type"] == "websocket":
            return self._socket(scope, receive, send)
        if scope["type"] == "http":
            return self._request(scope, receive, send)
        return self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace, began = trace_of(scope), time.perf_counter()
        status, first = 0, 0.0

        async def sending(message: Message) -> None:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = message["status"], time.perf_counter() - began
                others = [pair for pair in message.get("headers", ()) if pair[0] != REQUEST_ID]
                message["headers"] = [*others, (REQUEST_ID, trace.id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            route, method = template_of(scope), scope["method"]
            REQUESTS.note(method if method in METHODS else "OTHER", route, status, first)
            told = method if method in METHODS else masked(method)
            _write("request", trace, began, {"method": told, "status": status, "route": route})

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        SOCKETS.inc()
        try:
            await self.app(scope, receive, send)
        finally:
            SOCKETS.dec()
            _write("socket", trace_of(scope), began, {"route": template_of(scope)})


def _write(event: str, trace: Trace, began: float, facts: dict[str, object]) -> None:
    if trace.code:
        facts["code"] = trace.code
    facts["ms"] = round((time.perf_counter() - began) * 1000, 1)
    facts["request_id"] = trace.id if trace.is_ours else masked(trace.id)
    facts["actor"] = trace.actor.ref if trace.actor else None
    write(event, facts)


class SecurityHeaders:
    """Adds what tells browsers to trust nothing but us; a page that says otherwise keeps its own.

    Sources: OWASP Secure Headers (https://owasp.org/www-project-secure-headers/).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.defaults = [
            (b"content-security-policy", content_policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        if not settings().development:
            always = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
            self.defaults.append(always)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                named = {name for name, _ in headers}
                headers += [pair for pair in self.defaults if pair[0] not in named]
                if b"etag" not in named and b"cache-control" not in named:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        return self.app(scope, receive, sending)


class BodyLimit:
    """Raises RequestTooLarge when a body is announced, or turns out, to be over the limit."""

    def __init__(self, app: ASGIApp, most: int | None = None) -> None:
        self.app = app
        self.most = most or settings().max_body

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        announced = header_of(scope, "content-length") or ""
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

        return self.app(scope, receiving, send)


class RateLimit:
    """Counts requests a minute by caller: a token, a session, or for strangers their address.

    A credential is not verified here, so that the first request with it counts for its address
    as well: whoever makes up a new one each time is a stranger. Raises TooMany.
    """

    def __init__(self, app: ASGIApp, most: int | None = None) -> None:
        self.app = app
        self.most = most or settings().rate_per_minute
        self.rates = Rates(RATE_WINDOW)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            return self.app(scope, receive, send)
        return self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        credential = bearer_of(connection) or cookie_of(connection)
        requests = await self._hits(_name("known", credential)) if credential else 1
        if requests > self.most:
            raise TooMany(retry_after=RATE_WINDOW)
        if requests == 1:
            strangers = await self.rates.hit(_name("stranger", source_of(connection)))
            if strangers > self.most * STRANGERS_FACTOR:
                raise TooMany(retry_after=RATE_WINDOW)
        await self.app(scope, receive, send)

    async def _hits(self, name: str) -> int:
        number = self.rates.hit_at_once(name)
        return number if number is not None else await self.rates.hit(name)


def _name(kind: str, caller: str) -> str:
    return f"rate:{kind}:{hashlib.sha256(caller.encode()).hexdigest()[:32]}"
