"""The verbs of knowledge: publish an article, keep a template."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import db
from domain.clock import now
from domain.knowledge import bigrams
from domain.knowledge.models import Article, Template


async def publish(shop: UUID, article: dict[str, Any]) -> Article:
    """Publish an article, replacing the one with the same slug.

    `article` has slug, title, answer, body, and may have title_en, answer_en, intents, tags.
    """
    async with db.unit_of_work():
        said = " ".join((article["title"], article["title"], article["answer"], article["body"]))
        fields = {**article, "state": "published", "words": bigrams.document(said)}
        row, _ = await Article.update_or_create(
            shop_id=shop, slug=article["slug"], defaults={**fields, "updated_at": now()}
        )
    return row


async def keep_template(shop: UUID, template: dict[str, Any]) -> Template:
    """Keep a reply template: key, intent, text, and text_en."""
    async with db.unit_of_work():
        row, _ = await Template.update_or_create(
            shop_id=shop, key=template["key"], defaults=template
        )
    return row
