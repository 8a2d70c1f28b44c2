"""However it ends, it leaves no process behind, and what was acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from api.talk.door import Away, Door
from bench.installation import Installation, children_of
from domain.embedded.processes import command_line, wait_until
from tests.hands import Hands


@pytest.fixture
def started() -> Iterator[Installation]:
    """An installation of this test's own, with nothing in it."""
    installation = Installation(workers=2, demo=False)
    try:
        yield installation.ready()
    finally:
        installation.remove()


def _family(installation: Installation) -> list[int]:
    """All below it: the children, and PostgreSQL's own."""
    children = installation.children()
    return children + [pid for child in children for pid in children_of(child)]


def _all_gone(family: list[int]) -> bool:
    return not any(command_line(pid) for pid in family)


def test_ctrl_c_stops_everything_in_order(started: Installation) -> None:
    family = _family(started)
    assert len(family) > 5
    assert started.stop(signal.SIGINT) == 0
    assert _all_gone(family)
    assert "Stopped" in started.said()
    assert not (started.home / "urls.json").exists()
    # PostgreSQL was shut down, not cut off: the next start has nothing to recover.
    assert "database system is shut down" in (started.home / "logs" / "pg.log").read_text()


def test_a_killed_supervisor_leaves_no_orphan(started: Installation) -> None:
    family = _family(started)
    started.process.kill()
    assert wait_until(lambda: _all_gone(family), 10)


async def test_the_sequencer_stops_even_in_the_moment_of_an_event(hands: Hands) -> None:
    # asyncio.wait_for of Python 3.11 swallows a cancellation that comes with what it waited for:
    # the worker would go on until it is killed.
    serving = asyncio.create_task(hands.sequencer.serve(hands.connection))
    await asyncio.sleep(0.3)
    hands.sequencer.wake.set()
    serving.cancel()
    done, _ = await asyncio.wait({serving}, timeout=3)
    if not done:
        serving.cancel()
    assert done


@pytest.mark.slow
async def test_open_pages_do_not_hold_up_the_end() -> None:
    installation = Installation(workers=1).ready()
    try:
        async with httpx.AsyncClient(base_url=installation.url, trust_env=False) as http:
            door = Door(http)
            await door.enter()
            stream = door.news(0)
            listening = asyncio.ensure_future(anext(stream, None))
            began = time.monotonic()
            assert await asyncio.to_thread(installation.stop, signal.SIGINT) == 0
            assert time.monotonic() - began < 6
            with contextlib.suppress(Away):
                await listening
    finally:
        installation.remove()
