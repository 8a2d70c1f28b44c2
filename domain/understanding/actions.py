"""The verbs of understanding: note what was read in messages, and correct it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from domain import db
from domain.actors import Actor, system
from domain.clock import now
from domain.errors import Invalid, NotAllowed, UnknownIntent
from domain.events import Kind, record
from domain.rows import new_id
from domain.understanding import fragments, policy, queries
from domain.understanding.classifier import Guess
from domain.understanding.intents import INTENTS, SENTIMENTS
from domain.understanding.models import Correction, Reading
from domain.understanding.rules import Meaning


async def unread(messages: Sequence[UUID]) -> list[db.Row]:
    """The customers' messages among these that nobody has read yet: what the model is to read."""
    return await db.sql(
        "SELECT m.id, m.shop_id, m.conversation_id, m.customer_id, m.merchant_id, m.seq, m.text, "
        "m.entities FROM messages m LEFT JOIN readings r ON r.message_id = m.id "
        "WHERE m.id = ANY($1::uuid[]) AND m.author = 'customer' AND r.id IS NULL "
        "ORDER BY m.conversation_id, m.seq",
        list(messages),
    )


async def note(messages: Sequence[db.Row], guesses: Sequence[Guess]) -> int:
    """Store the readings of messages, each once, each with its event; how many were new.

    The messages are those of `unread`. Fragments mean what was spoken of before them.
    """
    async with db.unit_of_work():
        guesses = await _in_context(messages, guesses)
        fresh = await _insert(messages, guesses)
        for message, guess in zip(messages, guesses, strict=True):
            if message["id"] in fresh:
                record(
                    Kind.MESSAGE_UNDERSTOOD,
                    shop=message["shop_id"],
                    by=system(message["shop_id"]).ref,
                    conversation=message["conversation_id"],
                    customers=[message["customer_id"]],
                    merchants=[message["merchant_id"]],
                    message=message["id"],
                    intent=guess.intent,
                    sentiment=guess.sentiment,
                )
    return len(fresh)


async def correct(
    actor: Actor, reading_id: UUID, intent: str | None = None, sentiment: str | None = None
) -> Reading:
    """Staff say what a message means: of each of the two that is given, the last word counts.

    Said again, nothing happens. Raises NotFound, NotAllowed, and Invalid for none or for words that
    nobody knows.
    """
    _check(intent, sentiment)
    async with db.unit_of_work():
        reading = await db.lock(Reading, policy.visible_to(actor), reading_id)
        if not policy.may_correct(actor):
            raise NotAllowed()
        if await _say(actor, reading, intent, sentiment):
            record(
                Kind.READING_CORRECTED,
                shop=reading.shop_id,
                by=actor.ref,
                conversation=reading.conversation_id,
                message=reading.message_id,
                intent=intent,
                sentiment=sentiment,
                model=reading.model_version,
            )
    return reading


async def _in_context(messages: Sequence[db.Row], guesses: Sequence[Guess]) -> list[Guess]:
    """The guesses, where a message depends on those before it by what these mean."""
    pairs = list(zip(messages, guesses, strict=True))
    leaning = {m["conversation_id"] for m in messages if fragments.leans(m["text"])}
    said = await queries.lately(list(leaning), now() - fragments.WITHIN) if leaning else {}
    found = []
    for message, guess in pairs:
        talk = said.get(message["conversation_id"], [])
        before = [meaning for seq, meaning in talk if seq < message["seq"]]
        meant = fragments.continued(message["text"], guess, before)
        talk.append((message["seq"], _meaning(message, meant)))
        found.append(meant)
    return found


def _meaning(message: db.Row, guess: Guess) -> Meaning:
    return Meaning(
        guess.intent,
        guess.sentiment,
        named=bool(db.json(message["entities"]).get("orders")),
        certainty=guess.certainty,
        confidence=guess.intent_confidence,
    )


def _check(intent: str | None, sentiment: str | None) -> None:
    if intent is not None and intent not in INTENTS:
        raise UnknownIntent(field="intent", known=", ".join(INTENTS))
    if sentiment is not None and sentiment not in SENTIMENTS:
        raise Invalid(field="sentiment")
    if intent is None and sentiment is None:
        raise Invalid(field="intent", reason="empty")


async def _say(actor: Actor, reading: Reading, intent: str | None, sentiment: str | None) -> bool:
    """Keep what is said of a locked reading; whether it is anything new."""
    said = await Correction.get_or_none(reading_id=reading.id) or Correction(
        shop_id=reading.shop_id,
        message_id=reading.message_id,
        reading_id=reading.id,
        conversation_id=reading.conversation_id,
        model_version=reading.model_version,
    )
    before = (said.intent, said.sentiment)
    said.intent, said.sentiment = intent or said.intent, sentiment or said.sentiment
    if (said.intent, said.sentiment) == before:
        return False
    said.agent_id, said.created_at = actor.id, now()
    await said.save()
    return True


async def _insert(messages: Sequence[db.Row], guesses: Sequence[Guess]) -> set[UUID]:
    """Insert in one statement; a reading that is there already stays as it is."""
    pairs = list(zip(messages, guesses, strict=True))
    entities = [
        db.json(m["entities"]) | ({"language": g.language} if g.language else {}) for m, g in pairs
    ]
    rows = await db.sql(
        "INSERT INTO readings (id, shop_id, message_id, conversation_id, intent, "
        "intent_confidence, sentiment, sentiment_confidence, also, entities, language, "
        "model_version, certainty, from_context, created_at) "
        "SELECT *, $15::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], "
        "$5::text[], $6::float8[], $7::text[], $8::float8[], $9::jsonb[], $10::jsonb[], "
        "$11::text[], $12::text[], $13::text[], $14::bool[]) "
        "ON CONFLICT (message_id) DO NOTHING RETURNING message_id",
        [new_id() for _ in pairs],
        [m["shop_id"] for m, _ in pairs],
        [m["id"] for m, _ in pairs],
        [m["conversation_id"] for m, _ in pairs],
        [g.intent for _, g in pairs],
        [g.intent_confidence for _, g in pairs],
        [g.sentiment for _, g in pairs],
        [g.sentiment_confidence for _, g in pairs],
        [orjson.dumps(g.also).decode() for _, g in pairs],
        [orjson.dumps(e).decode() for e in entities],
        [str(e.get("language", "zh")) for e in entities],
        [g.model_version for _, g in pairs],
        [g.certainty.value for _, g in pairs],
        [g.from_context for _, g in pairs],
        now(),
    )
    return {row["message_id"] for row in rows}
