"""Why a message was read as it was: its text, and what of it moved the reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.console.pages import at_work, draw, id_of, page, render
from domain import db, words
from domain.actors import Actor
from domain.conversations.models import Message
from domain.errors import NotExplained
from domain.people import actions as people
from domain.understanding import reasons
from domain.understanding.classifier import Piece

LEAST = 0.1
"""What changes the odds by less than a tenth is not marked (in log-odds that is about 0.1)."""
TOLD = 12
"""How many pieces have a line of their own."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the text, and its share, from -1 to 1, of all that speaks for its reading or against.

    `shade` is from 1 to 4, beside the piece that weighs most; 0 where nothing is marked.
    """

    text: str
    share: float = 0.0
    shade: int = 0

    @property
    def counts(self) -> str:
        """The share in hundredths, with a sign."""
        return f"{'+' if self.share > 0 else '−'}{abs(self.share) * 100:.0f}%"


@page
async def show(request: Request, actor: Actor) -> Response:
    """GET /console/messages/{id}/explanation: a page of its own, or the part that a link asks for.

    It is answered within two seconds, if need be with 503 and what to do.
    """
    at_work(actor)
    message = await db.find(Message, actor.scope, id_of(request))
    try:
        explained = await reasons.explain(actor, message.id)
    except NotExplained as error:
        return _answer(request, actor, message, _refused(actor, message, error), error.status)
    await people.note_accesses([people.access(actor, "explain_message", message.id)])
    return _answer(request, actor, message, _drawn(actor, explained), 200)


def _answer(request: Request, actor: Actor, message: Message, drawn: str, status: int) -> Response:
    if "hx-request" in request.headers:
        return HTMLResponse(drawn, status)
    response = render(
        request, "conversations/why.html", actor, drawn=drawn, conversation=message.conversation_id
    )
    response.status_code = status
    return response


def _drawn(actor: Actor, explained: reasons.Explained) -> str:
    told = explained.explanation
    parts = shaded(explained.text, told.pieces)
    return draw(
        "conversations/_why.html",
        actor.locale,
        intent=told.intent,
        sure=f"{told.confidence * 100:.0f}%",
        parts=parts,
        told=sorted((p for p in parts if p.shade), key=lambda p: -abs(p.share))[:TOLD],
        refusal=None,
    )


def _refused(actor: Actor, message: Message, error: NotExplained) -> str:
    said = words.say(error.code, actor.locale)
    advice = words.hint(error.code, actor.locale) or ""
    where = f"/console/messages/{message.id}/explanation"
    return draw(
        "conversations/_why.html",
        actor.locale,
        refusal={"said": said, "advice": advice},
        here=where,
    )


def shaded(text: str, pieces: Sequence[Piece]) -> list[Part]:
    """All of a text in order, cut where its pieces begin and end."""
    weights = [abs(piece.weight) for piece in pieces]
    most, whole = max(weights, default=0.0), sum(weights) or 1.0
    parts, at = [], 0
    for piece in pieces:
        weight = abs(piece.weight)
        shade = max(1, round(4 * weight / most)) if weight >= LEAST else 0
        parts += [
            Part(text[at : piece.start]),
            Part(text[piece.start : piece.end], piece.weight / whole, shade),
        ]
        at = piece.end
    return [part for part in [*parts, Part(text[at:])] if part.text]
