"""Unsure, the bot asks which is meant, and goes on with what the customer says."""

from __future__ import annotations

import pytest

from domain.conversations import actions as talk
from domain.conversations.models import Conversation, Message
from domain.understanding import actions
from domain.understanding.classifier import Guess
from tests.hands import Hands
from tests.people import House

TORN = Guess("recharge_not_arrived", 0.5, "neutral", 0.9, ("refund_request",), "torn-1", 0.4)
LOST = Guess("pricing", 0.1, "neutral", 0.9, (), "torn-1", 0.09)
BRIEF = Guess("small_talk", 0.98, "neutral", 0.9, (), "torn-1")


async def told(house: House, hands: Hands, text: str, guess: Guess) -> Message:
    """What the bot answers when Frank says something that is read so."""
    message = await talk.receive(house.frank, text)
    await actions.note(await actions.unread([message.id]), [guess])
    await hands.work()
    return await Message.get(reply_to=message.id)


@pytest.mark.parametrize(
    ("first", "question", "answer", "matter"),
    [
        (
            "钱的事弄一下呗",
            "想确认一下：您是说充值没到账，还是想退款？",
            "第二个",
            "refund_request",
        ),
        (
            "the money thing please",
            "Just to be sure: is it about a top-up that has not arrived, "
            "or about getting your money back?",
            "the first one",
            "recharge_not_arrived",
        ),
    ],
)
async def test_the_bot_names_both_readings_and_understands_which(
    house: House, hands: Hands, first: str, question: str, answer: str, matter: str
) -> None:
    assert (await told(house, hands, first, TORN)).text == question
    after = await told(house, hands, answer, BRIEF)
    conversation = await Conversation.get(id=after.conversation_id)
    assert (conversation.intent, conversation.holder) == (matter, "bot")
    assert conversation.bot["asked"] == matter


@pytest.mark.parametrize(("first", "second"), [(TORN, LOST), (LOST, TORN), (LOST, LOST)])
async def test_it_asks_once_and_then_a_person_has_it(
    house: House, hands: Hands, first: Guess, second: Guess
) -> None:
    asked = await told(house, hands, "那个东西弄一下呗", first)
    assert (await Conversation.get(id=asked.conversation_id)).holder == "bot"
    await told(house, hands, "就是那个弄一下嘛", second)
    assert (await Conversation.get(id=asked.conversation_id)).holder == "queue"


async def test_an_answer_to_no_question_is_what_it_was_read_as(house: House, hands: Hands) -> None:
    said = await told(house, hands, "第二个", BRIEF)
    assert (await Conversation.get(id=said.conversation_id)).intent == "small_talk"
