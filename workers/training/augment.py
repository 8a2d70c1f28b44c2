"""The same message as somebody else would have typed it: same meaning, same tone.

What a change needs to know about Chinese (which characters sound alike, how they are written in
Taiwan and Hong Kong) is in a `Spelling`, made by `workers.training.spelling` from libraries.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workers.training.data import Example

UNCHANGED = 0.4
"""The share of messages that stay as they are, so that what people really wrote is seen most."""


def _same(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Spelling:
    """Characters that sound like a character, and a text in traditional characters."""

    sounds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    traditional: Callable[[str], str] = _same


def vary(example: Example, rng: random.Random, spelling: Spelling | None = None) -> Example:
    """`example` with one to three changes, or none, drawn from `rng`."""
    if rng.random() < UNCHANGED:
        return example
    known, text = spelling or Spelling(), example.text
    for change in rng.sample(_CHANGES, k=rng.choice((1, 1, 2, 3))):
        text = change(text, rng, known)
    text += rng.choice(_FACES[example.sentiment]) if rng.random() < 0.06 else ""
    return replace(example, text=text) if text.strip() else example


# What input methods and hurried thumbs make of the words of this trade.
_WORDS = {
    "充值": ("冲值", "充直", "冲钱", "cz"),
    "充": ("冲",),
    "到账": ("到帐", "到账户", "到张", "入账"),
    "账号": ("帐号", "号", "账户", "张号", "zh"),
    "账户": ("帐户", "账号"),
    "卡密": ("卡蜜", "卡米", "卡号", "kami", "密钥", "km"),
    "兑换码": ("CDK", "cdkey", "激活码", "兑换马", "码子"),
    "登录": ("登陆", "登入", "上号", "登路"),
    "密码": ("密马", "mima", "密吗"),
    "兑换": ("对换", "兑奂", "兑"),
    "激活": ("机活", "激和", "鸡活"),
    "退款": ("退钱", "退欵", "退宽", "tk"),
    "提现": ("题现", "体现", "提款"),
    "发票": ("发飘", "fp"),
    "订单": ("定单", "单子", "dd"),
    "付款": ("付钱", "支付", "付宽"),
    "支付宝": ("zfb", "支付保", "某宝"),
    "微信": ("vx", "wx", "v信", "威信"),
    "冻结": ("冻接", "冻节", "封"),
    "怎么": ("咋", "怎莫", "如何", "怎嘛"),
    "什么": ("啥", "神马", "什莫"),
    "没有": ("没", "木有", "冇"),
    "为什么": ("为啥", "凭啥", "为毛", "为何"),
    "客服": ("克服", "客付", "kf"),
    "人工": ("人公", "rengong"),
    "请问": ("想问下", ""),
    "你们": ("你家", "贵店", "恁家", "你门"),
    "可以": ("能", "阔以", "可已"),
    "多少": ("多小", "好多"),
    "现在": ("现再", "目前"),
    "已经": ("以经", "已"),
    "一直": ("一值", "一直都"),
    "的": ("滴", "得", "地", "d"),
    "了": ("啦", "咯", "鸟"),
    "吗": ("嘛", "么", "不"),
    "please": ("pls", "plz"),
    "you": ("u",),
    "your": ("ur",),
    "account": ("acount", "acct"),
    "received": ("recieved",),
    "haven't": ("havent", "have not"),
    "don't": ("dont",),
    "can't": ("cant", "cannot"),
    "refund": ("refnd", "refound"),
    "because": ("cuz", "coz"),
    "payment": ("payement", "paymnt"),
    "order": ("oder",),
    "code": ("cod", "key"),
}
# Of one shape at a glance, or a slip of handwriting recognition.
_SHAPES = {"账": "帐", "未": "末", "己": "已", "候": "侯", "密": "蜜", "拔": "拨", "戳": "戮",
           "卷": "券", "券": "卷", "折": "拆", "拆": "折", "赢": "羸", "辨": "辩", "历": "厉",
           "待": "侍", "佘": "余", "余": "佘", "入": "人", "冻": "栋", "换": "唤"}  # fmt: skip
_BEFORE = ("你好，", "请问", "那个", "在吗，", "亲，", "麻烦看下，", "问一下，", "就是", "Hi, ",
           "您好 ", "老板，", "内个 ", "嗯", "客服 ", "喂 ", "hello ", "打扰了，",
           "不好意思 ")  # fmt: skip
_AFTER = ("。", "？", "啊", "呢", "呀", " 谢谢", "，麻烦了", "~", "...", "，在线等", "？？", "！",
          " 急", "。。。", "哈", "，求解", "，帮看看")  # fmt: skip
_FILLERS = ("那个", "就是", "就是说", "然后", "嗯", "呃", "这个", "的话", "吧", "其实")
_FACES = {
    "negative": ("😡", "🙄", "😤", "[怒]", "💢"),
    "neutral": ("", "🙏", "[疑问]", "😅", "😂"),
    "positive": ("😊", "👍", "🌹", "[抱拳]", "❤️"),
}


def _misspell(text: str, rng: random.Random, _: Spelling) -> str:
    known = [word for word in _WORDS if word in text]
    if not known:
        return _drop_one(text, rng, _)
    word = rng.choice(known)
    return text.replace(word, rng.choice(_WORDS[word]), 1)


def _mishear(text: str, rng: random.Random, spelling: Spelling) -> str:
    """One or two characters become others of the same sound."""
    places = [at for at, char in enumerate(text) if spelling.sounds.get(char)]
    letters = list(text)
    for at in rng.sample(places, k=min(len(places), rng.choice((1, 1, 2)))):
        letters[at] = rng.choice(spelling.sounds[letters[at]])
    return "".join(letters)


def _misread(text: str, rng: random.Random, _: Spelling) -> str:
    places = [at for at, char in enumerate(text) if char in _SHAPES]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + _SHAPES[text[at]] + text[at + 1 :]


def _forget_punctuation(text: str, rng: random.Random, _: Spelling) -> str:
    between = rng.choice(("", " "))
    return re.sub(r"[，。？！、,.?!：；“”\"]+", between, text)


def _begin(text: str, rng: random.Random, _: Spelling) -> str:
    return rng.choice(_BEFORE) + text


def _end(text: str, rng: random.Random, _: Spelling) -> str:
    return text.rstrip("。.") + rng.choice(_AFTER)


def _hesitate(text: str, rng: random.Random, _: Spelling) -> str:
    """Fillers between two clauses, as a dictated message has them."""
    parts = re.split(r"([，。,;；\s])", text)
    if len(parts) < 3:
        return rng.choice(_FILLERS) + text if re.search(r"[\u4e00-\u9fff]", text) else text
    at = rng.randrange(1, len(parts), 2)
    parts[at] = rng.choice((parts[at], "")) + rng.choice(_FILLERS)
    return "".join(parts)


def _drop_one(text: str, rng: random.Random, _: Spelling) -> str:
    """Without one character, where there are enough of them to guess it."""
    if len(text) < 8:
        return text
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _double_one(text: str, rng: random.Random, _: Spelling) -> str:
    at = rng.randrange(len(text))
    return text[: at + 1] + text[at:]


def _swap(text: str, rng: random.Random, _: Spelling) -> str:
    """Two neighbours change places, as fast thumbs do it."""
    if len(text) < 8:
        return text
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _case(text: str, rng: random.Random, _: Spelling) -> str:
    return text.lower() if rng.random() < 0.8 else text.upper()


def _widen(text: str, rng: random.Random, _: Spelling) -> str:
    """Letters, digits and marks in full width."""
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) not in "[]"}
    return text.translate(wide)


def _traditional(text: str, _: random.Random, spelling: Spelling) -> str:
    return spelling.traditional(text)


_Change = Callable[[str, random.Random, Spelling], str]
# Those that happen most stand there more often.
_CHANGES: tuple[_Change, ...] = (
    _misspell,
    _misspell,
    _misspell,
    _mishear,
    _mishear,
    _misread,
    _forget_punctuation,
    _forget_punctuation,
    _begin,
    _begin,
    _end,
    _end,
    _hesitate,
    _hesitate,
    _drop_one,
    _double_one,
    _swap,
    _case,
    _case,
    _widen,
    _traditional,
)
