"""The messages that the model learns from, and small changes that make more of them."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated message; `split` is train, dev or test. See GUIDE.md for what the labels mean.

    `source` is who wrote it: a letter and the style, 0 to 9, that its author kept to.
    """

    text: str
    intent: str
    sentiment: str
    split: str
    source: str = ""


def read(folder: Path = FOLDER) -> list[Example]:
    """All messages of the CSV files in `folder`, in the order of their names and lines."""
    examples = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            examples += [Example(**row) for row in csv.DictReader(lines)]
    return examples


def vary(example: Example, rng: random.Random) -> Example:
    """`example` as somebody else would have typed it: same meaning, same tone.

    Half of the time it stays as it is, so that what people really wrote is seen most.
    """
    text = example.text
    if rng.random() < 0.5:
        return example
    for change in rng.sample(_CHANGES, k=rng.choice((1, 1, 2))):
        text = change(text, rng)
    return replace(example, text=text) if text.strip() else example


# What input methods and hurried thumbs make of the words of this trade.
_SOUNDS_ALIKE = {
    "充值": ("冲值", "充直", "冲钱"),
    "充": ("冲",),
    "到账": ("到帐", "到账户", "到张"),
    "账号": ("帐号", "号", "账户"),
    "账户": ("帐户", "账号"),
    "卡密": ("卡蜜", "卡米", "卡号", "kami"),
    "登录": ("登陆", "登入"),
    "密码": ("密马", "mima"),
    "兑换": ("对换", "兑奂"),
    "激活": ("机活", "激和"),
    "退款": ("退钱", "退欵"),
    "提现": ("题现", "体现"),
    "发票": ("发飘",),
    "订单": ("定单", "单子"),
    "付款": ("付钱", "支付"),
    "怎么": ("咋", "怎莫", "如何"),
    "什么": ("啥", "神马"),
    "没有": ("没", "木有"),
    "为什么": ("为啥", "凭啥"),
    "客服": ("克服", "客付"),
    "人工": ("人公", "rengong"),
    "请问": ("想问下", ""),
    "你们": ("你家", "贵店"),
    "可以": ("能", "阔以"),
    "多少": ("多小", "好多"),
    "please": ("pls", "plz"),
    "you": ("u",),
    "account": ("acount", "acct"),
    "received": ("recieved",),
    "haven't": ("havent", "have not"),
    "refund": ("refnd", "refund"),
}
_BEFORE = ("你好，", "请问", "那个", "在吗，", "亲，", "麻烦看下，", "问一下，", "就是", "Hi, ")
_AFTER = ("。", "？", "啊", "呢", "呀", " 谢谢", "，麻烦了", "~", "...", "，在线等")


def _misspell(text: str, rng: random.Random) -> str:
    known = [word for word in _SOUNDS_ALIKE if word in text]
    if not known:
        return _drop_one(text, rng)
    word = rng.choice(known)
    return text.replace(word, rng.choice(_SOUNDS_ALIKE[word]), 1)


def _forget_punctuation(text: str, rng: random.Random) -> str:
    return re.sub(r"[，。？！、,.?!：“”\"]", lambda _: rng.choice(("", " ")), text)


def _begin(text: str, rng: random.Random) -> str:
    return rng.choice(_BEFORE) + text


def _end(text: str, rng: random.Random) -> str:
    return text.rstrip("。.") + rng.choice(_AFTER)


def _drop_one(text: str, rng: random.Random) -> str:
    """Without one character, where there are enough of them to guess it."""
    if len(text) < 8:
        return text
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _lower(text: str, rng: random.Random) -> str:
    return text.lower() if rng.random() < 0.8 else text.upper()


_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _misspell,
    _misspell,
    _forget_punctuation,
    _begin,
    _end,
    _drop_one,
    _lower,
)
