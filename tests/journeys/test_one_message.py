"""One message, through the domain and the hands, without doors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import db
from domain.bot import actions as bot
from domain.clock import CHINA
from domain.conversations import actions
from domain.conversations.models import Conversation, Message
from domain.routing import actions as routing
from domain.tickets.models import Ticket
from domain.understanding.models import Reading
from tests.hands import Hands
from tests.people import House


async def test_a_message_is_understood_tied_to_its_order_and_answered(
    house: House, hands: Hands
) -> None:
    number = house.orders["mei"].number
    message = await actions.receive(house.eve, f"卡密用不了，提示无效，订单号 {number}", "c-1")
    await hands.work()

    conversation = await Conversation.get(id=message.conversation_id)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    assert conversation.intent == "card_invalid"
    assert conversation.order_id == house.orders["mei"].id
    assert answer.reply_to == message.id
    assert number in answer.text
    assert answer.facts["verdict"] == "delivered"


@pytest.mark.parametrize(("text", "opened"), [("你好", 0), ("我要人工客服", 1)])
async def test_a_message_that_is_handled_twice_is_answered_once(
    house: House, hands: Hands, text: str, opened: int
) -> None:
    message = await actions.receive(house.eve, text)
    await hands.work()
    assert await bot.respond(message.id) is None
    assert await bot.respond(message.id) is None
    assert await Message.filter(conversation_id=message.conversation_id, author="bot").count() == 1
    assert await Ticket.filter(conversation_id=message.conversation_id).count() == opened


async def test_whoever_asks_for_a_person_gets_a_ticket_with_an_owner(
    house: House, hands: Hands
) -> None:
    await routing.set_presence(house.bob, "online")
    message = await actions.receive(house.eve, "我要人工客服")
    await hands.work()

    conversation = await Conversation.get(id=message.conversation_id)
    ticket = await Ticket.get(conversation_id=conversation.id)
    assert conversation.holder == "agent"
    assert conversation.agent_id == ticket.owner_id == house.bob.id


async def test_another_language_is_answered_once_in_both_of_ours_and_handed_over(
    house: House, hands: Hands
) -> None:
    message = await actions.receive(house.eve, "Hola, compré una tarjeta y no me llegó el código")
    await hands.work()
    await actions.receive(house.eve, "¿hay alguien que me pueda ayudar por favor?")
    await hands.work()

    reading = await Reading.get(message_id=message.id)
    conversation = await Conversation.get(id=message.conversation_id)
    answer = await Message.get(conversation_id=conversation.id, author="bot")
    assert (reading.intent, reading.intent_confidence, reading.language) == ("other", 0.0, "es")
    assert reading.entities["language"] == "es"
    assert answer.reply_to == message.id
    assert "人工" in answer.text
    assert "colleague" in answer.text
    assert conversation.holder == "queue"
    assert await Ticket.filter(conversation_id=conversation.id).count() == 1
    queued = await db.sql(
        "SELECT data FROM events WHERE conversation_id = $1 AND kind = 'ConversationQueued'",
        conversation.id,
    )
    assert [db.json(row["data"])["reasons"] for row in queued] == [["language"]]


@pytest.mark.parametrize("text", ["😀😀", "DJ202611200930001234", "thx bro"])
async def test_what_is_no_other_language_is_not_handed_over_for_it(
    house: House, hands: Hands, text: str
) -> None:
    message = await actions.receive(house.eve, text)
    await hands.work()
    conversation = await Conversation.get(id=message.conversation_id)
    assert conversation.holder == "bot"


async def test_dates_are_kept_with_the_reading(house: House, hands: Hands) -> None:
    message = await actions.receive(house.eve, "昨天买的，到现在还没收到卡密")
    await hands.work()
    reading = await Reading.get(message_id=message.id)
    yesterday = message.created_at.astimezone(CHINA).date() - timedelta(days=1)
    assert reading.entities["dates"] == [yesterday.isoformat()]
    assert reading.entities["waiting_seconds"] == 86_400
