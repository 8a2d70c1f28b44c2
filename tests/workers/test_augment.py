"""A message is changed as people change it, and stays the message it was."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from workers.training.augment import UNCHANGED, Spelling, vary
from workers.training.data import Example, read

EXAMPLES = read()
SPELLING = Spelling({"卡": ("咖",), "到": ("道", "倒")}, lambda text: text.replace("单", "單"))


def many(text: str, count: int = 3000, sentiment: str = "neutral") -> list[str]:
    """What becomes of a text, again and again."""
    rng, example = random.Random(3), Example(text, "order_status", sentiment, "train")
    return [vary(example, rng, SPELLING).text for _ in range(count)]


def test_the_labels_stay_and_no_message_is_emptied() -> None:
    rng = random.Random(1)
    for example in EXAMPLES:
        varied = vary(example, rng, SPELLING)
        assert varied.text.strip()
        assert varied == replace(example, text=varied.text)


def test_the_same_seed_makes_the_same_changes() -> None:
    once = [vary(example, random.Random(5), SPELLING).text for example in EXAMPLES[:500]]
    again = [vary(example, random.Random(5), SPELLING).text for example in EXAMPLES[:500]]
    assert once == again


def test_what_people_really_wrote_is_seen_most() -> None:
    text = "充值两个小时了，订单还没有到账"
    unchanged = sum(varied == text for varied in many(text))
    assert 3000 * UNCHANGED * 0.9 < unchanged < 3000 * (UNCHANGED + 0.2)


def test_every_way_of_writing_otherwise_occurs() -> None:
    seen = "\n".join(many("我的卡密充值了，订单什么时候到账？ABC 123"))
    for trace in ("冲值", "咖", "單", "ＡＢＣ", "到账 ABC", "谢谢", "abc", "帐"):
        assert trace in seen, trace


def test_a_face_goes_with_the_tone() -> None:
    assert any("😡" in text for text in many("什么破店", sentiment="negative"))
    assert not any("😡" in text for text in many("谢谢老板", sentiment="positive"))


def test_placeholders_of_secrets_are_not_widened() -> None:
    wide = [text for text in many("卡密[卡密]不对") if re.search(r"［|］", text)]
    assert wide == []
