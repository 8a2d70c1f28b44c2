"""Fragments: a message such as "还没好?" or a bare order number means what was spoken of before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from domain.numbers import ACG_FAKA, DUJIAO_NEXT
from domain.redaction import MASKED
from domain.understanding.classifier import Guess
from domain.understanding.rules import Certainty, Meaning

LONGEST = 32
"""Characters of a fragment; who writes more says what it is about."""
TURNS = 5
"""What the customer said last, of which one is continued."""
WITHIN = timedelta(hours=24)
"""What was said before that is over, as a conversation is after a silent day."""

SAYS_NOTHING = frozenset(("order_status", "small_talk", "other"))
"""Readings that do not say what is the matter with the order that a message names."""

NO_MATTER = frozenset(("small_talk", "other", "human_handoff"))
"""Readings that are passed over on the way back to what the talk is about."""

FOLLOWED_BY = {"refund_request": "refund_status"}
"""Who asked for something, and then when, asks how that goes; elsewhere a question goes on."""


def _any(words: str) -> str:
    """A pattern of any of these words, longer ones first."""
    return "|".join(sorted(words.split(), key=len, reverse=True))


# A fragment is made of these words and no others: nothing in them says what it is about. None is
# put together of others, so that there is one way to cut a text, and no time is lost on more.
_ASKS = _any(
    "那 所以 到底 究竟 现在 请问 麻烦 谢谢 多谢 都 怎么 咋 为什么 为啥 为何 啊 呀 呢 吗 么 嘛 "
    "哦 吧 了 的 你 你们 亲 这 这个 那个 帮 帮我 再 一下 下 还没 还不 还在 还要 没 好 弄好 "
    "搞好 搞定 处理 解决 完 动静 消息 结果 反应 回复 进展 进度 行 到 多久 多长时间 什么时候 "
    "啥时候 何时 几时 哪天 几天 等 要 得 需要 有 能 会 才 可以 催 快 快点 快些 慢 尽快 抓紧 "
    "急 在 查 看 怎么样 怎样 咋样 如何 然后 接下来 后来 怎么回事 怎么办"
)
_ASKS_IN_ENGLISH = _any(
    "so and but well ok okay hey hi please pls thanks now then yet still it is are you there the "
    "this that not no nothing waiting done ready working on taking take takes does did will be has "
    "have how much longer soon long when what any news update updates progress status why slow "
    "happened happening going hurry up"
)
# It has one of these too: politeness, and "好的" alone, ask nothing.
_TELLS = re.compile(
    r"还没|还不|还在|还要|没好|没有?(?:消息|结果|动静|反应|进展|回复)|多久|多长|什么时候|啥时候"
    r"|何时|几时|哪天|几天|催|快点|快些|尽快|抓紧|急|怎么|咋|怎样|如何|然后|接下来|后来"
    r"|为什么|为啥|为何|进度|进展|结果|有没有|那呢|现在呢|(?:好|搞定|处理|解决|完|到|消息)了?(?:吗|没|么)"
    r"|\b(?:still|yet|how|when|any|news|updates?|progress|status|why|hurry|what)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(f"(?:{_ASKS})+")
_ENGLISH = re.compile(rf"(?:(?:{_ASKS_IN_ENGLISH})(?:['’]?s)?\b\W*)+", re.IGNORECASE)
_SIGNS = re.compile(r"[\s?？!！。.…~～,，、]+")
_QUESTION = re.compile(r"[\s?？!！。.…]*[?？][\s?？!！。.…]*")

# What was asked for and is given alone: numbers, and what stands for a secret, with a word around.
_GIVEN = re.compile(
    rf"{MASKED.pattern}|{DUJIAO_NEXT.pattern}|{ACG_FAKA.pattern}"
    r"|(?<![0-9A-Za-z])(?=[A-Z]*[0-9])[0-9A-Z]{16}(?![0-9A-Za-z])"
)
_AROUND = re.compile(
    r"(?:[我的这个是就给你发呐哦啊订单号码编卡密手机电话邮箱\s:：#,，。.;；!！~\-]"
    r"|\b(?:my|the|this|it|here|is|its|it's|order|number|no|card|code|phone|email|mail)\b)*",
    re.IGNORECASE,
)


def is_fragment(text: str) -> bool:
    """Whether a message only asks how something goes, or when, and does not say what."""
    if len(text) > LONGEST:
        return False
    if _QUESTION.fullmatch(text):
        return True
    if not _TELLS.search(text):
        return False
    return bool(_ENGLISH.fullmatch(text.strip()) or _CHINESE.fullmatch(_SIGNS.sub("", text)))


def is_given(text: str) -> bool:
    """Whether a redacted message is nothing but the number, card or address that it gives."""
    rest, count = _GIVEN.subn("", text)
    return count > 0 and _AROUND.fullmatch(rest) is not None


def leans(text: str) -> bool:
    """Whether what a message means depends on those before it."""
    return is_fragment(text) or is_given(text)


def continued(text: str, guess: Guess, before: Sequence[Meaning]) -> Guess:
    """What a message means after what its customer meant `before`, in order.

    A fragment goes on with the last thing that is sure, and is as sure as that was, whatever was
    read in it, since none of its words names anything; so does what only gives a number, but asks
    nothing of what was asked for. The number of an order continues what was wrong with it, so a
    matter before it is preferred. Everything else is what it was read as.
    """
    if not leans(text):
        return guess
    recent = [said for said in reversed(before[-TURNS:]) if said.certainty is Certainty.SURE]
    matters = [said for said in recent if said.intent not in NO_MATTER]
    stated = [said for said in matters if not (said.named and said.intent in SAYS_NOTHING)]
    for said in (stated or matters)[:1]:
        return replace(
            guess,
            intent=said.intent if is_given(text) else FOLLOWED_BY.get(said.intent, said.intent),
            intent_confidence=said.confidence,
            second_confidence=0.0,
            also=(),
            from_context=True,
        )
    return guess
