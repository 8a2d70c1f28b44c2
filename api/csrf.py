"""Cross-site request forgery: a change in a logged-in person's name comes from our own page.

Two proofs, after the OWASP cheat sheet
(https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html):
what the browser says of the page (Sec-Fetch-Site, Origin), and for forms a token signed over the
session's cookie. JSON needs the first only, because another site's page cannot send it unasked.
Requests with a bearer token carry their own proof, and their cookie counts for nothing.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import bearer_of, cookie_of, is_same_origin
from api.errors import Forged
from api.tracing import header_of
from domain.secrets import keyring

FIELD, HEADER = "csrf", "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def csrf_of(connection: HTTPConnection) -> str:
    """The token for this session's forms: a field `csrf` or the header X-CSRF-Token. '' without
    a session."""
    cookie = cookie_of(connection)
    return keyring().sign("csrf", cookie.encode()) if cookie else ""


class Csrf:
    """Refuses what another site's page asks for. Raises Forged before the door is reached."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; only unsafe methods without a bearer token are checked."""
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            connection = HTTPConnection(scope)
            if not bearer_of(connection):
                receive = await _checked(connection, receive)
        await self.app(scope, receive, send)


async def _checked(connection: HTTPConnection, receive: Receive) -> Receive:
    """Raise Forged, or give back what the door reads the body from."""
    cookie = cookie_of(connection)
    is_form = (header_of(connection.scope, "content-type") or "").startswith(_FORMS)
    ours = _from_our_page(connection)
    # A log-in form has no session yet, and must not be sent from elsewhere either.
    if ours is False and (cookie or is_form):
        raise Forged
    if not cookie:
        return receive
    token = header_of(connection.scope, HEADER) or ""
    if not token and is_form:
        token, receive = await _field(connection.scope, receive)
    if token:
        if not keyring().signed("csrf", cookie.encode(), token):
            raise Forged
    elif is_form or ours is None:
        raise Forged
    return receive


def _from_our_page(connection: HTTPConnection) -> bool | None:
    """Whether the browser says that our page asks; None when it says nothing."""
    site = header_of(connection.scope, "sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    if header_of(connection.scope, "origin") is not None:
        return is_same_origin(connection)
    return True if site == "same-origin" else None


async def _field(scope: Scope, receive: Receive) -> tuple[str, Receive]:
    """The form's token, and the body to be read once more (it is under the size limit)."""
    body = await Request(scope, receive).body()
    async with Request(scope, _again(body, receive)).form() as form:
        value = form.get(FIELD)
        return value if isinstance(value, str) else "", _again(body, receive)


def _again(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body once, and then what the server has to say."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
