"""Corrections: an agent says what a message means, and what the reading had decided follows."""

from __future__ import annotations

import pytest

from domain import db
from domain.bot import actions as bot
from domain.conversations import actions as talk
from domain.conversations.models import Conversation, Message
from domain.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.routing import actions as routing
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from domain.understanding import actions, queries
from domain.understanding.classifier import Guess
from domain.understanding.models import Correction, Reading
from tests import factories
from tests.hands import Hands
from tests.people import House


async def read(house: House, text: str, intent: str, sentiment: str = "neutral") -> Reading:
    """Eve says something, and it is read as that."""
    message = await talk.receive(house.eve, text)
    guess = Guess(intent, 0.8, sentiment, 0.9, (), "old-1")
    await actions.note(await actions.unread([message.id]), [guess])
    return await Reading.get(message_id=message.id)


async def talked_of(reading: Reading) -> Conversation:
    """The conversation of a reading, as it is now."""
    return await Conversation.get(id=reading.conversation_id)


async def happened(reading: Reading) -> list[db.Row]:
    """The corrections that were recorded."""
    return await db.sql(
        "SELECT actor, data, customer_ids, merchant_ids FROM events "
        "WHERE conversation_id = $1 AND kind = 'ReadingCorrected' ORDER BY id",
        reading.conversation_id,
    )


async def test_a_correction_keeps_who_said_what_of_which_model(house: House) -> None:
    reading = await read(house, "卡密 ABCD-EFGH-1234-5678 用不了", "card_used")
    await actions.correct(house.alice, reading.id, "card_invalid")
    said = await Correction.get(message_id=reading.message_id)
    assert (said.intent, said.sentiment) == ("card_invalid", None)
    assert (said.agent_id, said.model_version) == (house.alice.id, "old-1")
    assert (said.reading_id, said.conversation_id) == (reading.id, reading.conversation_id)
    (event,) = await happened(reading)
    assert event["actor"] == house.alice.ref
    assert db.json(event["data"]) == {
        "message": str(reading.message_id),
        "intent": "card_invalid",
        "sentiment": None,
        "model": "old-1",
    }
    # What staff make of a message is nobody else's to hear of.
    assert event["customer_ids"] == event["merchant_ids"] == []
    assert (await Reading.get(id=reading.id)).intent == "card_used"


async def test_of_intent_and_tone_the_last_word_on_each_counts(house: House) -> None:
    reading = await read(house, "在吗", "other")
    await actions.correct(house.alice, reading.id, "pricing", "negative")
    await actions.correct(house.bob, reading.id, "invoice")
    said = await Correction.get(reading_id=reading.id)
    assert (said.intent, said.sentiment, said.agent_id) == ("invoice", "negative", house.bob.id)
    meant = await queries.as_meant(house.alice.scope, reading.message_id)
    assert (meant.intent, meant.intent_confidence) == ("invoice", 1.0)
    assert (meant.certainty, meant.from_context) == ("sure", False)
    assert (await Reading.get(id=reading.id)).certainty == "hand_over"
    assert (meant.sentiment, meant.sentiment_confidence) == ("negative", 1.0)


async def test_the_same_word_twice_is_one_correction_and_one_event(house: House) -> None:
    reading = await read(house, "在吗", "other")
    await actions.correct(house.alice, reading.id, "pricing")
    first = await Correction.get(reading_id=reading.id)
    await actions.correct(house.bob, reading.id, "pricing")
    again = await Correction.get(reading_id=reading.id)
    assert (again.agent_id, again.created_at) == (first.agent_id, first.created_at)
    assert len(await happened(reading)) == 1


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("eve", NotFound),
        ("frank", NotFound),
        ("nora", NotFound),
        ("mei", NotAllowed),
        ("pat", NotAllowed),
    ],
)
async def test_nobody_but_staff_corrects(
    house: House, who: str, refusal: type[DomainError]
) -> None:
    reading = await read(house, f"卡密无效 {house.orders['mei'].number}", "card_invalid")
    with pytest.raises(refusal):
        await actions.correct(getattr(house, who), reading.id, "card_used")
    assert not await Correction.filter(reading_id=reading.id).exists()
    assert await happened(reading) == []


async def test_the_staff_of_another_shop_finds_nothing_to_correct(house: House) -> None:
    reading = await read(house, "在吗", "other")
    with pytest.raises(NotFound):
        await actions.correct((await factories.house()).dana, reading.id, "pricing")


@pytest.mark.parametrize(
    ("intent", "sentiment", "field"),
    [("nonsense", None, "intent"), (None, "furious", "sentiment"), (None, None, "intent")],
)
async def test_words_that_nobody_knows_correct_nothing(
    house: House, intent: str | None, sentiment: str | None, field: str
) -> None:
    reading = await read(house, "在吗", "other")
    with pytest.raises(Invalid) as refused:
        await actions.correct(house.alice, reading.id, intent, sentiment)
    assert refused.value.field == field
    assert not await Correction.filter(reading_id=reading.id).exists()


# What follows


