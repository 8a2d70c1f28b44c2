"""Deadlines: every second, mark what has fallen due."""

from __future__ import annotations

import asyncio

import structlog

from domain import db
from domain.deadlines import actions

EVERY = 1.0
log = structlog.get_logger()


async def watch_deadlines() -> None:
    """Tick until cancelled."""
    while True:
        try:
            await actions.tick()
        except db.Unreachable as error:
            log.warning("deadlines.away", error=type(error).__name__)
        await asyncio.sleep(EVERY)
