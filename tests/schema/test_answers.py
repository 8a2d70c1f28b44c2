"""Shared answers: one reads for all who may see the same, and nobody is told what was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from domain.conversations import actions as talk
from domain.settings import settings
from schema import execution
from schema.answers import Answers
from schema.ready import Ready
from tests.hands import Hands
from tests.people import House
from tests.schema.hostile import callers, door, post

QUEUE = "{ queue(first: 5) { totalCount nodes { id holder customer { name } } } }"


@pytest.fixture
async def at() -> AsyncIterator[httpx.AsyncClient]:
    """The door."""
    async with door() as client:
        yield client


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The documents that were really read for others, one entry each time; nothing kept before."""
    made: list[str] = []
    shared = execution._shared

    async def noted(ready: Ready, *rest: Any) -> bytes | None:
        made.append(ready.document.text)
        return await shared(ready, *rest)

    monkeypatch.setattr(execution, "_shared", noted)
    execution.answers.cache_clear()
    yield made
    execution.answers.cache_clear()


async def ask(at: httpx.AsyncClient, who: dict[str, str], text: str) -> httpx.Response:
    """Ask something."""
    return await post(at, {"query": text}, who)


async def test_whoever_may_see_the_same_gets_the_same_answer_read_once(
    at: httpx.AsyncClient, house: House, reads: list[str]
) -> None:
    people = await callers(house)
    first = await ask(at, people["alice"], QUEUE)
    second = await ask(at, people["charlie"], QUEUE)
    assert first.content == second.content
    assert [answer.headers["x-zaide-path"] for answer in (first, second)] == ["shared", "shared"]
    assert reads == [QUEUE]


async def test_of_many_at_once_one_reads(
    at: httpx.AsyncClient, house: House, reads: list[str]
) -> None:
    people = await callers(house)
    answers = await asyncio.gather(*(ask(at, people["alice"], QUEUE) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert reads == [QUEUE]


async def test_what_was_just_done_is_in_the_next_answer(
    at: httpx.AsyncClient, house: House, hands: Hands, reads: list[str]
) -> None:
    people = await callers(house)
    said = await talk.receive(house.eve, "我要找人工客服")
    await hands.work()
    for number in range(5):
        text = f"来自 {'甲乙丙丁戊'[number]}"
        query = "{ conversations { nodes { lastMessage { text } } } }"
        before = await ask(at, people["alice"], query)
        assert text not in before.text
        id = (await ask(at, people["alice"], "{ conversations { nodes { id } } }")).json()
        (conversation,) = id["data"]["conversations"]["nodes"]
        verb = f'mutation {{ replyToConversation(id: "{conversation["id"]}", text: "{text}") '
        answer = await ask(at, people["alice"], verb + "{ __typename } }")
        assert answer.json()["data"]["replyToConversation"]["__typename"] == "Message"
        assert text in (await ask(at, people["alice"], query)).text
        assert text in (await ask(at, people["dana"], query)).text
    assert said.id


async def test_nobody_gets_an_answer_of_another_scope(
    at: httpx.AsyncClient, house: House, reads: list[str]
) -> None:
    people = await callers(house)
    text = "{ orders { nodes { number } } }"
    seen = {name: (await ask(at, people[name], text)).text for name in ("dana", "mei", "nora")}
    assert len(set(seen.values())) == 3
    assert house.orders["nora"].number not in seen["mei"]
    assert len(reads) == 3


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { name } }",
        "{ tickets(filter: {mine: true}) { totalCount } }",
        "{ metrics { messages } }",
        "{ tokens { name } }",
    ],
)
async def test_what_depends_on_who_asks_or_when_is_not_shared(
    at: httpx.AsyncClient, house: House, reads: list[str], text: str
) -> None:
    people = await callers(house)
    for name in ("alice", "dana"):
        answer = await ask(at, people[name], text)
        assert answer.headers["x-zaide-path"] != "shared"
    if "viewer" in text:
        assert "Dana" in (await ask(at, people["dana"], text)).text
    assert len(execution.answers()) == 0


async def test_it_can_be_turned_off(
    at: httpx.AsyncClient, house: House, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "response_cache", 0)
    people = await callers(house)
    answer = await ask(at, people["alice"], QUEUE)
    assert answer.headers["x-zaide-path"] == "compiled"
    assert reads == []


async def test_answers_are_kept_up_to_so_many_bytes() -> None:
    kept = Answers(most=8000)
    for number in range(100):

        async def make() -> bytes:
            return b"x" * 500

        assert await kept.get(number, make) == b"x" * 500
    assert len(kept) == 16
    assert kept.size == 8000


async def test_a_failure_is_not_kept_and_reaches_all_who_wait() -> None:
    kept = Answers(most=8000)
    tries = 0

    async def fail() -> bytes:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        raise ValueError

    told = await asyncio.gather(*(kept.get("a", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [ValueError] * 3
    assert tries == 1

    async def make() -> bytes:
        return b"well"

    assert await kept.get("a", make) == b"well"


async def test_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    kept = Answers(most=8000)
    go = asyncio.Event()

    async def make() -> bytes:
        await go.wait()
        return b"well"

    first = asyncio.create_task(kept.get("a", make))
    second = asyncio.create_task(kept.get("a", make))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await second == b"well"
    assert first.cancelled()