async def test_a_waiting_talk_and_its_ticket_go_to_the_team_that_can_help(
    house: House, hands: Hands
) -> None:
    message = await talk.receive(house.eve, "我要人工客服")
    await hands.work()
    before = await Conversation.get(id=message.conversation_id)
    assert (before.holder, before.team_id) == ("queue", house.teams["general"].id)
    reading = await Reading.get(message_id=message.id)
    await actions.correct(house.bob, reading.id, "account_stolen", "negative")
    await hands.work()

    after, ticket = await talked_of(reading), await Ticket.get(conversation_id=before.id)
    assert (after.intent, after.sentiment, after.priority) == ("account_stolen", "negative", 3)
    assert (after.team_id, after.queued_at) == (house.teams["security"].id, before.queued_at)
    assert (ticket.intent, ticket.category) == ("account_stolen", "risk")
    assert (ticket.team_id, ticket.priority) == (house.teams["security"].id, 3)
    assert "intent_urgent" in ticket.reasons
    assert ticket.due_at is not None
    assert (ticket.due_at - ticket.opened_at).total_seconds() < 2 * 3600


async def test_whoever_of_that_team_is_free_gets_the_talk(house: House, hands: Hands) -> None:
    await routing.set_presence(house.charlie, "online")
    message = await talk.receive(house.eve, "我要人工客服")
    await hands.work()
    assert (await Conversation.get(id=message.conversation_id)).holder == "queue"
    reading = await Reading.get(message_id=message.id)
    await actions.correct(house.alice, reading.id, "duplicate_charge")
    await hands.work()
    assert (await talked_of(reading)).agent_id == house.charlie.id


async def test_who_has_the_talk_keeps_it_and_what_was_urgent_stays_so(
    house: House, hands: Hands
) -> None:
    reading = await read(house, "号被盗了", "account_stolen")
    await hands.work()
    await talk.claim(house.alice, reading.conversation_id)
    await actions.correct(house.alice, reading.id, "pricing")
    await hands.work()
    after, ticket = await talked_of(reading), await Ticket.get(
        conversation_id=reading.conversation_id
    )  # fmt: skip
    assert (after.holder, after.agent_id) == ("agent", house.alice.id)
    assert (after.intent, after.team_id) == ("pricing", house.teams["security"].id)
    assert (ticket.intent, ticket.priority, ticket.owner_id) == ("pricing", 3, house.alice.id)


async def test_a_talk_that_was_handed_elsewhere_by_hand_waits_where_it_was_sent(
    house: House, hands: Hands
) -> None:
    reading = await read(house, "我要人工", "human_handoff")
    await hands.work()
    finance = house.teams["finance"].id
    await talk.transfer(house.alice, reading.conversation_id, finance, "退款归财务")
    await actions.correct(house.alice, reading.id, "card_invalid")
    await hands.work()
    assert (await talked_of(reading)).team_id == finance


async def test_a_closed_ticket_stays_as_it_was_filed(house: House, hands: Hands) -> None:
    reading = await read(house, "我要人工", "human_handoff")
    await hands.work()
    ticket = await Ticket.get(conversation_id=reading.conversation_id)
    await tickets.close(house.bob, ticket.id)
    await actions.correct(house.bob, reading.id, "card_invalid")
    await hands.work()
    assert (await Ticket.get(id=ticket.id)).intent == "human_handoff"
    assert (await talked_of(reading)).intent == "card_invalid"


async def test_an_early_message_does_not_say_what_a_later_one_is_about(
    house: House, hands: Hands
) -> None:
    early = await read(house, "怎么注册", "account_register")
    await read(house, "能开发票吗", "invoice")
    await hands.work()
    await actions.correct(house.alice, early.id, "account_login")
    await hands.work()
    assert (await talked_of(early)).intent == "invoice"


async def test_a_corrected_tone_moves_no_ticket(house: House, hands: Hands) -> None:
    reading = await read(house, "我要人工", "human_handoff")
    await hands.work()
    opened = await Ticket.get(conversation_id=reading.conversation_id)
    await actions.correct(house.alice, reading.id, sentiment="negative")
    await hands.work()
    ticket = await Ticket.get(id=opened.id)
    assert (ticket.intent, ticket.team_id) == (opened.intent, opened.team_id)
    assert (await talked_of(reading)).sentiment == "negative"


async def test_what_follows_happens_once_however_often_it_is_heard(
    house: House, hands: Hands
) -> None:
    reading = await read(house, "我要人工", "human_handoff")
    await hands.work()
    await actions.correct(house.alice, reading.id, "card_invalid")
    for _ in range(3):
        await bot.reconsider(house.id, reading.conversation_id)
    await hands.work()
    rows = await db.sql(
        "SELECT kind FROM events e WHERE conversation_id = $1 AND id > (SELECT id FROM events c "
        "WHERE c.conversation_id = e.conversation_id AND c.kind = 'ReadingCorrected')",
        reading.conversation_id,
    )
    assert sorted(row["kind"] for row in rows) == [
        "ConversationQueued",
        "ConversationRaised",
        "TicketRefiled",
    ]


async def test_the_bot_answers_by_an_agents_word_if_it_has_not_answered_yet(
    house: House, hands: Hands
) -> None:
    reading = await read(house, "你们好", "small_talk")
    await actions.correct(house.alice, reading.id, "human_handoff")
    await hands.work()
    answer = await Message.get(conversation_id=reading.conversation_id, author="bot")
    assert (await talked_of(reading)).holder == "queue"
    assert answer.reply_to == reading.message_id
