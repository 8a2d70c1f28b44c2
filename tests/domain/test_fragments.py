"""A fragment means what its customer spoke of before; what says something of its own does not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversations import actions as talk
from domain.conversations.models import Conversation, Message
from domain.understanding import actions, fragments
from domain.understanding.classifier import Guess
from domain.understanding.fragments import (
    LONGEST,
    TURNS,
    continued,
    is_fragment,
)
from domain.understanding.intents import INTENTS
from domain.understanding.models import Reading
from domain.understanding.rules import Certainty, Meaning
from tests.hands import Hands
from tests.people import House

FRAGMENTS = [
    "还没好?", "多久", "怎么还没", "?", "？？", "那什么时候", "催一下", "好了吗",
    "处理得怎么样了", "还要等几天啊", "有消息了吗", "还没有好吗",
    "到底什么时候能好", "麻烦快点", "怎么办",
    "还没到吗", "still not?", "any update?", "how long", "how much longer will it take",
    "when?", "any news? thanks",
    "is it done yet?", "Still waiting...", "why so slow",
]  # fmt: skip
OWN = [
    "不用了谢谢", "转人工", "好的", "谢谢", "在吗", "是的", "你好", "好了", "怎么还没到账",
    "退款什么时候到", "多久能补货", "怎么充值", "什么时候上班", "还没收到卡密", "还是不行", "ok",
    "thanks", "hello?", "when is it in stock", "how do I pay", "no, a human please",
]  # fmt: skip
GIVEN = [
    "DJ202611201430551234", "订单号：DJ202611201430551234", "[卡密 尾号7HQ2]", "[邮箱]",
    "这是我的卡密 [卡密 尾号7HQ2]", "123260821093000456", "手机号[手机号 尾号5678]",
    "my order number is DJ202611201430551234", "8K3JQ2LMZX7P0QWE",
]  # fmt: skip
NOT_GIVEN = [
    "卡密 [卡密 尾号7HQ2] 无效", "DJ202611201430551234 没到", "订单号", "", "充到[手机号 尾号5678]",
    "is DJ202611201430551234 paid?",
]  # fmt: skip
intents = st.sampled_from(sorted(INTENTS))


def guess(intent: str, confidence: float = 0.99, second: float = 0.0) -> Guess:
    return Guess(intent, confidence, "neutral", 0.9, (), "m", second)


def meant(intent: str, confidence: float = 0.9, **other: bool) -> Meaning:
    sure = Certainty.SURE if confidence >= 0.6 else Certainty.ASK
    return Meaning(intent, "neutral", certainty=sure, confidence=confidence, **other)


meanings = st.lists(st.builds(meant, intents, st.floats(0, 1), named=st.booleans()), max_size=8)


@pytest.mark.parametrize("text", FRAGMENTS)
def test_a_question_that_names_nothing_is_a_fragment(text: str) -> None:
    assert is_fragment(text)


@pytest.mark.parametrize("text", GIVEN)
def test_what_only_gives_a_number_goes_on_with_the_talk(text: str) -> None:
    before = [meant("refund_request"), meant("small_talk")]
    read = continued(text, guess("small_talk", 0.5), before)
    assert (read.intent, read.from_context) == ("refund_request", True)
    assert continued(text, guess("small_talk", 0.5), []) == guess("small_talk", 0.5)


@pytest.mark.parametrize("text", NOT_GIVEN)
def test_what_says_something_beside_a_number_is_read_by_itself(text: str) -> None:
    assert not fragments.is_given(text)


def test_there_is_one_way_to_cut_a_fragment() -> None:
    words = fragments._ASKS.split("|")
    for word in words:
        others = [other for other in words if other != word and other in word]
        together = re.compile(f"(?:{'|'.join(others)})+") if others else None
        assert not (together and together.fullmatch(word)), word


@pytest.mark.parametrize("text", OWN)
def test_what_says_something_of_its_own_is_none(text: str) -> None:
    assert not is_fragment(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["refund_request"], "refund_status"),
        (["recharge_not_arrived"], "recharge_not_arrived"),
        (["withdrawal", "small_talk", "human_handoff"], "withdrawal"),
        (["refund_request", "card_invalid"], "card_invalid"),
        (["order_status"], "order_status"),
    ],
)
@pytest.mark.parametrize("text", ["还没好?", "still not?"])
def test_a_fragment_goes_on_with_the_last_matter(text: str, before: list[str], after: str) -> None:
    read = continued(text, guess("small_talk"), [meant(intent) for intent in before])
    assert (read.intent, read.from_context) == (after, True)
    assert (read.intent_confidence, read.certainty) == (0.9, Certainty.SURE)


def test_the_number_of_an_order_is_not_what_a_fragment_goes_on_with() -> None:
    before = [meant("card_invalid"), meant("order_status", named=True)]
    assert continued("多久", guess("small_talk"), before).intent == "card_invalid"


@pytest.mark.parametrize(
    "before", [[], [meant("small_talk")], [meant("pricing", 0.5)], [meant("human_handoff")]]
)
def test_where_nothing_is_sure_a_fragment_stays_what_it_was_read_as(before: list[Meaning]) -> None:
    assert continued("还没好?", guess("small_talk"), before) == guess("small_talk")


def test_what_was_said_too_long_ago_is_over() -> None:
    before = [meant("pricing"), *[meant("small_talk")] * TURNS]
    assert not continued("多久", guess("small_talk"), before).from_context


@given(st.text(min_size=LONGEST + 1) | st.sampled_from(OWN), intents, meanings)
def test_a_long_message_and_one_of_its_own_never_change(
    text: str, intent: str, before: list[Meaning]
) -> None:
    assert continued(text, guess(intent), before) == guess(intent)


@given(st.sampled_from(FRAGMENTS), intents, st.floats(0, 1), meanings)
def test_whatever_is_read_in_a_fragment_it_goes_on_with_the_talk(
    text: str, intent: str, confidence: float, before: list[Meaning]
) -> None:
    read = continued(text, guess(intent, confidence), before)
    other = continued(text, guess("small_talk"), before)
    assert read.from_context == other.from_context
    if read.from_context:
        assert read.intent == other.intent


@given(st.sampled_from([*FRAGMENTS, *OWN]), intents, st.floats(0, 1), meanings)
def test_what_is_taken_from_the_talk_was_sure_in_it(
    text: str, intent: str, confidence: float, before: list[Meaning]
) -> None:
    own = guess(intent, confidence)
    read = continued(text, own, before)
    if not read.from_context:
        assert read == own
        return
    sure = {said.intent for said in before if said.certainty is Certainty.SURE}
    assert read.intent in sure | {"refund_status"}
    assert read.certainty is Certainty.SURE
    assert (read.sentiment, read.model_version) == (own.sentiment, own.model_version)


async def reading(message: Message) -> Reading:
    return await Reading.get(message_id=message.id)


@pytest.mark.parametrize(
    ("first", "then", "intent"),
    [
        ("我要退款", "还没好?", "refund_status"),
        ("话费充了半天没到帐", "怎么还没", "recharge_not_arrived"),
        ("I want a refund for my order", "still not?", "refund_status"),
        ("The code is invalid", "any update?", "card_invalid"),
        ("卡密已经被别人用了", "DJ202611201430551234", "card_used"),
        ("我要退款", "订单号 DJ202611201430551235", "refund_request"),
    ],
)
async def test_a_fragment_is_read_in_its_conversation(
    house: House, hands: Hands, first: str, then: str, intent: str
) -> None:
    await talk.receive(house.eve, first)
    await hands.work()
    later = await reading(await _read(house, hands, then))
    assert (later.intent, later.from_context, later.certainty) == (intent, True, "sure")
    own = await reading(await _read(house, hands, "转人工"))
    assert (own.intent, own.from_context) == ("human_handoff", False)


async def _read(house: House, hands: Hands, text: str) -> Message:
    message = await talk.receive(house.eve, text)
    await hands.work()
    return message


async def test_what_is_read_at_once_counts_as_said_before(house: House, hands: Hands) -> None:
    messages = [await talk.receive(house.frank, text) for text in ("我要退款", "多久", "在吗", "?")]
    await hands.work()
    read = [await reading(message) for message in messages]
    assert [one.intent for one in read][:2] == ["refund_request", "refund_status"]
    assert (read[2].from_context, read[3].intent) == (False, "refund_status")


async def test_nothing_is_taken_from_another_conversation_or_from_days_before(
    house: House, hands: Hands
) -> None:
    asked = await _read(house, hands, "我要退款")
    franks = await talk.receive(house.frank, "还没好?")
    await hands.work()
    assert not (await reading(franks)).from_context
    asked.created_at -= timedelta(hours=25)
    await asked.save(update_fields=["created_at"])
    assert not (await reading(await _read(house, hands, "还没好?"))).from_context


async def test_a_fragment_goes_on_with_what_an_agent_said_was_meant(
    house: House, hands: Hands
) -> None:
    asked = await reading(await _read(house, hands, "我要退款"))
    await actions.correct(house.alice, asked.id, "withdrawal")
    later = await reading(await _read(house, hands, "还没好?"))
    assert (later.intent, later.intent_confidence) == ("withdrawal", 1.0)
    assert (await Conversation.get(id=asked.conversation_id)).intent == "withdrawal"
