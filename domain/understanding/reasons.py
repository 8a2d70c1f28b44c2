"""Why a message was read as it was: asked of a worker, since only workers have the model."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import orjson

from domain import broker, db
from domain.actors import Actor, Role, Scope
from domain.errors import NotAllowed, NotExplained, NotFound
from domain.understanding import policy
from domain.understanding.classifier import Explanation
from domain.understanding.models import Reading

EXPLAIN = "explain"
"""The kind of these questions: `workers/explain.py` hears them."""
WITHIN = 1.8
"""Seconds until nobody waits any more: two, less what it takes to show that there is no answer."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The text of a message, and what of it moved its reading."""

    text: str
    explanation: Explanation


async def explain(actor: Actor, message: UUID) -> Explained:
    """What moved the reading of a message, told by whichever worker is free.

    The question names the message and none of its words, and so does the answer. Raises NotFound,
    NotAllowed to anybody but staff, and NotExplained when no worker answered in time.
    """
    scope = policy.visible_to(actor)
    read = await _read(scope, message)
    question = {"message": message, "shop": scope.shop_id, "role": scope.role}
    answer = await broker.ask(EXPLAIN, orjson.dumps(question, default=str), WITHIN)
    # It may have gone meanwhile, or be read anew.
    if answer is None or await _read(scope, message) != read:
        raise NotExplained()
    return Explained(read["text"], Explanation.decode(answer))


async def asked(question: bytes) -> tuple[str, str] | None:
    """The text and the intent that a question is about; None if whoever asked may not see them."""
    named = orjson.loads(question)
    try:
        scope = Scope(UUID(named["shop"]), Role(named["role"]))
        read = await _read(scope, UUID(named["message"]))
    except (NotFound, NotAllowed):
        return None
    return read["text"], read["intent"]


async def _read(scope: Scope, message: UUID) -> db.Row:
    """The text of a message and the intent read in it. Raises NotFound, NotAllowed."""
    text = "(SELECT m.text FROM messages m WHERE m.id = t.message_id) AS text"
    where = [("t.message_id = {}", message)]
    rows = await db.select(Reading, scope, where, columns=f"t.intent, {text}")
    if not rows:
        raise NotFound(noun="conversations")
    if not policy.may_explain(scope):
        raise NotAllowed()
    return rows[0]
