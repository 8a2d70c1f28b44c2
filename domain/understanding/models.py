"""Readings: what was understood of one message; and what agents say it really meant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from domain.rows import Row, belongs_to, belongs_to_one, one_of
from domain.understanding.intents import SENTIMENTS
from domain.understanding.rules import Certainty


class Reading(Row):
    """Intent, sentiment and entities of one message, with the model that read it.

    Confidences are calibrated probabilities in [0, 1]. `certainty` is a word of `rules.Certainty`,
    and `from_context` tells that the intent is that of the talk before. `entities` holds no plain
    secret.
    """

    shop_id: UUID
    message_id: UUID
    conversation_id: UUID
    shop = belongs_to("Shop")
    message = belongs_to_one("Message")
    conversation = belongs_to("Conversation", delete="CASCADE")
    intent = fields.CharField(max_length=32)
    intent_confidence = fields.FloatField()
    certainty = fields.CharField(max_length=16, default="ask", db_default="ask")
    from_context = fields.BooleanField(default=False, db_default=False)
    sentiment = fields.CharField(max_length=16)
    sentiment_confidence = fields.FloatField()
    also: list[str] = fields.JSONField(default=list)
    entities: dict[str, Any] = fields.JSONField(default=dict)
    language = fields.CharField(max_length=8, default="zh")
    model_version = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "readings"
        indexes = (
            Index(fields=("conversation_id", "created_at", "id")),
            Index(fields=("shop_id",)),
        )
        constraints = (
            one_of("readings", "sentiment", SENTIMENTS),
            one_of("readings", "certainty", (certainty.value for certainty in Certainty)),
        )


class Correction(Row):
    """What an agent says a message means; one per message, in which the last word counts.

    `intent` and `sentiment` are None where the agent said nothing of them. `model_version` is the
    model that was corrected, `agent` and `created_at` are of the last word.
    """

    shop_id: UUID
    message_id: UUID
    reading_id: UUID
    conversation_id: UUID
    agent_id: UUID
    shop = belongs_to("Shop")
    message = belongs_to_one("Message")
    reading = belongs_to_one("Reading")
    conversation = belongs_to("Conversation", delete="CASCADE")
    agent = belongs_to("Grant")
    intent = fields.CharField(max_length=32, null=True)
    sentiment = fields.CharField(max_length=16, null=True)
    model_version = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "corrections"
        indexes = (
            Index(fields=("shop_id", "created_at", "id")),
            Index(fields=("conversation_id",)),
            Index(fields=("agent_id",)),
        )
        constraints = (
            one_of("corrections", "sentiment", SENTIMENTS),
            CheckConstraint(
                check='"intent" IS NOT NULL OR "sentiment" IS NOT NULL',
                name="ck_corrections_something",
            ),
        )
