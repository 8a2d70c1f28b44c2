"""What can go wrong, as a tree. Doors turn these into HTML, JSON, a result type or a close code.

    DomainError
    ├── NotFound            it is not there, or not yours to see (the same answer for both)
    ├── NotAllowed          you may see it, not do this          ├── NotYourTeam
    ├── Unauthenticated     we do not know who you are           ├── BadCredentials ├── Expired
    ├── Invalid             what was sent cannot be used         ├── BadCursor ├── UnknownIntent
    ├── Conflict            the world has moved on        ├── AlreadyClosed ├── AlreadyClaimed
    ├── TooMany             slower, please
    └── Unavailable         a part of us is down; try again      ├── NotExplained

Every error has a stable `code`, a public message from the catalogues and, where there is one, the
`hint` of what to do. Parameters may hold ids, numbers and names of fields, never a customer's
words.
"""

from __future__ import annotations


class DomainError(Exception):
    """A failure that may be told to whoever asked. `code` is stable, `params` fill the message."""

    code = "error"
    status = 400

    def __init__(self, **params: object) -> None:
        super().__init__(self.code)
        self.params = params

    @property
    def field(self) -> str | None:
        """The input field at fault, if it was one."""
        field = self.params.get("field")
        return str(field) if field is not None else None


class NotFound(DomainError):
    code, status = "not_found", 404


class NotAllowed(DomainError):
    code, status = "not_allowed", 403


class NotYourTeam(NotAllowed):
    code = "not_your_team"


class Unauthenticated(DomainError):
    code, status = "unauthenticated", 401


class BadCredentials(Unauthenticated):
    code = "bad_credentials"


class Expired(Unauthenticated):
    code = "expired"


class Invalid(DomainError):
    code, status = "invalid", 422


class BadCursor(Invalid):
    code = "bad_cursor"


class TooLong(Invalid):
    code = "too_long"


class UnknownIntent(Invalid):
    code = "unknown_intent"


class Conflict(DomainError):
    code, status = "conflict", 409


class AlreadyClosed(Conflict):
    code = "already_closed"


class AlreadyClaimed(Conflict):
    code = "already_claimed"


class TooMany(DomainError):
    code, status = "too_many", 429


class Unavailable(DomainError):
    code, status = "unavailable", 503


class NotExplained(Unavailable):
    code = "not_explained"
