"""What is said: stored once, in order, made safe, and answered by one person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import broker, clock, db
from domain.actors import Actor, Role, system
from domain.conversations import actions
from domain.conversations.models import Conversation, Message
from domain.errors import (
    AlreadyClaimed,
    AlreadyClosed,
    Conflict,
    DomainError,
    Invalid,
    NotAllowed,
    NotFound,
    TooLong,
)
from domain.events import STREAMS, stream_of
from domain.people.models import Access
from domain.rows import new_id
from tests import factories
from tests.hands import Hands
from tests.people import House

PHONE, EMAIL, CARD = "13812345678", "eve@example.com", "ABCD-EFGH-1234-WXYZ"


async def kinds(conversation: UUID) -> list[str]:
    """What happened to a conversation, in order."""
    rows = await db.sql(
        "SELECT kind FROM events WHERE conversation_id = $1 ORDER BY id", conversation
    )
    return [row["kind"] for row in rows]


async def queued(house: House) -> Conversation:
    """Eve's conversation, waiting for the technical team."""
    message = await actions.receive(house.eve, "在吗")
    async with db.unit_of_work():
        conversation = await db.lock(Conversation, system(house.id).scope, message.conversation_id)
        await actions.hand_over(
            conversation, house.teams["technical"].id, ["requested"], timedelta(minutes=1)
        )
    return conversation


async def test_the_first_message_opens_a_conversation_and_the_next_joins_it(house: House) -> None:
    first = await actions.receive(house.eve, "在吗")
    second = await actions.receive(house.eve, "卡密无效")
    assert first.conversation_id == second.conversation_id
    assert (first.seq, second.seq) == (1, 2)
    assert await kinds(first.conversation_id) == [
        "ConversationOpened",
        "MessageReceived",
        "MessageReceived",
    ]


async def test_the_same_client_id_is_stored_once_however_often_it_comes(house: House) -> None:
    sent = await asyncio.gather(*(actions.receive(house.eve, "在吗", "c-1") for _ in range(8)))
    assert len({message.id for message in sent}) == 1
    assert await Message.filter(customer_id=house.eve.id).count() == 1


async def test_messages_sent_at_once_are_numbered_without_gaps(house: House) -> None:
    await asyncio.gather(*(actions.receive(house.eve, f"第{n}条", f"c-{n}") for n in range(12)))
    rows = await Message.filter(customer_id=house.eve.id).order_by("seq")
    assert [row.seq for row in rows] == list(range(1, 13))


