"""Asking the promise directly, and following it step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from domain import events, live
from schema.live import Hub
from tests.hands import Hands
from tests.people import House
from tests.schema.asking import Listening


@dataclass
class Wire:
    """The way from a committed event to a screen, moved by hand."""

    hub: Hub
    hands: Hands
    reader: live.Reader

    async def carry(self) -> None:
        """Publish what is committed and let the hub hear it."""
        await self.hands.carry(self.reader)

    async def told(self, *listeners: Listening) -> None:
        """Publish, and wait until everybody has been told."""
        await self.carry()
        for listener in listeners:
            await listener.quiet()


@pytest.fixture
async def wire(house: House, hands: Hands) -> AsyncIterator[Wire]:
    """A hub of this test's own behind the real sequencer, streams and reader."""
    await hands.sequence()
    reader, hub = live.Reader(), Hub()
    reader.position = await events.head()
    detach = hub.attach(reader)
    yield Wire(hub, hands, reader)
    detach()
    for group in list(hub._groups.values()):
        for member in list(group.members):
            member.leave()
