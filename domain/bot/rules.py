"""The dialogue's decisions: values in, steps out, no I/O (row C1 of the product).

A `Turn` is all that may be known when a customer's message has been understood; a `Decision` is
what the bot does: at most one thing said, perhaps a handover, and what it will remember.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.understanding.intents import INTENTS
from domain.understanding.languages import OURS
from domain.understanding.rules import SURE_FROM, Certainty, Meaning

URGED = 0.45
"""From this confidence what calls for a person gets one, though it is not sure.

A person who came for nothing loses a minute; who waits for one may lose an account.
"""
ANGRY = 0.9
"""Two negative messages in a row, the last at this confidence, are anger."""

CHOICES = 2
"""Readings that one question names: nobody keeps more in mind, and more are seldom likely."""

NEEDS_ORDER = frozenset(
    (
        "order_status",
        "recharge_not_arrived",
        "duplicate_charge",
        "card_not_received",
        "refund_request",
        "refund_status",
        "card_invalid",
        "card_used",
        "card_expired",
        "product_mismatch",
    )
)
"""Intents that cannot be answered without the order."""

CHAT = frozenset(("human_handoff", "small_talk", "other"))
"""Intents that say nothing of the matter: the ticket is filed under the one before (row C2)."""

CHITCHAT = frozenset(("small_talk", "other"))
"""Intents that no question offers: nobody would say that this is what they want."""

BARE = frozenset(("order_status", "small_talk", "other"))
"""What a message that is little more than an order number is read as."""

SHOP_AT_FAULT = frozenset(
    (
        "paid_not_delivered",
        "paid_but_expired",
        "out_of_stock_after_pay",
        "double_sold",
        "duplicate_notify",
    )
)
"""Verdicts in which the shop owes the customer something: a person settles it."""

SETTLED = frozenset(
    (
        "refunded",
        "partially_refunded",
        "canceled",
        "awaiting_payment",
        "paid_waiting",
    )
)
"""Verdicts that answer by themselves whatever was asked."""

ASKED_OF_A_PERSON = frozenset(
    (
        "refund_request",
        "duplicate_charge",
        "product_mismatch",
    )
)
"""Intents that a person decides even if the order is in order."""

_YES = re.compile(
    r"(?:是|对|嗯|恩)+的?[啊呀呢]?|没错|就是(?:这个|它)?|yes|yeah|yep|yup|right|correct|exactly",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"(?:是|选)?(?:第一个?|前者|前面(?:那|这)?个?的?|1)|(?:the )?(?:first|former)(?: one)?|1st",
    re.IGNORECASE,
)
_LATTER = re.compile(
    r"(?:是|选)?(?:第二个?|后者|后面(?:那|这)?个?的?|2)|(?:the )?(?:second|latter)(?: one)?|2nd",
    re.IGNORECASE,
)
_IN_VAIN = re.compile(
    "还是(不行|不能|没用|用不了|没有|没到|没收到|一样)|没有?用|不管用|没解决|解决不了|不行啊|没帮助"
    "|(still|does ?n[o']t|did ?n[o']t|not) (not |no )?(work|help)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One understood message: the reading, the order in question, what an article says.

    `named` is whether the message names an order at all; `order` is there only if it is proven
    to be the customer's, and without proof nothing tells whether it exists (row D1). `in_vain`
    is whether the customer says that what was said did not help. `language` is a code of ISO
    639-1, or "other". `also` are further readings, likeliest first.
    """

    intent: str
    confidence: float
    certainty: Certainty
    sentiment: str
    sentiment_confidence: float
    order: Mapping[str, Any] | None = None
    article: Mapping[str, Any] | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    named: bool = False
    in_vain: bool = False
    language: str = "zh"
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """`say` is a phrase of the catalogues, with `params`; `hand_over` the reason, if it does.

    `choices` are intents that the phrase names, as one and as other; `in_both` is whether it is
    said in Chinese and in English, to who may read either.
    """

    say: str
    params: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    hand_over: str | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    in_both: bool = False
    choices: tuple[str, ...] = ()


def locale(text: str, language: str, before: str) -> str:
    """The language to answer in: that of the message; for a bare number the one before.

    Whoever writes neither Chinese nor English more likely reads English.
    """
    if language != "zh":
        return "en"
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else before


def subject(intent: str, asked: str | None, has_order: bool) -> str:
    """What the talk is about: the order that was asked for continues what was wrong with it."""
    continues = intent in BARE or intent not in NEEDS_ORDER
    return asked if asked and has_order and continues else intent


def chosen(text: str, intent: str, offered: Sequence[str]) -> str | None:
    """Which of the readings that the bot has just offered a message takes up, if any.

    It says so ("yes", where one was offered, "the first", "the latter"), or reads as one of them.
    """
    said = text.strip(" \t\n.,!?。，！？~～")
    if len(offered) == 1 and _YES.fullmatch(said):
        return offered[0]
    for pattern, choice in zip((_FORMER, _LATTER), offered, strict=False):
        if len(offered) > 1 and pattern.fullmatch(said):
            return choice
    return intent if intent in offered else None


def matter(read: Sequence[Meaning]) -> str:
    """What a talk is about, by all that was read in it, in order; there is something.

    It is the last intent that tells. The number of an order continues what was wrong with it,
    whatever that message was read as, but an agent's word is taken as it is.
    """
    about = read[0].intent
    for said in read[1:]:
        if said.intent not in CHAT:
            asked = about if about in NEEDS_ORDER else None
            about = said.intent if said.corrected else subject(said.intent, asked, said.named)
    return about


