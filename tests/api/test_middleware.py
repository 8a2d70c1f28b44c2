"""What surrounds every door: headers, sizes, rates, forgery, and the line about each request."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import LogCapture

from api import health
from api.middleware import STRANGERS_FACTOR
from domain import broker, embedded, logging
from domain.actors import Role
from domain.people import actions
from domain.people.models import Person
from domain.settings import ROOT, settings
from tests.api import doors
from tests.factories import PASSWORD
from tests.people import House


@pytest.fixture
async def alice(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Alice is logged in."""
    login = (await Person.get(id=house.alice.person_id)).login
    raw, _ = await actions.log_in(login, PASSWORD, secrets.token_hex(4))
    async with doors.client() as client:
        client.cookies.set("zaide_session", raw)
        yield client


@pytest.fixture
def changes() -> Iterator[list[str]]:
    """What was changed."""
    doors.changes.clear()
    yield doors.changes
    doors.changes.clear()


# Headers


async def test_every_answer_carries_what_browsers_need() -> None:
    async with doors.client() as client:
        for path in ("/who", "/nothing", "/fail/unexpected"):
            headers = (await client.get(path)).headers
            assert "default-src 'self'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert "strict-transport-security" not in headers
            assert headers["cache-control"] == "no-store"


async def test_a_page_for_a_shops_frame_says_so_itself() -> None:
    async with doors.client() as client:
        policy = (await client.get("/framed")).headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert policy[0].endswith("frame-ancestors https://shop.example")


async def test_in_production_browsers_are_told_to_come_by_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "env", "production")
    async with doors.client() as client:
        headers = (await client.get("/who")).headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")


async def test_a_request_keeps_a_sane_id_and_gets_one_otherwise() -> None:
    async with doors.client() as client:
        kept = await client.get("/who", headers={"X-Request-ID": "abc-123.DEF"})
        assert kept.headers["x-request-id"] == "abc-123.DEF"
        for odd in ("short", "a" * 65, 'a"b<c>defgh', "with space"):
            made = (await client.get("/who", headers={"X-Request-ID": odd})).headers
            assert made["x-request-id"] != odd
            assert len(made["x-request-id"]) == 16


# Sizes


async def test_a_body_over_the_limit_is_refused_announced_or_not(changes: list[str]) -> None:
    most = settings().max_body

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(most // 1024 + 1):
            yield b"x" * 1024

    async with doors.client() as client:
        fits = await client.post("/swallow", content=b"x" * most)
        assert fits.json() == {"size": most}
        changes.clear()
        for body in (b"x" * (most + 1), chunks()):
            answer = await client.post("/swallow", content=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert changes == []


# Rates


async def test_a_caller_is_counted_by_itself_and_not_by_its_address(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "rate_per_minute", 3)
    tokens = []
    for _ in range(2):
        _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
        tokens.append({"Authorization": f"Bearer {raw}"})
    async with doors.client(f"192.0.2.{secrets.randbelow(250)}") as client:
        first = [(await client.get("/who", headers=tokens[0])).status_code for _ in range(5)]
        refused = await client.get("/who", headers=tokens[0])
        other = await client.get("/who", headers=tokens[1])
        health = await client.get("/healthz", headers=tokens[0])
    assert first == [200, 200, 200, 429, 429]
    assert refused.headers["retry-after"] == "60"
    assert (other.status_code, health.status_code) == (200, 200)


async def test_whoever_makes_up_credentials_is_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "rate_per_minute", 2)
    async with doors.client(f"198.51.100.{secrets.randbelow(250)}") as client:
        codes = []
        for _ in range(2 * STRANGERS_FACTOR + 1):
            client.cookies.set("zaide_session", secrets.token_hex(8))
            codes.append((await client.get("/healthz/")).status_code)
    assert 429 not in codes  # What is not counted is not refused.
    async with doors.client(f"198.51.100.{secrets.randbelow(250)}") as client:
        codes = []
        for _ in range(2 * STRANGERS_FACTOR + 1):
            headers = {"Authorization": f"Bearer {secrets.token_hex(8)}"}
            codes.append((await client.get("/framed", headers=headers)).status_code)
    assert codes == [200] * 2 * STRANGERS_FACTOR + [429]


async def test_strangers_behind_one_address_share_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "rate_per_minute", 2)
    async with doors.client(f"198.51.100.{secrets.randbelow(250)}") as client:
        codes = [(await client.get("/who")).status_code for _ in range(2 * STRANGERS_FACTOR + 1)]
    assert codes == [200] * 2 * STRANGERS_FACTOR + [429]


