"""The dialogue: answers, asks once, hands over in time, never loops."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bot.rules import (
    NEEDS_ORDER,
    SHOP_AT_FAULT,
    Turn,
    chosen,
    decide,
    is_in_vain,
    locale,
    matter,
)
from domain.orders.verdict import CODES
from domain.understanding.intents import INTENTS, SENTIMENTS
from domain.understanding.rules import Certainty, Meaning, certainty

QUESTIONS = ("bot.which_order", "bot.please_explain", "bot.which_of_these", "bot.is_it_this")
ARTICLE = {"slug": "a", "title": "卡密提示无效怎么办", "answer": "先核对。"}


def order(verdict: str = "delivered") -> dict[str, Any]:
    """An order as it is told."""
    return {
        "number": "DJ1",
        "product": "卡",
        "amount": "30.00",
        "verdict": verdict,
        "evidence": "已发出",
    }


def turn(intent: str, confidence: float = 0.9, **other: Any) -> Turn:
    """One understood message."""
    return Turn(
        intent=intent,
        confidence=confidence,
        certainty=other.pop("certainty", certainty(intent, confidence)),
        sentiment=other.pop("sentiment", "neutral"),
        sentiment_confidence=other.pop("sentiment_confidence", 0.9),
        **other,
    )


def test_it_asks_for_the_order_once_then_hands_over() -> None:
    first = decide(turn("card_invalid"))
    assert (first.say, first.hand_over) == ("bot.which_order", None)
    second = decide(turn("card_invalid", memory=first.memory))
    assert second.hand_over == "no_order"


def test_a_bare_order_number_continues_what_was_asked() -> None:
    asked = decide(turn("card_not_received"))
    told = decide(turn("other", 0.3, order=order("paid_not_delivered"), memory=asked.memory))
    assert (told.say, told.hand_over) == ("bot.our_fault", "shop_at_fault")


def test_an_order_that_is_not_proven_is_not_asked_for_as_if_none_had_been_named() -> None:
    first = decide(turn("card_invalid", named=True))
    assert (first.say, first.hand_over) == ("bot.cannot_confirm_order", None)
    assert decide(turn("card_invalid", named=True, memory=first.memory)).hand_over == "no_order"


def test_the_number_that_was_asked_for_continues_what_was_wrong() -> None:
    asked = decide(turn("card_invalid"))
    told = decide(turn("order_status", order=order(), article=ARTICLE, memory=asked.memory))
    assert told.say == "bot.order_and_advice"
    assert str(told.memory["answered"]).startswith("card_invalid:")


@pytest.mark.parametrize(
    "text", ["还是不行", "没用啊", "试了不管用", "still not working", "It didn't help"]
)
def test_who_says_that_it_did_not_help_gets_a_person(text: str) -> None:
    assert is_in_vain(text)
    told = decide(turn("card_invalid", order=order(), article=ARTICLE))
    after = decide(turn("small_talk", in_vain=True, memory=told.memory))
    assert after.hand_over == "did_not_help"


@pytest.mark.parametrize("text", ["你好", "卡密怎么用", "谢谢，好了", "It works now, thanks"])
def test_what_is_no_complaint_is_not_taken_for_one(text: str) -> None:
    assert not is_in_vain(text)


def test_an_order_that_is_named_is_told_of_even_where_the_words_were_unclear() -> None:
    told = decide(turn("card_invalid", 0.3, order=order(), article=ARTICLE, named=True))
    assert told.say == "bot.order_and_advice"


def test_thanks_are_welcome() -> None:
    assert decide(turn("small_talk", sentiment="positive")).say == "bot.you_are_welcome"


def test_the_same_answer_is_not_given_twice() -> None:
    first = decide(turn("card_invalid", order=order(), article=ARTICLE))
    assert first.say == "bot.order_and_advice"
    again = decide(turn("card_invalid", order=order(), article=ARTICLE, memory=first.memory))
    assert again.hand_over == "did_not_help"


def test_urgent_matters_requests_and_complaints_go_to_a_person_at_once() -> None:
    assert decide(turn("account_stolen")).hand_over == "urgent"
    assert decide(turn("human_handoff")).hand_over == "requested"
    assert decide(turn("service_complaint")).hand_over == "anger"


def test_thanks_and_greetings_never_hand_over() -> None:
    memory: dict[str, Any] = {}
    for _ in range(5):
        decision = decide(turn("small_talk", memory=memory))
        assert decision.hand_over is None
        memory = dict(decision.memory)


def test_unsure_it_asks_once_then_hands_over() -> None:
    first = decide(turn("pricing", 0.2))
    assert first.say == "bot.please_explain"
    assert decide(turn("pricing", 0.2, memory=first.memory)).hand_over == "low_confidence"


@pytest.mark.parametrize("language", ["es", "ja", "other"])
def test_a_language_that_the_bot_does_not_know_goes_to_a_person_at_once(language: str) -> None:
    told = decide(turn("other", 0.0, language=language))
    assert (told.say, told.hand_over, told.in_both) == ("bot.other_language", "language", True)
    proven = decide(turn("card_invalid", order=order(), article=ARTICLE, language=language))
    assert proven.hand_over == "language"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_languages_that_it_knows_do_not(language: str) -> None:
    assert decide(turn("card_invalid", language=language)).hand_over is None


def test_whoever_writes_another_language_is_answered_in_english() -> None:
    assert locale("注文はどこですか", "ja", "zh") == "en"
    assert locale("kami wuxiao", "zh", "en") == "en"
    assert locale("卡密无效", "zh", "en") == "zh"


def test_unsure_between_two_it_asks_once_which_is_meant_then_hands_over() -> None:
    unsure = {"certainty": Certainty.ASK, "also": ["refund_request"]}
    first = decide(turn("recharge_not_arrived", 0.5, **unsure))
    assert (first.say, first.hand_over) == ("bot.which_of_these", None)
    assert first.choices == ("recharge_not_arrived", "refund_request")
    assert first.memory["offered"] == first.choices
    again = decide(turn("pricing", 0.5, **unsure, memory=first.memory))
    assert again.hand_over == "low_confidence"
    assert not again.memory["offered"]


@pytest.mark.parametrize(
    ("intent", "also", "phrase", "choices"),
    [
        ("pricing", ["small_talk"], "bot.is_it_this", ("pricing",)),
        ("small_talk", ["invoice"], "bot.is_it_this", ("invoice",)),
        ("small_talk", [], "bot.please_explain", ()),
        ("pricing", ["invoice", "balance_query"], "bot.which_of_these", ("pricing", "invoice")),
    ],
)
def test_a_question_names_what_somebody_may_want_and_no_more_than_two(
    intent: str, also: list[str], phrase: str, choices: tuple[str, ...]
) -> None:
    asked = decide(turn(intent, 0.4, certainty=Certainty.ASK, also=also))
    assert (asked.say, asked.choices) == (phrase, choices)


def test_where_nothing_is_known_it_names_nothing() -> None:
    asked = decide(turn("pricing", 0.2, also=["invoice"]))
    assert (asked.say, asked.choices) == ("bot.please_explain", ())


def test_an_answer_in_between_lets_it_ask_again() -> None:
    asked = decide(turn("pricing", 0.4))
    told = decide(turn("invoice", article=ARTICLE, memory=asked.memory))
    assert decide(turn("pricing", 0.4, memory=told.memory)).hand_over is None
    told = decide(turn("card_invalid", order=order(), article=ARTICLE, memory=asked.memory))
    assert decide(turn("pricing", 0.4, memory=told.memory)).hand_over is None


@pytest.mark.parametrize(
    ("text", "intent", "offered", "choice"),
    [
        ("是的", "small_talk", ["invoice"], "invoice"),
        ("Yes!", "small_talk", ["invoice"], "invoice"),
        ("是的", "small_talk", ["invoice", "pricing"], None),
        ("第一个", "small_talk", ["invoice", "pricing"], "invoice"),
        ("the latter", "other", ["invoice", "pricing"], "pricing"),
        ("后面那个。", "small_talk", ["invoice", "pricing"], "pricing"),
        ("多少钱一张", "pricing", ["invoice", "pricing"], "pricing"),
        ("不是", "small_talk", ["invoice"], None),
        ("算了谢谢", "small_talk", ["invoice", "pricing"], None),
        ("第一个", "small_talk", [], None),
    ],
)
def test_what_was_offered_is_taken_up_in_the_customers_words(
    text: str, intent: str, offered: list[str], choice: str | None
) -> None:
    assert chosen(text, intent, offered) == choice


def test_what_calls_for_a_person_gets_one_although_it_is_not_sure() -> None:
    assert decide(turn("account_stolen", 0.5)).hand_over == "urgent"
    assert decide(turn("human_handoff", 0.5)).hand_over == "requested"
    assert decide(turn("account_stolen", 0.4)).hand_over is None


def test_a_person_who_is_asked_for_beside_something_else_comes_at_once() -> None:
    told = decide(turn("card_invalid", article=ARTICLE, also=["human_handoff"]))
    assert told.hand_over == "requested"
    assert decide(turn("refund_status", also=["account_frozen"])).hand_over == "urgent"
    unsure = turn("card_invalid", 0.4, certainty=Certainty.ASK, also=["human_handoff"])
    assert decide(unsure).hand_over is None


def test_what_an_article_answers_is_answered_though_it_is_none_of_the_intents() -> None:
    assert decide(turn("other", 0.9, article=ARTICLE)).say == "bot.article"
    assert decide(turn("other", 0.0, article=ARTICLE)).say == "bot.please_explain"


@given(st.sampled_from(sorted(SHOP_AT_FAULT)), st.sampled_from(sorted(NEEDS_ORDER)))
def test_what_the_shop_owes_is_settled_by_a_person(verdict: str, intent: str) -> None:
    decision = decide(turn(intent, order=order(verdict)))
    assert decision.hand_over == "shop_at_fault"
    assert decision.facts == {"order": "DJ1", "verdict": verdict, "amount": "30.00"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(INTENTS)),
            st.floats(0, 1),
            st.sampled_from(SENTIMENTS),
            st.one_of(st.none(), st.sampled_from(CODES)),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_it_never_says_the_same_thing_three_times_in_a_row(
    script: list[tuple[str, float, str, str | None, bool]],
) -> None:
    memory: dict[str, Any] = {}
    said: list[str] = []
    for intent, confidence, sentiment, verdict, known in script:
        decision = decide(
            turn(
                intent,
                confidence,
                sentiment=sentiment,
                order=order(verdict) if verdict else None,
                article=ARTICLE if known else None,
                memory=memory,
            )
        )
        assert decision.say
        if decision.hand_over:
            return
        memory = dict(decision.memory)
        said.append(decision.say)
        asked = [s for s in said[-2:] if s in QUESTIONS]
        assert len(set(asked)) == len(asked)


def test_a_bare_number_is_answered_in_the_language_of_the_talk() -> None:
    assert locale("My card does not work", "en", "zh") == "en"
    assert locale("DJ202611201430551234", "zh", "en") == "en"
    assert locale("卡密无效 DJ202611201430551234", "zh", "en") == "zh"


def meant(intent: str, corrected: bool = False, named: bool = False) -> Meaning:
    """What one message means."""
    return Meaning(intent, "neutral", corrected, named)


@pytest.mark.parametrize(
    ("read", "about"),
    [
        ([meant("small_talk")], "small_talk"),
        ([meant("other"), meant("small_talk")], "other"),
        ([meant("small_talk"), meant("pricing"), meant("human_handoff")], "pricing"),
        ([meant("card_invalid"), meant("order_status", named=True)], "card_invalid"),
        ([meant("card_invalid"), meant("order_status")], "order_status"),
        ([meant("pricing"), meant("order_status", named=True)], "order_status"),
        ([meant("card_invalid"), meant("order_status", True, True)], "order_status"),
        ([meant("card_invalid"), meant("small_talk", True)], "card_invalid"),
    ],
)
def test_a_talk_is_about_the_last_thing_that_tells(read: list[Meaning], about: str) -> None:
    assert matter(read) == about
