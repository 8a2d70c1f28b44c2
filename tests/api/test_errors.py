"""Errors at the door: for people a page, for programs JSON, and no detail of what we did wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog

from api.errors import OURS
from domain import words
from domain.people import actions
from domain.people.models import Person
from tests.api import doors
from tests.factories import PASSWORD
from tests.people import House


@pytest.mark.parametrize(
    ("how", "status", "code", "field"),
    [
        ("conflict", 409, "conflict", "login"),
        ("invalid", 422, "invalid", "name"),
        ("too_many", 429, "too_many", None),
        ("unavailable", 503, "unavailable", None),
        ("unexpected", 500, "internal", None),
        ("gone", 503, "unavailable", None),
        ("teapot", 418, "error", None),
    ],
)
async def test_programs_get_json(how: str, status: int, code: str, field: str | None) -> None:
    async with doors.client() as client:
        answer = await client.get(f"/fail/{how}", headers={"Accept-Language": "en"})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"] == words.say(code, "en")
    assert error["hint"] == words.hint(code, "en")
    assert error["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"


async def test_people_get_a_page_in_their_language() -> None:
    async with doors.client() as client:
        for language, lang in (("zh-CN,zh;q=0.9,en;q=0.1", "zh-CN"), ("en-GB", "en")):
            headers = {"Accept": "text/html,*/*", "Accept-Language": language}
            answer = await client.get("/fail/conflict", headers=headers)
            assert answer.status_code == 409
            assert answer.headers["content-type"].startswith("text/html")
            assert f'lang="{lang}"' in answer.text
            assert words.say("conflict", lang[:2]) in answer.text
            assert answer.headers["x-request-id"] in answer.text


async def test_an_agent_is_answered_in_its_own_language(house: House) -> None:
    await Person.filter(id=house.alice.person_id).update(locale="en")
    login = (await Person.get(id=house.alice.person_id)).login
    raw, _ = await actions.log_in(login, PASSWORD, "lang")
    async with doors.client() as client:
        client.cookies.set("zaide_session", raw)
        answer = await client.post("/who", headers={"Accept-Language": "zh"})
        assert answer.status_code == 403  # Without a proof of our own page it gets no further.
        assert (await client.get("/mine")).json()["name"] == "Alice"


async def test_an_unexpected_error_tells_nobody_what_it_was() -> None:
    with structlog.testing.capture_logs() as logs:
        async with doors.client() as client:
            answer = await client.get("/fail/unexpected")
            page = await client.get("/fail/unexpected", headers={"Accept": "text/html"})
    for said in (answer.text, page.text):
        assert "13800138000" not in said
        assert "ZeroDivision" not in said
        assert "Traceback" not in said
    (failed, _) = [line for line in logs if line["event"] == "request.failed"]
    assert failed["error"] == "ZeroDivisionError"
    assert failed["request_id"] == answer.headers["x-request-id"]


async def test_a_part_that_is_down_is_noted_and_what_cannot_be_opened_is_our_mistake() -> None:
    with structlog.testing.capture_logs() as logs:
        async with doors.client() as client:
            await client.get("/fail/unavailable")
            await client.get("/fail/gone")
            sealed = await client.get("/fail/illegible")
    noted = [(line["event"], line["error"]) for line in logs if line["event"] != "request"]
    assert noted == [
        ("request.unavailable", "Unavailable"),
        ("request.unavailable", "ConnectionRefusedError"),
        ("request.failed", "Illegible"),
    ]
    assert (sealed.status_code, sealed.json()["error"]["code"]) == (500, "internal")


async def test_what_is_not_there_and_what_does_not_answer_that_way() -> None:
    async with doors.client() as client:
        missing = await client.get("/nothing/here", headers={"Accept-Language": "en"})
        wrong = await client.put("/who")
        page = await client.get("/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "wrong_method")
    assert set(re.split(", *", wrong.headers["allow"])) == {"GET", "HEAD"}
    assert page.status_code == 404
    assert "<script>" not in page.text


async def test_malformed_json_is_the_askers_mistake() -> None:
    before = list(doors.changes)
    async with doors.client() as client:
        for body in (b"{", b"[]", b'"a"', b"\xff", b"[" * 100_000):
            answer = await client.post(
                "/change.json", content=body, headers={"Content-Type": "application/json"}
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert doors.changes == before


async def test_seconds_to_wait_are_in_the_header() -> None:
    async with doors.client() as client:
        answer = await client.get("/fail/too_many")
    assert answer.headers["retry-after"] == "7"


async def test_an_answer_that_has_begun_is_cut_and_the_mistake_is_logged() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/half",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": None,
    }
    with structlog.testing.capture_logs() as logs:
        await doors.app()(scope, receive, send)
    assert [message.get("status") for message in sent if "status" in message] == [200]
    assert not any(message.get("more_body") is False for message in sent)
    assert [line["error"] for line in logs if line["event"] == "request.failed"] == [
        "ZeroDivisionError"
    ]


def test_every_error_of_the_doors_has_its_words() -> None:
    for error in OURS:
        for locale in words.LOCALES:
            assert words.say(error.code, locale) != error.code
