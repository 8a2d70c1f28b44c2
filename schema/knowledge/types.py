"""Articles that answer, templates that agents say."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from tortoise.models import Model

from domain.knowledge import models, policy  # noqa: F401  (policy declares who sees what)
from schema.nodes import Node


@strawberry.enum(description="How far an article is.")
class ArticleState(Enum):
    """Only published articles are seen by others than staff."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    STALE = "stale"


@strawberry.type(description="What we know.")
class Article(Node):
    """`answer` is what the bot says at once; `body` is Markdown."""

    slug: str
    title: str
    title_en: str
    answer: str
    answer_en: str
    body: str
    intents: list[str]
    tags: list[str]
    state: ArticleState
    updated_at: datetime

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Article


@strawberry.type(description="What an agent says, with variables in braces.")
class Template(Node):
    """Filed under an intent."""

    key: str
    intent: str
    text: str
    text_en: str

    @classmethod
    def model(cls) -> type[Model]:
        """Its table."""
        return models.Template
