"""The stack every test runs on: real PostgreSQL, a real Redis server, one event loop.

Tests share the servers and never clean up: each makes a shop of its own, and tenancy keeps it
apart from all others. That nothing leaks between shops is thereby tested all the time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest

# Settings are read once: the home of keys and sockets must be ours before anything imports them.
_HOME = tempfile.TemporaryDirectory(prefix="zaide-test-")
os.environ["ZAIDE_HOME"] = _HOME.name
for _name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(_name, None)

from domain import broker, db, embedded  # noqa: E402
from domain.settings import settings  # noqa: E402
from domain.shops.actions import check_keys  # noqa: E402
from domain.understanding.classifier import Classifier  # noqa: E402
from tests import factories  # noqa: E402
from tests.hands import Hands  # noqa: E402
from tests.people import House  # noqa: E402
from workers.classifier import load  # noqa: E402


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    """PostgreSQL and Redis of this run; their addresses are in the settings from here on."""
    with embedded.ephemeral() as running:
        os.environ["DATABASE_URL"] = running.dsn
        os.environ["REDIS_URL"] = running.redis_url
        settings.cache_clear()
        yield running


@pytest.fixture(scope="session")
async def stack(servers: embedded.Servers) -> AsyncIterator[embedded.Servers]:
    """The migrated database and Redis, connected to this process."""
    await db.migrate()
    await db.connect()
    await check_keys()
    broker.connect()
    yield servers
    await broker.close()
    await db.close()


@pytest.fixture
async def house(stack: embedded.Servers) -> House:
    """A shop of this test's own, with Alice, Bob, Charlie, Dana, Mei, Eve and their orders."""
    return await factories.house()


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The shipped model."""
    return load(settings().model)


@pytest.fixture(scope="session")
async def hands(stack: embedded.Servers, classifier: Classifier) -> AsyncIterator[Hands]:
    """The workers, stepped by hand: `await hands.work()` until nothing is left to do."""
    async with Hands.at_work(classifier) as at_work:
        yield at_work