async def test_without_redis_the_doors_stay_open(
    stack: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "rate_per_minute", 1)
    await broker.close()
    broker.connect("redis://127.0.0.1:1")
    try:
        async with doors.client() as client:
            assert [(await client.get("/who")).status_code for _ in range(12)] == [200] * 12
            answer = await client.get("/readyz")
    finally:
        await broker.close()
        broker.connect(stack.redis_url)
    assert answer.status_code == 503
    assert "redis" in answer.json()["missing"]


# Forgery


async def test_our_own_form_with_its_token_changes_something(
    alice: httpx.AsyncClient, changes: list[str]
) -> None:
    token = (await alice.get("/mine")).json()["csrf"]
    form = {"csrf": token, "word": "好"}
    ours = {"Origin": "http://zaide.test", "Sec-Fetch-Site": "same-origin"}
    assert (await alice.post("/change", data=form, headers=ours)).text == "好"
    assert (await alice.post("/change", data=form)).text == "好"
    header = {"X-CSRF-Token": token}
    assert (await alice.post("/change", data={"word": "b"}, headers=header)).text == "b"
    parts = {"word": (None, "multi"), "csrf": (None, token)}
    assert (await alice.post("/change", files=parts, headers=ours)).text == "multi"
    assert changes == ["好", "好", "b", "multi"]


async def test_a_session_is_found_among_other_cookies(alice: httpx.AsyncClient) -> None:
    raw = alice.cookies["zaide_session"]
    alice.cookies.clear()
    ours = f"zaide_session={raw}"
    for cookies in ([f"a=b; {ours};c"], ["x", ours], [f"my_{ours}; {ours}", "zaide_sessions=1"]):
        headers = [("Cookie", cookie) for cookie in cookies]
        assert (await alice.get("/who", headers=headers)).json()["actor"]
    for cookie in (f"my_{ours}", "zaide_session", f"a={ours}"):
        assert (await alice.get("/who", headers={"Cookie": cookie})).json()["actor"] is None


async def test_another_sites_page_changes_nothing(
    alice: httpx.AsyncClient, changes: list[str]
) -> None:
    token = (await alice.get("/mine")).json()["csrf"]
    form = {"csrf": token, "word": "evil"}
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://zaide.test", "Sec-Fetch-Site": "cross-site"},
    ]
    for headers in foreign:
        for send in (
            alice.post("/change", data=form, headers=headers),
            alice.post("/change.json", json={"word": "evil"}, headers=headers),
        ):
            answer = await send
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forged")
    assert changes == []


async def test_a_form_without_the_sessions_own_token_changes_nothing(
    alice: httpx.AsyncClient, house: House, changes: list[str]
) -> None:
    login = (await Person.get(id=house.bob.person_id)).login
    raw, _ = await actions.log_in(login, PASSWORD, secrets.token_hex(4))
    async with doors.client() as bob:
        bob.cookies.set("zaide_session", raw)
        stolen = (await bob.get("/mine")).json()["csrf"]
    ours = {"Origin": "http://zaide.test"}
    for token in ("", "x", stolen, "é"):
        for data in ({"word": "a", "csrf": token}, {"word": "a"}):
            answer = await alice.post("/change", data=data, headers=ours)
            assert answer.status_code == 403
    assert (await alice.post("/change.json", json={"word": "a"})).status_code == 403
    text = {"Content-Type": "text/plain", **ours}
    assert (await alice.post("/change.json", content="{}", headers=text)).status_code == 403
    assert changes == []


