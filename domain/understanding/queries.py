"""Reads of what was understood, each starting from a scope."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actors import Scope
from domain.errors import NotFound
from domain.understanding.models import Correction, Reading
from domain.understanding.rules import Meaning

_SAID = ", ".join(
    f"(SELECT c.{name} FROM corrections c WHERE c.reading_id = t.id) AS said_{name}"
    for name in ("intent", "sentiment")
)


async def as_meant(scope: Scope, message: UUID) -> Reading:
    """The reading of a message with an agent's word, which is certain, in place of the model's.

    It is not to be saved. Raises NotFound for a message that nobody has read, or not theirs to see.
    """
    rows = await _said("t.message_id", scope, message)
    if not rows:
        raise NotFound(noun="conversations")
    row = rows[0]
    intent, sentiment = row.pop("said_intent"), row.pop("said_sentiment")
    reading = db.hydrate(Reading, row)
    if intent:
        reading.intent, reading.intent_confidence = intent, 1.0
    if sentiment:
        reading.sentiment, reading.sentiment_confidence = sentiment, 1.0
    return reading


async def meanings(scope: Scope, conversation: UUID) -> list[Meaning]:
    """What the messages of a conversation mean, as far as they were read, in order."""
    return [
        Meaning(
            row["said_intent"] or row["intent"],
            row["said_sentiment"] or row["sentiment"],
            corrected=row["said_intent"] is not None,
            named=bool(db.json(row["entities"]).get("orders")),
        )
        for row in await _said("t.conversation_id", scope, conversation)
    ]


async def of_conversation(scope: Scope, conversation: UUID) -> dict[UUID, db.Row]:
    """The readings of a conversation by their messages, `correction` being what agents said."""
    about = [("t.conversation_id = {}", conversation)]
    said = {row["reading_id"]: row for row in await db.select(Correction, scope, about)}
    read = await db.select(Reading, scope, about)
    return {row["message_id"]: {**row, "correction": said.get(row["id"])} for row in read}


async def corrected() -> list[db.Row]:
    """Every message that an agent spoke of, with what it means: for whoever runs all the shops.

    Rows of text (redacted, as stored), intent and sentiment, the oldest correction first.
    """
    return await db.sql(
        "SELECT m.text, COALESCE(c.intent, r.intent) AS intent, "
        "COALESCE(c.sentiment, r.sentiment) AS sentiment FROM corrections c "
        "JOIN readings r ON r.id = c.reading_id JOIN messages m ON m.id = c.message_id "
        "ORDER BY c.created_at, c.id"
    )


async def _said(column: str, scope: Scope, id: UUID) -> list[db.Row]:
    """Readings with what agents said of them, in the order of their messages."""
    return await db.select(
        Reading,
        scope,
        [(f"{column} = {{}}", id)],
        order="t.created_at, t.id",
        columns=f"t.*, {_SAID}",
    )
