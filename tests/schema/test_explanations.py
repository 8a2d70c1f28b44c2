"""Why a message was read as it was, in the promise: for staff, one in a request, never for long."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import broker
from domain.conversations import actions as talk
from domain.understanding import reasons
from schema import execution, parsing
from schema.context import Context
from schema.ready import Ready
from schema.scalars import opaque
from tests import factories
from tests.hands import Hands, explaining
from tests.people import House
from tests.schema.asking import ask, codes, data
from workers.classifier import OnnxClassifier
from workers.explain import turn

WHY = """query($id: ID!) { explanation(message: $id) { __typename
  ... on Explanation { intent confidence modelVersion pieces { text start end weight } }
  ... on UnavailableProblem { code message hint field } } }"""
LISTS = """query($id: ID!) { orders(first: 1) { nodes { number } }
  explanation(message: $id) { ... on Problem { code } ... on Explanation { intent } } }"""
WAITING = f"zaide:questions:{reasons.EXPLAIN}"


@pytest.fixture
async def message(house: House, hands: Hands) -> str:
    """What Eve said about an order of Mei's, understood; its id."""
    said = await talk.receive(house.eve, f"😀 卡密无效 {house.orders['mei'].number}")
    await hands.work()
    return opaque("Message", said.id)


async def test_staff_are_told_piece_by_piece(
    house: House, message: str, classifier: OnnxClassifier
) -> None:
    async with explaining(classifier):
        told = (await data(house.alice, WHY, id=message))["explanation"]
    assert told["__typename"] == "Explanation"
    assert (told["intent"], told["modelVersion"]) == ("card_invalid", classifier.version)
    assert 0 < told["confidence"] <= 1
    text = f"😀 卡密无效 {house.orders['mei'].number}"
    for piece in told["pieces"]:
        assert text[piece["start"] : piece["end"]] == piece["text"]
        assert isinstance(piece["weight"], float)
    assert told["pieces"][-1]["text"] == house.orders["mei"].number


async def test_others_are_not_told(house: House, message: str, classifier: OnnxClassifier) -> None:
    other = await factories.house()
    async with explaining(classifier):
        for who in (house.eve, house.frank, house.nora, other.alice, other.dana, other.mei):
            assert await ask(who, WHY, id=message) == {"data": {"explanation": None}}
        for who in (house.mei, house.pat):
            answer = await ask(who, WHY, id=message)
            assert codes(answer) == ["not_allowed"]
            assert answer["data"] == {"explanation": None}
        assert codes(await ask(None, WHY, id=message)) == ["unauthenticated"]


@pytest.mark.parametrize("id", ["", "nonsense", opaque("Ticket", UUID(int=1))])
async def test_what_is_no_message_has_no_explanation(house: House, id: str) -> None:
    assert await data(house.alice, WHY, id=id) == {"explanation": None}


async def test_without_a_worker_it_is_said_what_to_do(
    house: House, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "WITHIN", 0.05)
    told = (await data(house.alice, WHY, id=message))["explanation"]
    assert told["__typename"] == "UnavailableProblem"
    assert told["code"] == "not_explained"
    assert "right now" in told["message"]
    assert "Try again" in told["hint"]


async def test_it_runs_compiled_as_it_runs_interpreted_and_asks_once(
    house: House, message: str, classifier: OnnxClassifier
) -> None:
    document = parsing.read(WHY)
    asked = Ready(document, document.operation(None), {"id": message})
    bodies = []
    for way in (execution.compiled, execution.interpreted):
        context = Context(actor=house.alice, language="en")
        asking = asyncio.create_task(way(asked, context))
        assert await turn(classifier, 10)
        bodies.append(execution.encode(await asking, context))
        assert not await turn(classifier, 0.01)
    assert orjson.loads(bodies[0])["data"]["explanation"]["pieces"]
    assert bodies[0] == bodies[1]


async def test_an_answer_is_never_shared(
    house: House, message: str, classifier: OnnxClassifier
) -> None:
    document = parsing.read(WHY)
    asked = Ready(document, document.operation(None), {"id": message})
    shared = await execution._shared(asked, house.alice.scope, "en")
    assert shared is None


async def test_a_request_may_ask_for_one_only(house: House, message: str) -> None:
    twice = f"""{{ a: explanation(message: "{message}") {{ __typename }}
      b: explanation(message: "{message}") {{ __typename }} }}"""
    await broker.redis().delete(WAITING)
    answer = await ask(house.alice, twice)
    assert codes(answer) == ["too_costly"]
    assert await broker.redis().llen(WAITING) == 0


async def _llen() -> int:
    return int(await broker.redis().llen(WAITING))


async def test_who_waits_for_a_worker_keeps_nobody_from_reading(
    house: House, message: str, classifier: OnnxClassifier
) -> None:
    await broker.redis().delete(WAITING)
    document = parsing.read(LISTS)
    asked = Ready(document, document.operation(None), {"id": message})

    async def one() -> Any:
        return await execution.compiled(asked, Context(actor=house.alice))

    waiting = [asyncio.create_task(one()) for _ in range(8)]
    async with asyncio.timeout(10):
        while await _llen() < len(waiting):
            await asyncio.sleep(0.001)
    orders = "{ orders(first: 1) { nodes { number } } }"
    answered = asyncio.create_task(data(house.alice, orders))
    done, _ = await asyncio.wait([answered, *waiting], return_when=asyncio.FIRST_COMPLETED)
    assert done == {answered}
    for _ in waiting:
        await turn(classifier, 10)
    for result in await asyncio.gather(*waiting):
        assert result.errors is None