async def test_json_of_our_own_page_needs_no_token(
    alice: httpx.AsyncClient, changes: list[str]
) -> None:
    for headers in ({"Origin": "http://zaide.test"}, {"Sec-Fetch-Site": "same-origin"}):
        answer = await alice.post("/change.json", json={"word": "ok"}, headers=headers)
        assert answer.status_code == 200
    assert changes == ["ok", "ok"]


async def test_a_log_in_form_from_elsewhere_is_refused_and_a_webhook_is_not(
    changes: list[str],
) -> None:
    async with doors.client() as client:
        evil = {"Origin": "https://evil.example"}
        refused = await client.post("/change", data={"word": "in"}, headers=evil)
        assert refused.status_code == 403
        assert changes == []
        assert (await client.post("/change.json", json={"word": "hook"})).status_code == 200
        assert (await client.post("/change", data={"word": "form"})).status_code == 200
    assert changes == ["hook", "form"]


async def test_a_bearer_proves_itself(house: House, changes: list[str]) -> None:
    _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    headers = {"Authorization": f"Bearer {raw}", "Origin": "https://partner.example"}
    async with doors.client() as client:
        answer = await client.post("/change", data={"word": "api"}, headers=headers)
    assert answer.status_code == 200
    assert changes == ["api"]


# The line about each request, and figures


async def test_a_line_names_the_route_and_never_what_was_said(
    house: House, changes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, raw = await actions.issue_token(house.dana, "x", Role.PARTNER, None, ["orders:read"])
    async with doors.client() as client:
        client.headers["Authorization"] = f"Bearer {raw}"
        await client.get("/shops/demo/things/13800138000?phone=13800138000")
        await client.post("/change", data={"word": "13800138000"})
        await client.get("/nothing/13800138000")
        named = await client.get("/who", headers={"X-Request-ID": "13800138000"})
        await client.request("eve@example.com", "/who")
    logging.flush()
    logs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["route"] for line in logs] == [
        "/shops/{shop}/things/{id}", "/change", "(none)", "/who", "/who",
    ]  # fmt: skip
    first = logs[0]
    assert (first["method"], first["status"]) == ("GET", 200)
    assert first["actor"].startswith("partner:")
    assert first["ms"] >= 0
    assert len(first["request_id"]) == 16
    assert (first["event"], first["level"]) == ("request", "info")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", first["timestamp"])
    assert named.headers["x-request-id"] == "13800138000"
    assert (logs[3]["request_id"], logs[4]["method"]) == ("[hidden]", "[hidden]")
    assert logs[2]["code"] == "not_found"
    assert "13800138000" not in str(logs)
    assert raw not in str(logs)


def test_what_looks_like_a_secret_is_hidden_in_logs() -> None:
    capture = LogCapture()
    processors: list[Any] = [logging.without_values, logging.without_secrets, capture]
    log = structlog.wrap_logger(None, processors=processors)
    kept = "agent:01890000-0000-7000-8000-138001380001"
    try:
        raise ValueError("the customer said 13800138000")
    except ValueError:
        log.error(
            "failed",
            actor=kept,
            password="a",
            api_token="b",
            Cookie="c",
            body={"x": 1},
            note="call 13800138000 or mail eve@example.com",
            url="postgresql://user:word@host/db",
            given=["zd_" + "x" * 43, {"text": "d", "fine": 5}],
            exc_info=True,
        )
    (entry,) = capture.entries
    assert entry["actor"] == kept
    for name in ("password", "api_token", "Cookie", "body"):
        assert entry[name] == "[hidden]"
    assert entry["note"] == "call [hidden] or mail [hidden]"
    assert "word" not in entry["url"]
    assert entry["given"] == ["[hidden]", {"text": "[hidden]", "fine": 5}]
    assert entry["error"] == "ValueError"
    assert "customer said" not in str(entry)
    assert entry["where"][-1].endswith("test_what_looks_like_a_secret_is_hidden_in_logs")


