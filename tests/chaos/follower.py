"""A supervisor's screen that stays subscribed, and comes back where it stood."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any

from bench.socket import Broken, subscribed
from schema.scalars import read_position

DOCUMENT = """subscription ($after: Cursor) {
  conversations(after: $after) {
    __typename
    ... on Subscribed { cursor }
    ... on ConversationChanged { cursor kind conversation { id } message { id seq author } }
    ... on Removed { cursor }
    ... on Resync { cursor }
  }
}"""


class Follower:
    """Follows all conversations; `seen` are positions in the order they were told."""

    def __init__(self, url: str, cookie: str) -> None:
        self.url, self.cookie = url, cookie
        self.cursor: str | None = None
        self.began = 0
        self.seen: list[int] = []
        self.resyncs: list[tuple[int, int]] = []
        self.greetings = 0
        self._subscribed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Follower:
        self._task = asyncio.create_task(self._run())
        await asyncio.wait_for(self._subscribed.wait(), 15)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def position(self) -> int:
        """How far it has been told."""
        return read_position(self.cursor) if self.cursor else 0

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(*Broken):
                after = {"after": self.cursor}
                async for data in subscribed(self.url, DOCUMENT, after, cookie=self.cookie):
                    self._told(data["conversations"])
            await asyncio.sleep(0.1)

    def _told(self, update: dict[str, Any]) -> None:
        position = read_position(update["cursor"])
        match update["__typename"]:
            case "Subscribed":
                self.greetings += 1
                if not self._subscribed.is_set():
                    self.began = position
                    self._subscribed.set()
            case "Resync":
                # All that lies between is fetched anew by a screen.
                self.resyncs.append((self.position, position))
            case _:
                self.seen.append(position)
        self.cursor = update["cursor"]
