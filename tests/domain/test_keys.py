"""The start is refused, in one sentence, where the keys cannot open what is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain import secrets
from domain.settings import settings
from domain.shops.actions import check_keys


@pytest.fixture
def other_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation whose key file was lost and made anew."""
    monkeypatch.setenv("ZAIDE_KEYS", secrets.new_key("stranger"))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def test_the_keys_that_sealed_are_accepted_again(stack: object) -> None:
    await check_keys()
    await check_keys()


async def test_other_keys_are_refused(stack: object, other_keys: None) -> None:
    monkey = settings().keys
    assert monkey
    with pytest.raises(secrets.UnusableKeys, match="another encryption key"):
        await check_keys()
