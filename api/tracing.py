"""What one request is known by while it lasts: its id, its headers, who asks, its name in logs."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from itertools import count

from starlette.routing import Mount
from starlette.types import Scope

from domain import words
from domain.actors import Actor

_KEY = "zaide.trace"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


_PROCESS = secrets.token_hex(4)
_numbers = count(1)


def _new_id() -> str:
    """Apart from all others' by this process's part of it. It is no secret: drawing one is dear."""
    return f"{_PROCESS}{next(_numbers):08x}"


@dataclass(slots=True)
class Trace:
    """A request's id, its actor once a door has asked, and the error it was answered with.

    `headers`, the `bearer` token and our session's `cookie` are read once for all who ask; the
    latter two are None until somebody does (api/auth.py).
    """

    id: str = field(default_factory=_new_id)
    actor: Actor | None = None
    code: str = ""
    is_ours: bool = True  # the id: made by us, and not by the caller
    headers: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    bearer: str | None = field(default=None, repr=False)
    cookie: str | None = field(default=None, repr=False)


def trace_of(scope: Scope) -> Trace:
    """The trace of a request, begun at the first question with the caller's own id if it is sane.

    The middleware outside asks first; a door called without it gets one as well.
    """
    found: Trace | None = scope.get(_KEY)
    if found is None:
        found = scope[_KEY] = _begin(scope)
    return found


def _begin(scope: Scope) -> Trace:
    # Of a header that comes twice the first counts.
    headers = dict(reversed(scope["headers"]))
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    if given and _ID.fullmatch(given):
        return Trace(given, is_ours=False, headers=headers)
    return Trace(headers=headers)


def header_of(scope: Scope, name: str) -> str | None:
    """A header of the request by its name in lower case; None if there is none."""
    value = trace_of(scope).headers.get(name.encode())
    return value.decode("latin-1") if value is not None else None


def template_of(scope: Scope) -> str:
    """The route's path with its placeholders, which says what was asked and not about whom."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path is None or isinstance(route, Mount):
        return f"{path}/…" if path else "(none)"
    return f"{_mounts(scope)}{path}"


def _mounts(scope: Scope) -> str:
    """Where the router of the route is mounted, with the mount's placeholders put back."""
    if "app_root_path" not in scope:
        return ""
    path = str(scope.get("root_path", "")).removeprefix(scope["app_root_path"])
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(f"/{value}", f"/{{{name}}}")
    return path


def locale_of(scope: Scope) -> str:
    """The language to answer in: a person's own, else what the client prefers, else the shop's."""
    actor = trace_of(scope).actor
    accepted = header_of(scope, "accept-language") or ""
    if actor is not None and (actor.person_id is not None or not accepted):
        return actor.locale
    return words.preferred(accepted)
