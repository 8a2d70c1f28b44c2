"""What resolvers know about whoever asks, and the one place where fields are kept for staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import strawberry
from strawberry.extensions import FieldExtension

from domain.actors import Actor, Scope
from domain.errors import Unauthenticated
from schema.loaders import Loaders
from schema.moments import Moment

if TYPE_CHECKING:
    from schema.feed import Feed


@dataclass
class Context:
    """One execution: who asks, what they may see, and the loaders of this moment.

    A live execution is shared by everybody with the same scope, so it has no actor. `path` is how
    it ran: `compiled`, `interpreted`, `shared` with others, or `refused` before it did. `once` are
    the reads it shares with others who tell of the same event.
    """

    actor: Actor | None = None
    shared: Scope | None = None
    request_id: str = ""
    language: str = ""
    feed: Feed | None = None
    path: str = "refused"
    once: Moment | None = None
    _loaders: Loaders | None = field(default=None, repr=False)

    @property
    def scope(self) -> Scope:
        """What may be seen. Raises Unauthenticated when nobody is known."""
        return self.shared or self.known.scope

    @property
    def known(self) -> Actor:
        """Who asks. Raises Unauthenticated when nobody is known."""
        if self.actor is None:
            raise Unauthenticated()
        return self.actor

    @property
    def locale(self) -> str:
        """The language of messages: zh or en."""
        return self.language or (self.actor.locale if self.actor else "zh")

    @property
    def loaders(self) -> Loaders:
        """Batching reads, all through the scope."""
        if self._loaders is None:
            self._loaders = Loaders(self.scope, self.once)
        return self._loaders

    def refresh(self) -> None:
        """Forget what was loaded: the world has moved on (the next event, a mutation)."""
        self._loaders = None


Info: TypeAlias = strawberry.Info[Context, None]


class StaffOnly(FieldExtension):
    """The field says nothing to anybody but the staff of the shop: null, or what `empty` makes."""

    def __init__(self, empty: type[list[Any]] | None = None) -> None:
        self.empty = empty

    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """The field's value for staff; for a sync field."""
        if info.context.scope.is_staff:
            return next_(source, info, **kwargs)
        return self.empty() if self.empty else None

    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        """The field's value for staff; for an async field."""
        if info.context.scope.is_staff:
            return await next_(source, info, **kwargs)
        return self.empty() if self.empty else None


def staff_only(description: str | None = None) -> Any:
    """A plain nullable field that is null to anybody but staff."""
    return strawberry.field(description=description, extensions=[StaffOnly()])
