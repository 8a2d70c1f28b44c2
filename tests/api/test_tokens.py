"""API tokens at the door."""

from __future__ import annotations

import secrets

import pytest

from domain import broker
from domain.actors import Role
from domain.people import actions
from domain.settings import settings
from tests.api import doors
from tests.people import House


async def test_a_token_makes_a_program_known(house: House) -> None:
    token, raw = await actions.issue_token(house.dana, "ERP", Role.PARTNER, None, ["orders:read"])
    async with doors.client() as client:
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = await client.get("/who", headers={"Authorization": f"{scheme} {raw}"})
            assert answer.json() == {"actor": f"partner:{token.id}"}


async def test_a_revoked_token_is_refused_from_the_next_request_on(house: House) -> None:
    token, raw = await actions.issue_token(house.dana, "ERP", Role.PARTNER, None, ["orders:read"])
    async with doors.client() as client:
        client.headers["Authorization"] = f"Bearer {raw}"
        assert (await client.get("/mine")).status_code == 200
        await actions.revoke_token(house.dana, token.id)
        answer = await client.get("/mine")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"


async def test_another_scheme_is_nobody() -> None:
    async with doors.client() as client:
        answer = await client.get("/who", headers={"Authorization": "Basic YTpi"})
    assert answer.json() == {"actor": None}


async def test_whoever_guesses_tokens_is_slowed_down(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "rate_per_minute", 5)
    source = f"203.0.113.{secrets.randbelow(250)}"
    async with doors.client(source) as client:
        codes = []
        for _ in range(8):
            headers = {"Authorization": "Bearer zd_" + secrets.token_urlsafe(32)}
            codes.append((await client.get("/who", headers=headers)).status_code)
    assert codes == [401] * 5 + [429] * 3
    _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    async with doors.client(source) as client:
        answer = await client.get("/who", headers={"Authorization": f"Bearer {raw}"})
    assert answer.status_code == 200
    assert await broker.ping()
