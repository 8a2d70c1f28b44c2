"""Why a message was read as it was: asked by staff, answered by a worker, told to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest

from domain import broker, db
from domain.actors import Actor
from domain.conversations import actions as talk
from domain.conversations.models import Message
from domain.errors import DomainError, NotAllowed, NotExplained, NotFound
from domain.understanding import reasons
from tests import factories
from tests.hands import Hands
from tests.people import House
from workers import occlusion
from workers.classifier import OnnxClassifier
from workers.explain import turn

WAITING = f"zaide:questions:{reasons.EXPLAIN}"


@pytest.fixture
async def message(house: House, hands: Hands) -> Message:
    """What Eve said about an order of Mei's, and how it was read."""
    said = await talk.receive(
        house.eve, f"卡密 7HQ2-9KLM-3XYZ-8WPN 显示无效 {house.orders['mei'].number}"
    )
    await hands.work()
    return said


async def explained(who: Actor, message: Message, classifier: OnnxClassifier) -> reasons.Explained:
    """What somebody is told while one worker is at work."""
    asking = asyncio.create_task(reasons.explain(who, message.id))
    assert await turn(classifier, 10)
    return await asking


async def test_staff_are_told_what_moved_a_reading(
    house: House, message: Message, classifier: OnnxClassifier
) -> None:
    for who in (house.alice, house.dana):
        told = await explained(who, message, classifier)
        assert told.text == message.text
        assert told.explanation.intent == "card_invalid"
        words = [told.text[piece.start : piece.end] for piece in told.explanation.pieces]
        assert "[卡密 尾号8WPN]" in words
        assert "".join(words) == told.text.replace(" ", "").replace("[卡密尾号", "[卡密 尾号")


async def test_neither_question_nor_answer_holds_any_word_of_the_message(
    house: House, message: Message, classifier: OnnxClassifier
) -> None:
    asking = asyncio.create_task(reasons.explain(house.alice, message.id))
    question = await broker.take(reasons.EXPLAIN, 10)
    assert question is not None
    assert orjson.loads(question.body) == {
        "message": str(message.id), "shop": str(house.id), "role": "agent",
    }  # fmt: skip
    asking.cancel()


@pytest.mark.parametrize(
    ("who", "error"),
    [("eve", NotFound), ("frank", NotFound), ("nora", NotFound), ("mei", NotAllowed),
     ("pat", NotAllowed)],
)  # fmt: skip
async def test_nobody_but_staff_is_told_and_no_worker_is_asked(
    house: House, message: Message, who: str, error: type[DomainError]
) -> None:
    await broker.redis().delete(WAITING)
    with pytest.raises(error):
        await reasons.explain(getattr(house, who), message.id)
    assert await broker.redis().llen(WAITING) == 0


async def test_another_shops_agent_does_not_find_it(house: House, message: Message) -> None:
    other = await factories.house()
    with pytest.raises(NotFound):
        await reasons.explain(other.dana, message.id)


async def test_a_worker_reads_only_what_the_asker_may(house: House, message: Message) -> None:
    other = await factories.house()

    def question(shop: object, role: str) -> bytes:
        return orjson.dumps({"message": message.id, "shop": shop, "role": role}, default=str)

    assert await reasons.asked(question(house.id, "agent")) == (message.text, "card_invalid")
    assert await reasons.asked(question(other.id, "agent")) is None
    assert await reasons.asked(question(house.id, "partner")) is None
    assert await reasons.asked(question(house.id, "customer")) is None


async def test_a_note_and_an_answer_have_no_reading_to_explain(
    house: House, message: Message
) -> None:
    note = await talk.note(house.alice, message.conversation_id, "客户很急")
    with pytest.raises(NotFound):
        await reasons.explain(house.alice, note.id)


async def test_without_a_worker_it_is_not_explained(
    house: House, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "WITHIN", 0.05)
    with pytest.raises(NotExplained):
        await reasons.explain(house.alice, message.id)


async def _removed(message: Message) -> None:
    await db.sql("DELETE FROM readings WHERE message_id = $1", message.id)


async def _read_anew(message: Message) -> None:
    await db.sql("UPDATE readings SET intent = 'card_used' WHERE message_id = $1", message.id)


@pytest.mark.parametrize(("change", "error"), [(_removed, NotFound), (_read_anew, NotExplained)])
async def test_what_changed_while_a_worker_was_asked_is_not_told_as_it_was(
    house: House,
    message: Message,
    classifier: OnnxClassifier,
    change: Callable[[Message], Awaitable[None]],
    error: type[DomainError],
) -> None:
    asking = asyncio.create_task(reasons.explain(house.alice, message.id))
    async with asyncio.timeout(10):
        while not await broker.redis().llen(WAITING):
            await asyncio.sleep(0.001)
    question = await broker.take(reasons.EXPLAIN, 10)
    assert question is not None
    found = await reasons.asked(question.body)
    assert found is not None
    await change(message)
    told = occlusion.explain(classifier, *found)
    await broker.answer(question, told.encode(), 10)
    with pytest.raises(error):
        await asking


async def test_a_worker_that_hears_nothing_says_so(classifier: OnnxClassifier) -> None:
    await broker.redis().delete(WAITING)
    assert not await turn(classifier, 0.01)