def test_a_line_about_a_request_respects_the_level() -> None:
    """In a process of its own, because logging is one for a process."""
    program = """
from domain import logging as ours
for level in ("warning", "info", "error", "debug"):
    ours.configure(level)
    ours.write(level, {"request_id": "abc"})
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["info", "debug"]


def test_libraries_write_json_too_and_never_what_they_were_given() -> None:
    """In a process of its own, because logging is one for a process."""
    program = """
import logging, uvicorn
from domain import logging as ours
uvicorn.Config("x:y")
ours.configure("debug")
for name in ("tortoise", "tortoise.db_client", "asyncpg"):
    logging.getLogger(name).info("INSERT secret-word")
try:
    raise ValueError("secret-word")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    logging.getLogger("tortoise").warning("mail to secret-word@example.com")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    failed, warned = [json.loads(line) for line in done.stderr.splitlines()]
    assert (failed["error"], failed["logger"]) == ("ValueError", "uvicorn.error")
    assert warned["event"] == "mail to [hidden]"
    assert "secret-word" not in done.stderr


async def test_figures_count_requests_by_route() -> None:
    async with doors.client() as client:
        await client.get("/shops/demo/things/1")
        text = (await client.get("/metrics")).text
    line = 'zaide_requests_total{method="GET",route="/shops/{shop}/things/{id}",status="200"}'
    assert line in text
    timed = 'zaide_request_seconds_bucket{le="%s",method="GET",route="/shops/{shop}/things/{id}"} '
    bounds = [text.partition(timed % le)[2].partition("\n")[0] for le in ("0.001", "5", "+Inf")]
    assert [float(count) for count in bounds] == sorted(float(count) for count in bounds)
    assert float(bounds[-1]) >= 1
    assert "zaide_live_sockets 0.0" in text


async def test_figures_are_for_our_own_network_in_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "env", "production")
    async with doors.client("8.8.8.8") as far, doors.client("10.0.0.5") as near:
        assert (await far.get("/metrics")).status_code == 404
        assert (await near.get("/metrics")).status_code == 200


# Health


async def test_ready_means_database_redis_and_a_worker(
    stack: embedded.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = secrets.token_hex(4)
    async with doors.client() as client:
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        for worker in await broker.living("worker"):
            await broker.gone("worker", worker)
        waiting = await client.get("/readyz")
        assert (waiting.status_code, waiting.json()["missing"]) == (503, ["worker"])
        await broker.alive("worker", name)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "missing": []})

        async def never() -> bool:
            await asyncio.sleep(60)
            return True

        monkeypatch.setattr(health, "WITHIN", 0.1)
        monkeypatch.setattr(health, "_database", never)
        assert (await client.get("/readyz")).json()["missing"] == ["database"]
        await broker.gone("worker", name)


async def test_the_whole_application_starts_serves_and_stops(stack: embedded.Servers) -> None:
    """A process of its own, as `up` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "ZAIDE_PORT": str(port), "ZAIDE_HOST": "127.0.0.1"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await _up(client)
            assert answer.json() == {"status": "alive"}
            page = await client.get("/nothing?q=secret-word", headers={"Accept": "text/html"})
            assert page.status_code == 404
            asked = await client.post("/graphql", json={"query": "{ __typename }"})
            assert asked.json()["data"] == {"__typename": "Query"}
    finally:
        child.terminate()
        _, said = await asyncio.wait_for(child.communicate(), 20)
    lines = [line for line in said.decode().splitlines() if '"event":"request"' in line]
    assert {json.loads(line)["route"] for line in lines} >= {"/healthz", "(none)", "/graphql"}
    assert b"secret-word" not in said
    assert child.returncode in (0, -15)


async def _up(client: httpx.AsyncClient) -> httpx.Response:
    for _ in range(200):
        try:
            return await client.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("it never listened")
