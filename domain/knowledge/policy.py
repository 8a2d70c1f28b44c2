"""Who reads articles and templates."""

from __future__ import annotations

from domain import visibility
from domain.actors import Actor, Scope
from domain.knowledge.models import Article, Template

_PUBLISHED = "{t}.state = 'published'"

visibility.visible(
    Article,
    visibility.Visibility(
        "knowledge", merchant=_PUBLISHED, customer=_PUBLISHED, partner=_PUBLISHED
    ),
)
visibility.visible(Template, visibility.Visibility("knowledge"))


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads articles and templates."""
    return actor.scope
