"""Every door stands on the whole stack."""

from __future__ import annotations

import pytest

from domain import embedded


@pytest.fixture(autouse=True)
def on_the_stack(stack: embedded.Servers) -> None:
    """PostgreSQL and Redis are there for each test of a door."""
