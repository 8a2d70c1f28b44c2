"""Knowledge: articles that answer, templates that agents say."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.indexes import Index

from domain.rows import Row, belongs_to, one_of


class Article(Row):
    """What we know. `answer` is what the bot says at once; `body` is Markdown.

    `words` holds bigrams made by `bigrams.document`; PostgreSQL keeps `search` from it.
    """

    shop_id: UUID
    shop = belongs_to("Shop")
    slug = fields.CharField(max_length=80)
    title = fields.CharField(max_length=200)
    title_en = fields.CharField(max_length=200, default="")
    answer = fields.TextField()
    answer_en = fields.TextField(default="")
    body = fields.TextField()
    intents: list[str] = fields.JSONField(default=list)
    tags: list[str] = fields.JSONField(default=list)
    state = fields.CharField(max_length=16, default="published")
    words = fields.TextField(default="")
    search = TSVectorField(source_fields=("words",), config="simple")
    updated_at = fields.DatetimeField()

    class Meta:
        table = "articles"
        unique_together = (("shop", "slug"),)
        indexes = (GinIndex(fields=("search",)), Index(fields=("shop_id", "updated_at", "id")))
        constraints = (one_of("articles", "state", ["draft", "review", "published", "stale"]),)


class Template(Row):
    """What an agent says, with variables in braces, filed under an intent."""

    shop_id: UUID
    shop = belongs_to("Shop")
    key = fields.CharField(max_length=80)
    intent = fields.CharField(max_length=32)
    text = fields.TextField()
    text_en = fields.TextField(default="")

    class Meta:
        table = "templates"
        unique_together = (("shop", "key"),)
        indexes = (Index(fields=("shop_id", "intent")),)
