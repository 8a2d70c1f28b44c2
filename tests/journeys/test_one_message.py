"""One message, through the domain and the hands, without doors."""

from __future__ import annotations

import pytest

from domain.bot import actions as bot
from domain.conversations import actions
from domain.conversations.models import Conversation, Message
from domain.routing import actions as routing
from domain.tickets.models import Ticket
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
