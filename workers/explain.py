"""Explain: hears why a message was read as it was, has the model tell what moved the reading.

One question at a time, in a thread beside the readings, and no longer than a batch of them takes.
Whoever waits in vain is told so by the asker's own clock; what nobody waits for is not answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from domain import broker
from domain.understanding import reasons
from workers import occlusion
from workers.classifier import OnnxClassifier
from workers.desk import PAUSE, Away

log = structlog.get_logger()
LISTEN = 1.0
"""Seconds to wait for a question before asking Redis again."""


async def explain(model: Callable[[], OnnxClassifier]) -> None:
    """Answer until cancelled, each time with the `model` that reads then."""
    while True:
        try:
            await turn(model(), LISTEN)
        except Away as error:
            log.warning("explain.away", error=type(error).__name__)
            await asyncio.sleep(PAUSE)
        except Exception:
            log.exception("explain.failed")
            await asyncio.sleep(PAUSE)


async def turn(classifier: OnnxClassifier, listen: float) -> bool:
    """Answer the oldest question, if one comes within `listen` seconds; whether one did."""
    question = await broker.take(reasons.EXPLAIN, listen)
    if question is None:
        return False
    found = await reasons.asked(question.body)
    if found is not None:
        told = await asyncio.to_thread(occlusion.explain, classifier, *found)
        await broker.answer(question, told.encode(), reasons.WITHIN)
    return True
