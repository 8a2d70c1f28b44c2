"""A log-in at the door: the cookie, who it makes one, and what it is not good for."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api import auth
from domain.actors import Actor, Role
from domain.clock import travel
from domain.errors import Expired, Unauthenticated
from domain.people import actions
from domain.people.models import Person, Session
from domain.settings import settings
from tests.api import doors
from tests.factories import PASSWORD
from tests.people import House


async def enter(actor: Actor) -> tuple[str, Session]:
    login = (await Person.get(id=actor.person_id)).login
    return await actions.log_in(login, PASSWORD, secrets.token_hex(4))


def request_with(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "client": None})


def socket_with(**headers: str) -> WebSocket:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": "/", "headers": raw, "client": ("203.0.113.5", 1)}

    async def never(*_: Any) -> Any:
        raise AssertionError

    return WebSocket(scope, never, never)


async def test_the_cookie_makes_one_known(house: House) -> None:
    raw, _ = await enter(house.alice)
    async with doors.client() as client:
        assert (await client.get("/who")).json() == {"actor": None}
        assert (await client.get("/mine")).status_code == 401
        client.cookies.set("zaide_session", raw)
        assert (await client.get("/who")).json() == {"actor": house.alice.ref}
        assert (await client.get("/mine")).json()["name"] == "Alice"


async def test_an_expired_or_ended_session_is_told_so(house: House) -> None:
    raw, session = await enter(house.alice)
    async with doors.client() as client:
        client.cookies.set("zaide_session", raw)
        with travel(timedelta(hours=13)):
            assert (await client.get("/mine")).json()["error"]["code"] == "expired"
        await actions.revoke_grant(house.dana, house.alice.id)
        assert (await client.get("/mine")).json()["error"]["code"] == "expired"
        assert (await client.get("/healthz")).status_code == 200
    assert (await Session.get(id=session.id)).ended_at is not None


async def test_a_header_alone_decides_where_there_is_one(house: House) -> None:
    raw, _ = await enter(house.alice)
    async with doors.client() as client:
        client.cookies.set("zaide_session", raw)
        answer = await client.get("/who", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_cookie_is_ours_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, session = await enter(house.alice)
    response = Response()
    auth.set_session(response, raw, session)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("zaide_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    monkeypatch.setattr(settings(), "env", "production")
    response = Response()
    auth.set_session(response, raw, session)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-zaide_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    auth.clear_session(response)
    assert 'zaide_session="";' in response.headers.getlist("set-cookie")[-1]


async def test_a_socket_of_our_own_page_is_known_by_its_cookie(house: House) -> None:
    raw, _ = await enter(house.alice)
    cookie = f"zaide_session={raw}"
    socket = socket_with(cookie=cookie, host="zaide.test", origin="http://zaide.test")
    actor, reauthenticate = await auth.actor_of_socket(socket, {})
    assert actor is not None
    assert actor.id == house.alice.id
    assert await reauthenticate() == actor
    await actions.log_out(actor)
    with pytest.raises(Expired):
        await reauthenticate()


async def test_a_socket_of_another_page_is_nobody(house: House) -> None:
    raw, _ = await enter(house.alice)
    cookie = f"zaide_session={raw}"
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://zaide.test.evil.example"},
        {},
    ):
        socket = socket_with(cookie=cookie, host="zaide.test", **headers)
        assert (await auth.actor_of_socket(socket, {}))[0] is None


async def test_a_socket_brings_a_token_in_its_first_words(house: House) -> None:
    _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    for params in ({"token": raw}, {"Authorization": f"Bearer {raw}"}, {"authToken": raw}):
        actor, _ = await auth.actor_of_socket(socket_with(), params)
        assert actor is not None
        assert actor.shop_id == house.id
    with pytest.raises(Unauthenticated):
        await auth.actor_of_socket(socket_with(), {"token": "zd_" + "y" * 43})
    assert (await auth.actor_of_socket(socket_with(), {"other": raw, "token": 5}))[0] is None


def test_the_source_is_the_last_public_address_a_near_proxy_tells() -> None:
    def source(peer: str | None, told: str = "") -> str:
        request = request_with(**({"x_forwarded_for": told} if told else {}))
        request.scope["client"] = (peer, 1) if peer else None
        return auth.source_of(request)

    assert source("8.8.8.8", "9.9.9.9") == "8.8.8.8"
    assert source("10.0.0.1", "1.2.3.4, 9.9.9.9, 10.0.0.2") == "9.9.9.9"
    assert source("127.0.0.1", "not an address") == "127.0.0.1"
    assert source("127.0.0.1") == "127.0.0.1"
    assert source(None, "9.9.9.9") == "9.9.9.9"
    assert source(None) == "local"