def is_in_vain(text: str) -> bool:
    """Whether a short message says that it did not help; longer ones say what is wrong now."""
    return len(text) <= 40 and bool(_IN_VAIN.search(text))


def decide(turn: Turn) -> Decision:
    """What the bot does with one message."""
    memory = {**turn.memory, "negative": turn.sentiment == "negative", "offered": ()}
    if turn.language not in OURS:
        return Decision("bot.other_language", hand_over="language", memory=memory, in_both=True)
    if reason := _at_once(turn):
        return Decision("bot.handing_over", hand_over=reason, memory=memory)
    if turn.in_vain and turn.memory.get("answered"):
        return Decision("bot.handing_over", hand_over="did_not_help", memory=memory)
    if turn.intent == "small_talk" and turn.certainty is Certainty.SURE:
        if turn.sentiment == "positive":
            return Decision("bot.you_are_welcome", memory=memory)
        return Decision("bot.greeting", memory=memory)
    if not (turn.certainty is Certainty.SURE or _about_an_order(turn) or _is_written_of(turn)):
        return _unsure(turn, memory, "low_confidence")
    intent = subject(turn.intent, turn.memory.get("asked"), turn.named or turn.order is not None)
    if intent in NEEDS_ORDER:
        return _about_order(turn, intent, memory)
    if turn.article is not None:
        return _from_article(turn, intent, memory)
    return _unsure(turn, memory, "no_answer")


def _at_once(turn: Turn) -> str | None:
    """Why a person takes over in this very turn, if one does."""
    if turn.certainty is Certainty.SURE or turn.confidence >= URGED:
        if turn.intent == "human_handoff":
            return "requested"
        if turn.intent == "service_complaint":
            return "anger"
        if INTENTS[turn.intent].urgency == "urgent":
            return "urgent"
    if turn.certainty is Certainty.SURE:
        # Said beside something else, as in "the card is refused, give me a person".
        if "human_handoff" in turn.also:
            return "requested"
        if any(INTENTS[intent].urgency == "urgent" for intent in turn.also):
            return "urgent"
    negative = turn.sentiment == "negative" and turn.sentiment_confidence >= ANGRY
    if negative and turn.memory.get("negative") and turn.memory.get("answered"):
        return "anger"
    return None


def _about_an_order(turn: Turn) -> bool:
    """Whether the order tells enough: the bot asked for it, or it is named with what needs it."""
    if turn.order is None:
        return False
    return bool(turn.memory.get("asked")) or (turn.named and turn.intent in NEEDS_ORDER)


def _is_written_of(turn: Turn) -> bool:
    """Whether an article was found for what the model surely knows nothing of."""
    return turn.intent == "other" and turn.confidence >= SURE_FROM and turn.article is not None


def _unsure(turn: Turn, memory: Mapping[str, Any], why: str) -> Decision:
    """Ask once, naming what may be meant where that is known; the second time hand over."""
    if memory.get("failures", 0) >= 1:
        return Decision("bot.handing_over", hand_over=why, memory=memory)
    choices = _choices(turn)
    memory = {**memory, "failures": 1, "offered": choices}
    if not choices:
        return Decision("bot.please_explain", memory=memory)
    phrase = "bot.is_it_this" if len(choices) == 1 else "bot.which_of_these"
    return Decision(phrase, memory=memory, choices=choices)


def _choices(turn: Turn) -> tuple[str, ...]:
    """What a question about an unsure reading can name, likeliest first."""
    if turn.certainty is not Certainty.ASK:
        return ()
    likely = (turn.intent, *turn.also)
    return tuple(intent for intent in likely if intent not in CHITCHAT)[:CHOICES]


def _about_order(turn: Turn, intent: str, memory: Mapping[str, Any]) -> Decision:
    order = turn.order
    if order is None:
        if memory.get("asked"):
            return Decision("bot.handing_over", hand_over="no_order", memory=memory)
        memory = {**memory, "asked": intent}
        if turn.named:
            return Decision("bot.cannot_confirm_order", memory=memory)
        return Decision("bot.which_order", memory=memory)
    told = f"{intent}:{order['number']}:{order['verdict']}"
    if memory.get("answered") == told:
        return Decision("bot.handing_over", hand_over="did_not_help", memory=memory)
    memory = {**memory, "answered": told, "asked": None, "failures": 0}
    facts = {"order": order["number"], "verdict": order["verdict"], "amount": order["amount"]}
    params = {**order, **_guidance(turn)}
    if order["verdict"] in SHOP_AT_FAULT:
        return Decision("bot.our_fault", params, facts, "shop_at_fault", memory)
    if order["verdict"] in SETTLED:
        return Decision("bot.order_state", params, facts, None, memory)
    if intent in ASKED_OF_A_PERSON or order["verdict"] in ("unknown", "not_found"):
        return Decision("bot.person_checks", params, facts, "needs_person", memory)
    return Decision("bot.order_and_advice", params, facts, None, memory)


def _guidance(turn: Turn) -> dict[str, Any]:
    article = turn.article or {}
    return {"advice": article.get("answer", ""), "source": article.get("title", "")}


def _from_article(turn: Turn, intent: str, memory: Mapping[str, Any]) -> Decision:
    assert turn.article is not None
    told = f"{intent}:{turn.article['slug']}"
    if memory.get("answered") == told:
        return Decision("bot.handing_over", hand_over="did_not_help", memory=memory)
    return Decision(
        "bot.article",
        {"advice": turn.article["answer"], "source": turn.article["title"]},
        {"article": turn.article["slug"]},
        None,
        {**memory, "answered": told, "failures": 0},
    )
