"""One installation for all kills of a run: it has to stand up again each time."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bench.installation import Installation, logged_in
from domain.demo import LOGINS
from domain.embedded.processes import wait_until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes are found through /proc."""
    here = str(__file__).rpartition("/")[0]
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"))


@pytest.fixture(scope="session")
def standing() -> Iterator[Installation]:
    """An installation with two workers and the demo shop."""
    started = Installation(workers=2)
    try:
        yield started.ready()
    finally:
        started.remove()


@pytest.fixture
def here(standing: Installation) -> Installation:
    """The installation, whole: both servers, both workers, the API."""
    assert wait_until(lambda: len(standing.children()) == 5 and standing.answers(), 30, 0.1)
    return standing


@pytest.fixture
async def http(here: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its doors."""
    async with httpx.AsyncClient(base_url=here.url, timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def cookie(here: Installation) -> str:
    """Dana, the supervisor, has logged in: the cookie as it is sent."""
    dana = next(login for login in LOGINS if login.role == "supervisor")
    return logged_in(here.url, dana.login, dana.password)
