"""Understand: hears what customers said, has the model read it, notes the readings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from domain.events import Happened, Kind
from domain.understanding import actions
from domain.understanding.classifier import Classifier
from workers.runner import Consumer, consumer
from workers.shadow import Shadow

BATCH = 64


def understand(classifier: Classifier, shadow: Shadow | None = None) -> Consumer:
    """The consumer that reads messages with `classifier`, up to 64 at once; `shadow` looks on."""

    async def handle(events: Sequence[Happened]) -> None:
        messages = await actions.unread([UUID(event.data["message"]) for event in events])
        if messages:
            # The model computes outside the interpreter's lock; a thread keeps the loop free.
            texts = [message["text"] for message in messages]
            guesses = await asyncio.to_thread(classifier.read, texts)
            await actions.note(messages, guesses)
            if shadow is not None:
                shadow.look(texts, guesses)

    return consumer("understand", [Kind.MESSAGE_RECEIVED], handle, BATCH)
