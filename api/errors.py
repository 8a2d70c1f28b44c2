"""Errors at the door: a page for people, JSON for programs, and never a bare 500.

    {"error": {"code", "message", "hint", "field", "requestId"}}

A `DomainError` brings its code and status. What nobody expected is logged by its type under the
request's id, and answered as `internal` without a detail.
"""

from __future__ import annotations

import html
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.tracing import locale_of, trace_of
from domain import broker, db, words
from domain.errors import DomainError, NotAllowed, NotFound, Unauthenticated, Unavailable

log = structlog.get_logger()


class RequestTooLarge(DomainError):
    """A body over the limit."""

    code, status = "too_large", 413


class Malformed(DomainError):
    """A body that is not what it says it is."""

    code, status = "malformed", 400


class WrongMethod(DomainError):
    """A page that exists, asked in a way it does not answer."""

    code, status = "wrong_method", 405


class Forged(NotAllowed):
    """A change asked for in somebody's name by a page that is not ours."""

    code = "forged"


class Internal(DomainError):
    """Our own mistake."""

    code, status = "internal", 500


OURS: tuple[type[DomainError], ...] = (RequestTooLarge, Malformed, WrongMethod, Forged, Internal)
_BY_STATUS: dict[int, type[DomainError]] = {
    400: Malformed,
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    405: WrongMethod,
    413: RequestTooLarge,
}


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body. Raises Malformed for anything else."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(body, dict):
        raise Malformed
    return body


def answer(scope: Scope, error: DomainError) -> Response:
    """An error as the asker reads it: HTML for a browser's page, JSON for everything else."""
    trace = trace_of(scope)
    trace.code = error.code
    locale = locale_of(scope)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
    if (seconds := error.params.get("retry_after")) is not None:
        headers["Retry-After"] = str(seconds)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="zaide"'
    if _wants_page(scope):
        page = _page(error, locale, trace.id)
        return HTMLResponse(page, status_code=error.status, headers=headers)
    body = {"error": as_dict(error, locale, trace.id)}
    return JSONResponse(body, status_code=error.status, headers=headers)


def as_dict(error: DomainError, locale: str, request_id: str) -> dict[str, str | None]:
    """The fields of an error in the words of `locale`."""
    return {
        "code": error.code,
        "message": words.say(error.code, locale, **error.params),
        "hint": words.hint(error.code, locale, **error.params),
        "field": error.field,
        "requestId": request_id,
    }


def understood(error: Exception, scope: Scope) -> DomainError:
    """Any exception as one that may be told. What is our own fault is logged here."""
    if isinstance(error, DomainError) and error.status < 500:
        return error
    if isinstance(error, HTTPException):
        return _of_framework(error)
    where = {"request_id": trace_of(scope).id, "error": type(error).__name__}
    if isinstance(error, Unavailable):
        log.warning("request.unavailable", **where)
        return error
    if isinstance(error, (*db.Unreachable, *broker.Unreachable)):
        log.warning("request.unavailable", **where)
        return Unavailable()
    log.error("request.failed", **where, exc_info=error)
    return Internal()


def _of_framework(error: HTTPException) -> DomainError:
    known = _BY_STATUS.get(error.status_code)
    if known is not None:
        return known()
    other = DomainError()
    other.status = error.status_code
    return other


class Answering:
    """Turns whatever is raised further in into an answer, as long as none has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; sockets pass, they have their own words for errors."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            told = understood(error, scope)
            # An answer cut short is seen by the client; the server closes the connection for us.
            if not begun:
                await answer(scope, told)(scope, receive, send)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's own refusals (404, 405) in our form."""
    response = answer(request.scope, understood(error, request.scope))
    for name, value in (getattr(error, "headers", None) or {}).items():
        response.headers[name] = value
    return response


def _wants_page(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "text/html" in headers.get("accept", "") or "hx-request" in headers


def _page(error: DomainError, locale: str, request_id: str) -> str:
    said = {key: html.escape(v or "") for key, v in as_dict(error, locale, request_id).items()}
    lang = "zh-CN" if locale == "zh" else "en"
    advice = f"<p>{said['hint']}</p>" if said["hint"] else ""
    number = html.escape(words.say("error.request", locale, id=request_id))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said['message']}</title></head><body><main>"
        f"<h1>{said['message']}</h1>{advice}<p><small>{number}</small></p>"
        "</main></body></html>"
    )
