"""Reads of knowledge: search in Chinese, and the article that answers an intent."""

from __future__ import annotations

from domain import db, visibility
from domain.actors import Scope
from domain.knowledge import bigrams
from domain.knowledge.models import Article

SHORT = (
    "t.id, t.shop_id, t.slug, t.title, t.title_en, t.answer, t.answer_en, t.body, t.intents, "
    "t.tags, t.state, t.updated_at"
)


async def search(scope: Scope, text: str, limit: int = 10) -> list[db.Row]:
    """Articles that speak of `text`, best first: title before body, the newer before the older."""
    words = bigrams.query(text)
    if not words:
        return []
    rank = "ts_rank_cd(t.search, to_tsquery('simple', {0}))"
    where = [("t.search @@ to_tsquery('simple', {})", words)]
    return await db.select(
        Article,
        scope,
        where,
        # The parameter of the match is the last one that `select` numbered.
        order=f"{rank.format(_last(scope))} DESC, t.updated_at DESC, t.id",
        limit=limit,
        columns=SHORT,
    )


async def answering(scope: Scope, intent: str) -> db.Row | None:
    """The published article filed under an intent, the newest if there are several."""
    rows = await db.select(
        Article,
        scope,
        [("t.intents @> {}::jsonb", f'["{intent}"]'), ("t.state = 'published'", ...)],
        order="t.updated_at DESC, t.id",
        limit=1,
        columns=SHORT,
    )
    return rows[0] if rows else None


def _last(scope: Scope) -> str:
    """The number of the first parameter after those of the scope."""
    values: list[object] = []
    visibility.condition(Article, scope, values)
    return f"${len(values) + 1}"
