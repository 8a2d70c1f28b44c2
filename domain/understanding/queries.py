"""Reads of what was understood, each starting from a scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain import db
from domain.actors import Scope
from domain.errors import NotFound
from domain.understanding.models import Correction, Reading
from domain.understanding.rules import Certainty, Meaning

LATELY = 20
"""Readings of a conversation that are looked back at."""
Said: TypeAlias = tuple[int, Meaning]
"""The place of a message in its conversation, and what it means."""

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
        reading.certainty, reading.from_context = Certainty.SURE.value, False
    if sentiment:
        reading.sentiment, reading.sentiment_confidence = sentiment, 1.0
    return reading


async def meanings(scope: Scope, conversation: UUID) -> list[Meaning]:
    """What the messages of a conversation mean, as far as they were read, in order."""
    return [_meaning(row) for row in await _said("t.conversation_id", scope, conversation)]


async def lately(conversations: Sequence[UUID], since: datetime) -> dict[UUID, list[Said]]:
    """What customers meant last in some conversations, of what they said `since`, in order.

    For the workers, who read all of it.
    """
    rows = await db.sql(
        "SELECT last.* FROM unnest($1::uuid[]) AS talk(id) CROSS JOIN LATERAL ("
        "SELECT t.conversation_id, t.intent, t.intent_confidence, t.sentiment, t.certainty, "
        f"t.entities, m.seq, {_SAID} FROM readings t JOIN messages m ON m.id = t.message_id "
        "WHERE t.conversation_id = talk.id AND m.created_at > $2 "
        f"ORDER BY t.created_at DESC, t.id DESC LIMIT {LATELY}) AS last "
        "ORDER BY last.seq",
        list(conversations),
        since,
    )
    said: dict[UUID, list[Said]] = {id: [] for id in conversations}
    for row in rows:
        said[row["conversation_id"]].append((row["seq"], _meaning(row)))
    return said


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


def _meaning(row: db.Row) -> Meaning:
    """A reading, with what an agent said of it."""
    corrected = row["said_intent"] is not None
    return Meaning(
        row["said_intent"] or row["intent"],
        row["said_sentiment"] or row["sentiment"],
        corrected=corrected,
        named=bool(db.json(row["entities"]).get("orders")),
        certainty=Certainty.SURE if corrected else Certainty(row["certainty"]),
        confidence=1.0 if corrected else row["intent_confidence"],
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
