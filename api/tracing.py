"""What one request is known by while it lasts: its id, who asks, and how it is called in logs."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.routing import Mount
from starlette.types import Scope

from domain import words
from domain.actors import Actor

_KEY = "zaide.trace"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(slots=True)
class Trace:
    """A request's id, its actor once a door has asked, and the error it was answered with."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    actor: Actor | None = None
    code: str = ""


def trace_of(scope: Scope) -> Trace:
    """The trace of a request, begun at the first question with the caller's own id if it is sane.

    The middleware outside asks first; a door called without it gets one as well.
    """
    if _KEY not in scope:
        given = Headers(scope=scope).get("x-request-id", "")
        scope[_KEY] = Trace(given) if _ID.fullmatch(given) else Trace()
    found = scope[_KEY]
    assert isinstance(found, Trace)
    return found


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
    accepted = Headers(scope=scope).get("accept-language", "")
    if actor is not None and (actor.person_id is not None or not accepted):
        return actor.locale
    return words.preferred(accepted)
