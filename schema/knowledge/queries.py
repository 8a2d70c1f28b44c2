"""Looking up knowledge."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from domain.errors import Invalid
from domain.knowledge import models, queries
from schema.context import Info
from schema.knowledge.types import Article, Template
from schema.loaders import decoded, rows
from schema.paging import After, Before, Connection, First, Key, Last, Page, best, page
from schema.paging import Order as Sequence
from schema.scalars import parse_id

NEWEST = Sequence("updated-", (Key("updated_at", datetime, True), Key("id", UUID, True)))


@strawberry.type
class KnowledgeQueries:
    """Knowledge, for Query."""

    @strawberry.field(
        description="The articles that the viewer sees, the newest first; with `search` those "
        "that speak of it, best first, on one page."
    )
    async def articles(
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
            return await page(scope, models.Article, Article, [], NEWEST, wanted)
        if wanted.backwards or wanted.after or wanted.before:
            raise Invalid(field="after", hint="a search has one page: first only")
        found = await queries.search(scope, search[:200], wanted.size)
        return best(Article, NEWEST, [decoded(models.Article, row) for row in found])

    @strawberry.field(description="One article, by its id or its slug.")
    async def article(
        self, info: Info, id: strawberry.ID | None = None, slug: str | None = None
    ) -> Article | None:
        """An article, or null."""
        if id is not None:
            return await Article.load_by(info.context, parse_id("Article", id))
        where = [("t.slug = {}", slug)]
        found = await rows(info.context.scope, models.Article, where, limit=1) if slug else []
        return Article.of(found[0]) if found else None

    @strawberry.field(description="What to say, by key; for staff.")
    async def templates(self, info: Info, intent: str | None = None) -> list[Template]:
        """The templates, of one intent or all."""
        where = [("t.intent = {}", intent)] if intent is not None else []
        found = await rows(info.context.scope, models.Template, where, "t.key, t.id")
        return [Template.of(row) for row in found]
