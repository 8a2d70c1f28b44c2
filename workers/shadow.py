"""The shadow: a second model reads what the first one has read, and only their differences count.

What is counted stands in Redis, where an API process finds it for `/metrics` (api/health.py): for
each pair of models, how often what the first read as one intent was read as which by the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import structlog

from domain import broker
from domain.understanding.classifier import Classifier, Guess
from workers.classifier import ModelBroken, load
from workers.models import Store

log = structlog.get_logger()


class Shadow:
    """Reads along one batch at a time, beside the stream: who is read for never waits for it."""

    def __init__(self, classifier: Classifier) -> None:
        """`classifier` is the model that only looks on."""
        self._classifier = classifier
        self._reading: asyncio.Task[None] | None = None

    def look(self, texts: Sequence[str], guesses: Sequence[Guess]) -> None:
        """Compare with what was read; a batch that comes while it is busy is let pass."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._compare(texts, guesses))

    async def idle(self) -> None:
        """Wait until nothing is being read."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def _compare(self, texts: Sequence[str], guesses: Sequence[Guess]) -> None:
        try:
            others = await asyncio.to_thread(self._classifier.read, texts)
            await broker.tally(broker.SHADOW, _counted(guesses, others))
        except Exception as error:
            # Whatever goes wrong with a model on trial is no matter of the one that works.
            log.warning("shadow.failed", error=type(error).__name__)


def shadow(name: str, store: Store) -> Shadow | None:
    """The shadow of a version that is kept, or of a folder; None for '', or if it is broken."""
    if not name:
        return None
    try:
        return Shadow(load(store.kept(name) or Path(name)))
    except ModelBroken as error:
        log.error("shadow.refused", error=str(error))
        return None


def _counted(guesses: Sequence[Guess], others: Sequence[Guess]) -> dict[str, int]:
    """How often each pair of readings came, by [model, shadow, intent, shadow's intent] as JSON."""
    pairs = Counter(
        (one.model_version, other.model_version, one.intent, other.intent)
        for one, other in zip(guesses, others, strict=True)
    )
    return {orjson.dumps(pair).decode(): count for pair, count in pairs.items()}
