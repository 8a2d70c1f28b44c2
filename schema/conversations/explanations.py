"""Why a message was read as it was, in the promise: asked of a worker, one in a request."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.errors import NotFound, Unavailable
from domain.understanding import reasons
from schema import limits
from schema.context import Info
from schema.errors import UnavailableProblem, problem
from schema.scalars import parse_id


@strawberry.type(description="A part of the text of a message.")
class Piece:
    """Its characters from `start` to before `end`."""

    text: str
    start: int = strawberry.field(description="Where it begins, in Unicode code points.")
    end: int = strawberry.field(description="The place after its last character.")
    weight: float = strawberry.field(
        description="How far the intent's log-odds fall when this is left out; below 0 they rise."
    )


@strawberry.type(description="What moved the reading of a message.")
class Explanation:
    """The intent that was read, and how far each piece of the text speaks for it, in order."""

    intent: str
    confidence: float = strawberry.field(
        description="Its probability in the whole text, by the model of today."
    )
    model_version: str
    pieces: list[Piece]

    @classmethod
    def of(cls, explained: reasons.Explained) -> Explanation:
        """As the domain tells it."""
        text, told = explained.text, explained.explanation
        pieces = [
            Piece(text=text[p.start : p.end], start=p.start, end=p.end, weight=p.weight)
            for p in told.pieces
        ]
        return cls(
            intent=told.intent,
            confidence=told.confidence,
            model_version=told.model_version,
            pieces=pieces,
        )


ExplanationResult = Annotated[
    Explanation | UnavailableProblem,
    strawberry.union("ExplanationResult", description="The explanation, or that nobody has time."),
]


@strawberry.type
class ExplanationQueries:
    """Explanations, for Query."""

    @strawberry.field(
        description="What moved the reading of a message, for staff; null where there is none to "
        "see. A worker is asked, for two seconds at most, so that a request may ask once.",
        metadata={limits.PRICE: limits.ONCE},
    )
    async def explanation(self, info: Info, message: strawberry.ID) -> ExplanationResult | None:
        """An explanation. Raises NotAllowed to anybody but staff."""
        id, context = parse_id("Message", message), info.context
        if id is None:
            return None
        try:
            return Explanation.of(await reasons.explain(context.known, id))
        except NotFound:
            return None
        except Unavailable as error:
            return problem(UnavailableProblem, error, context.locale)