async def test_a_day_of_silence_ends_the_episode(house: House) -> None:
    first = await actions.receive(house.eve, "在吗")
    with clock.travel(timedelta(hours=25)):
        second = await actions.receive(house.eve, "还在吗")
    assert first.conversation_id != second.conversation_id
    before = await Conversation.get(id=first.conversation_id)
    after = await Conversation.get(id=second.conversation_id)
    assert (before.state, after.state) == ("closed", "open")
    assert before.timeline_id == after.timeline_id


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", Invalid),
        ("  \n", Invalid),
        ("a\x00b", Invalid),
        ("\ud800", Invalid),
        ("长" * 4001, TooLong),
    ],
)
async def test_a_text_that_cannot_be_kept_changes_nothing(
    house: House, text: str, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        await actions.receive(house.eve, text)
    assert not await Conversation.filter(customer_id=house.eve.id).exists()


async def test_secrets_are_made_safe_before_anything_is_written(house: House, hands: Hands) -> None:
    said = f"卡密 {CARD} 无效，电话 {PHONE}，邮箱 {EMAIL}"
    message = await actions.receive(house.eve, said)
    await hands.work()

    for secret in (PHONE, EMAIL, CARD):
        assert await places(secret) == []
    entries = await broker.redis().xrange(broker.stream(stream_of(message.conversation_id)))
    assert entries
    assert not any(s.encode() in body[b"e"] for _, body in entries for s in (PHONE, EMAIL, CARD))
    assert STREAMS == 32


async def places(secret: str) -> list[str]:
    """The tables that hold a text in plain, in any column."""
    tables = await db.sql(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    found = []
    for table in tables:
        query = f"SELECT count(*) AS n FROM {table['name']} t WHERE t::text LIKE $1"
        if (await db.sql(query, f"%{secret}%"))[0]["n"]:
            found.append(table["name"])
    return found


async def test_only_who_may_unmask_sees_the_whole_and_it_is_kept_who_did(house: House) -> None:
    said = f"电话 {PHONE} 联系我"
    message = await actions.receive(house.eve, said)
    assert PHONE not in message.text

    for nosy in (house.mei, house.frank, house.pat, house.alice):
        with pytest.raises((NotAllowed, NotFound)):
            await actions.reveal(nosy, message.id, "好奇")
    with pytest.raises(Invalid):
        await actions.reveal(house.dana, message.id, " ")
    assert not await Access.filter(object_id=message.id).exists()

    assert await actions.reveal(house.dana, message.id, "需要回电") == said
    access = await Access.get(object_id=message.id)
    assert (access.actor, access.reason) == (house.dana.ref, "需要回电")


async def test_the_agent_who_has_the_talk_may_unmask(house: House) -> None:
    message = await actions.receive(house.eve, f"电话 {PHONE}")
    await actions.claim(house.alice, message.conversation_id)
    assert PHONE in await actions.reveal(house.alice, message.id, "需要回电")
    with pytest.raises(NotAllowed):
        await actions.reveal(house.bob, message.id, "需要回电")


async def test_of_many_claims_at_once_exactly_one_wins(house: House) -> None:
    conversation = await queued(house)
    agents = [house.alice, house.bob] * 20
    done = await asyncio.gather(
        *(actions.claim(agent, conversation.id) for agent in agents), return_exceptions=True
    )
    winner = (await Conversation.get(id=conversation.id)).agent_id
    refused = [e for e in done if isinstance(e, AlreadyClaimed)]
    assert len(refused) == 20
    name = {house.alice.id: "Alice", house.bob.id: "Bob"}[winner or new_id()]
    assert {e.params["by"] for e in refused} == {name}
    assert (await kinds(conversation.id)).count("ConversationAssigned") == 1


async def test_a_reply_takes_a_waiting_conversation_and_meets_its_deadline(house: House) -> None:
    conversation = await queued(house)
    await actions.reply(house.alice, conversation.id, "您好，我来看看")
    after = await Conversation.get(id=conversation.id)
    assert (after.holder, after.agent_id, after.deadline) == ("agent", house.alice.id, "met")
    assert "FirstAnswered" in await kinds(conversation.id)


async def test_nobody_talks_into_a_colleagues_conversation_but_the_supervisor(
    house: House,
) -> None:
    conversation = await queued(house)
    await actions.claim(house.alice, conversation.id)
    before = await Message.filter(conversation_id=conversation.id).count()
    with pytest.raises(AlreadyClaimed) as refused:
        await actions.reply(house.bob, conversation.id, "我来")
    assert refused.value.params["by"] == "Alice"
    assert await Message.filter(conversation_id=conversation.id).count() == before
    await actions.reply(house.dana, conversation.id, "我是主管")


async def test_a_reply_sent_twice_is_stored_once(house: House) -> None:
    conversation = await queued(house)
    first = await actions.reply(house.alice, conversation.id, "您好", "r-1")
    again = await actions.reply(house.alice, conversation.id, "您好", "r-1")
    assert first.id == again.id


async def test_an_agents_id_for_a_message_is_not_the_customers(house: House) -> None:
    said = await actions.receive(house.eve, "卡密无效", "1")
    answer = await actions.reply(house.alice, said.conversation_id, "我来看看", "1")
    assert (answer.author, answer.text) == ("agent", "我来看看")
    with pytest.raises(Conflict):
        await actions.reply(house.dana, said.conversation_id, "我也来", "1")
    assert await Message.filter(conversation_id=said.conversation_id).count() == 2


async def test_a_transfer_needs_a_reason_and_waits_in_the_other_teams_queue(house: House) -> None:
    conversation = await queued(house)
    await actions.claim(house.alice, conversation.id)
    finance = house.teams["finance"].id
    with pytest.raises(Invalid):
        await actions.transfer(house.alice, conversation.id, finance, "")
    with pytest.raises(NotAllowed):
        await actions.transfer(house.charlie, conversation.id, finance, "归我们")
    after = await actions.transfer(house.alice, conversation.id, finance, "退款问题")
    assert (after.holder, after.team_id, after.agent_id) == ("queue", finance, None)


async def test_given_back_the_bot_speaks_again(house: House, hands: Hands) -> None:
    conversation = await queued(house)
    await actions.claim(house.alice, conversation.id)
    await actions.receive(house.eve, "怎么兑换卡密")
    await hands.work()
    assert not await Message.filter(conversation_id=conversation.id, author="bot").exists()

    await actions.give_back(house.alice, conversation.id)
    await actions.receive(house.eve, "怎么兑换卡密啊")
    await hands.work()
    assert await Message.filter(conversation_id=conversation.id, author="bot").count() == 1


async def test_a_closed_conversation_takes_no_reply_and_the_next_message_opens_another(
    house: House,
) -> None:
    conversation = await queued(house)
    await actions.close(house.alice, conversation.id)
    with pytest.raises(AlreadyClosed):
        await actions.reply(house.alice, conversation.id, "还有吗")
    with pytest.raises(AlreadyClosed):
        await actions.close(house.alice, conversation.id)
    assert (await actions.receive(house.eve, "还有")).conversation_id != conversation.id


@pytest.mark.parametrize("who", ["mei", "pat", "eve", "frank"])
async def test_only_staff_work_on_conversations(house: House, who: str) -> None:
    conversation = await queued(house)
    stranger = getattr(house, who)
    for verb in (
        lambda: actions.claim(stranger, conversation.id),
        lambda: actions.reply(stranger, conversation.id, "x"),
        lambda: actions.note(stranger, conversation.id, "x"),
        lambda: actions.close(stranger, conversation.id),
        lambda: actions.give_back(stranger, conversation.id),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            await verb()
    after = await Conversation.get(id=conversation.id)
    assert (after.holder, after.state, after.last_seq) == ("queue", "open", 1)


async def test_another_shops_agent_finds_nothing(house: House) -> None:
    conversation = await queued(house)
    other = await factories.house()
    with pytest.raises(NotFound):
        await actions.claim(other.dana, conversation.id)


async def test_an_order_of_somebody_else_is_not_linked(house: House, hands: Hands) -> None:
    number = house.orders["mei"].number
    message = await actions.receive(house.frank, f"我的订单 {number} 卡密无效")
    await hands.work()
    conversation = await Conversation.get(id=message.conversation_id)
    bot = await Message.get(conversation_id=conversation.id, author="bot")
    assert conversation.order_id is None
    assert house.orders["mei"].product not in bot.text


async def test_an_order_that_exists_and_one_that_does_not_get_the_same_words(
    house: House, hands: Hands
) -> None:
    stranger = await factories.customer(house.shop, "Gus")
    answers = []
    for who, number in (
        (house.frank, house.orders["mei"].number),
        (stranger, "DJ20260101000000" + "9999"),
    ):
        message = await actions.receive(who, f"订单 {number} 卡密无效")
        await hands.work()
        bot = await Message.get(conversation_id=message.conversation_id, author="bot")
        answers.append(bot.text)
    assert answers[0] == answers[1]


async def test_a_merchant_sees_only_messages_about_its_own_orders(
    house: House, hands: Hands
) -> None:
    await actions.receive(house.eve, f"卡密无效 {house.orders['mei'].number}")
    await hands.work()
    await actions.receive(house.eve, f"还有这个 {house.orders['nora'].number}")
    await hands.work()
    for seller, mine, other in ((house.mei, "mei", "nora"), (house.nora, "nora", "mei")):
        seen = await db.select(Message, seller.scope)
        text = " ".join(row["text"] for row in seen)
        assert house.orders[mine].number in text
        assert house.orders[other].number not in text


async def test_a_token_without_the_noun_sees_none_of_it(house: House) -> None:
    await actions.receive(house.eve, "在吗")
    blind = replace(house.pat, scopes=frozenset({"orders:read"}))
    assert await db.select(Message, blind.scope) == []
    assert await db.select(Message, house.pat.scope) != []


async def test_the_admin_of_the_installation_sees_no_shops_business(house: House) -> None:
    await actions.receive(house.eve, "在吗")
    root = Actor(role=Role.ADMIN, shop_id=None, id=new_id())
    assert await db.select(Message, root.scope) == []
