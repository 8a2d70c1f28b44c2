"""The workers in a test: the real sequencer and consumers, stepped instead of left running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from domain import broker, connections, events
from domain.live import Reader
from domain.understanding.classifier import Classifier
from workers.__main__ import consumers, give_up
from workers.classifier import OnnxClassifier
from workers.explain import explain
from workers.runner import Consumer, Runner
from workers.sequencer import Sequencer


class Hands:
    """One sequencer in office and one runner that holds every stream."""

    def __init__(
        self, connection: asyncpg.Connection, sequencer: Sequencer, runner: Runner
    ) -> None:
        self.connection = connection
        self.sequencer = sequencer
        self.runner = runner

    @classmethod
    @asynccontextmanager
    async def at_work(cls, classifier: Classifier) -> AsyncIterator[Hands]:
        """Take office and the streams; give both back at the end."""
        connection = await connections.dedicated()
        sequencer = Sequencer()
        await sequencer.stand_by(connection)
        try:
            yield cls(connection, sequencer, Runner(consumers(classifier), give_up))
        finally:
            await connection.close()

    async def sequence(self) -> None:
        """Publish everything that is committed."""
        while await self.sequencer.step(self.connection):
            pass

    async def carry(self, reader: Reader) -> None:
        """Publish everything that is committed, and let a process's reader tell of it."""
        await self.sequence()
        head = await events.head()
        while reader.position < head:
            await reader.step(block_ms=1)

    async def work(self, *only: Consumer) -> None:
        """Publish and handle until there is nothing left."""
        await self.runner.renew()
        others = set(await broker.living("worker")) - {self.runner.name}
        assert not others, f"{others} have a part of the streams: who said so must take it back"
        busy = True
        while busy:
            await self.sequence()
            busy = False
            for consumer in only or self.runner.consumers:
                busy |= bool(await self.runner.step(consumer, block_ms=1))


@asynccontextmanager
async def explaining(classifier: OnnxClassifier) -> AsyncIterator[None]:
    """A worker that answers questions about readings, as long as the block lasts."""
    worker = asyncio.create_task(explain(lambda: classifier))
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
