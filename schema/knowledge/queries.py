"""Looking up knowledge."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from domain.actors import Scope
from domain.errors import Invalid
from domain.knowledge import models, queries
from schema.context import Info
from schema.knowledge.types import Article, Template
from schema.loaders import decoded
from schema.nodes import FirstOf, Rows, later
from schema.paging import After, Before, Connection, First, Key, Last, Page, best, page
from schema.paging import Order as Sequence
from schema.scalars import parse_id

NEWEST = Sequence("updated-", (Key("updated_at", datetime, True), Key("id", UUID, True)))


async def _searched(scope: Scope, text: str, limit: int) -> Connection[Article]:
    found = await queries.search(scope, text, limit)
    return best(Article, NEWEST, [decoded(models.Article, row) for row in found])


@strawberry.type
class KnowledgeQueries:
    """Knowledge, for Query."""

    @strawberry.field(
        description="The articles that the viewer sees, the newest first; with `search` those "
        "that speak of it, best first, on one page."
    )
    def articles(
        self,
        info: Info,
        search: str | None = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Article]:
        """A page of articles."""
        scope, wanted = info.context.scope, Page.wanted(first, after, last, before)
        if search is None:
            return page(scope, Article, [], NEWEST, wanted)
        if wanted.backwards or wanted.after or wanted.before:
            raise Invalid(field="after", hint="a search has one page: first only")
        return later(_searched(scope, search[:200], wanted.size))

    @strawberry.field(description="One article, by its id or its slug.")
    def article(
        self, info: Info, id: strawberry.ID | None = None, slug: str | None = None
    ) -> Article | None:
        """An article, or null."""
        if id is not None:
            return later(Article.load_by(info.context, parse_id("Article", id)))
        if not slug:
            return None
        where = [("t.slug = {}", slug)]
        return later(FirstOf(Rows(Article, info.context.scope, where, limit=1)))

    @strawberry.field(description="What to say, by key; for staff.")
    def templates(self, info: Info, intent: str | None = None) -> list[Template]:
        """The templates, of one intent or all."""
        where = [("t.intent = {}", intent)] if intent is not None else []
        return later(Rows(Template, info.context.scope, where, "t.key, t.id"))
