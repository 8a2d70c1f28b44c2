"""Questions to workers over Redis: answered by one of them within seconds, or by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain import broker, embedded

LONG = 20.0


@pytest.fixture
async def kind(stack: embedded.Servers) -> AsyncIterator[str]:
    """A kind of question that nobody else asks."""
    name = uuid4().hex
    yield name
    await broker.redis().delete(f"zaide:questions:{name}")


async def waiting(kind: str, number: int) -> None:
    """Until so many questions wait."""
    async with asyncio.timeout(10):
        while await broker.redis().llen(f"zaide:questions:{kind}") < number:
            await asyncio.sleep(0.001)


async def test_a_question_is_answered_by_whoever_takes_it(kind: str) -> None:
    asking = asyncio.create_task(broker.ask(kind, b"why?", LONG))
    question = await broker.take(kind, LONG)
    assert question is not None
    assert question.body == b"why?"
    await broker.answer(question, b"because", LONG)
    assert await asking == b"because"


async def test_of_several_workers_one_takes_a_question(kind: str) -> None:
    asking = asyncio.create_task(broker.ask(kind, b"why?", LONG))
    taken = await asyncio.gather(*(broker.take(kind, 0.5) for _ in range(5)))
    (question,) = [each for each in taken if each is not None]
    await broker.answer(question, b"because", LONG)
    assert await asking == b"because"


async def test_each_gets_the_answer_to_their_own_question_the_oldest_first(kind: str) -> None:
    asking = []
    for number in range(3):
        asking.append(asyncio.create_task(broker.ask(kind, b"%d" % number, LONG)))
        await waiting(kind, number + 1)
    bodies = []
    for _ in asking:
        question = await broker.take(kind, LONG)
        assert question is not None
        bodies.append(question.body)
        await broker.answer(question, b"to " + question.body, LONG)
    assert bodies == [b"0", b"1", b"2"]
    assert await asyncio.gather(*asking) == [b"to 0", b"to 1", b"to 2"]


async def test_what_nobody_waits_for_any_more_is_not_taken(kind: str) -> None:
    asking = asyncio.create_task(broker.ask(kind, b"why?", 0.1))
    await waiting(kind, 1)
    (id,) = await broker.redis().lrange(f"zaide:questions:{kind}", 0, -1)
    assert await asking is None
    # Its place in the list may be there still, as when somebody asked again meanwhile.
    await broker.redis().lpush(f"zaide:questions:{kind}", id)
    assert await broker.take(kind, 0.05) is None


async def test_only_some_may_wait_and_who_comes_then_hears_so_at_once(kind: str) -> None:
    asking = [asyncio.create_task(broker.ask(kind, b"why?", LONG)) for _ in range(broker.QUESTIONS)]
    await waiting(kind, broker.QUESTIONS)
    async with asyncio.timeout(LONG / 4):
        assert await broker.ask(kind, b"me too", LONG) is None
    for _ in asking:
        question = await broker.take(kind, LONG)
        assert question is not None
        await broker.answer(question, b"because", LONG)
    assert await asyncio.gather(*asking) == [b"because"] * broker.QUESTIONS


async def test_redis_forgets_questions_and_answers_by_itself(kind: str) -> None:
    asking = asyncio.create_task(broker.ask(kind, b"why?", LONG))
    await waiting(kind, 1)
    (id,) = await broker.redis().lrange(f"zaide:questions:{kind}", 0, -1)
    for key in (f"questions:{kind}", f"question:{id.decode()}"):
        assert 0 < await broker.redis().pttl(f"zaide:{key}") <= LONG * 1000
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    question = await broker.take(kind, LONG)
    assert question is not None
    await broker.answer(question, b"too late", LONG)
    assert 0 < await broker.redis().pttl(f"zaide:answer:{question.id}") <= LONG * 1000


async def test_without_redis_nobody_answers(kind: str) -> None:
    ours = broker._client
    broker.connect("redis://127.0.0.1:1/0")
    try:
        assert await broker.ask(kind, b"why?", LONG) is None
    finally:
        await broker.close()
        broker._client = ours
