"""What the libraries of the `train` extra know about how Chinese sounds and is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import opencc
from pypinyin import Style, lazy_pinyin

from workers.ngrams import HAN, Sounds
from workers.training.augment import Spelling

COMMON = 5
"""A character is somebody's slip only if it occurs so often in the messages: nobody's input method
offers a rare one first."""


def spelling(texts: Iterable[str]) -> Spelling:
    """Which characters of `texts` sound alike, tones aside, and the traditional script."""
    seen = Counter(char for text in texts for char in re.findall(r"[\u4e00-\u9fff]", text))
    sound = {char: lazy_pinyin(char, style=Style.NORMAL)[0] for char in seen}
    alike: dict[str, list[str]] = {}
    for char, count in seen.most_common():
        if count >= COMMON:
            alike.setdefault(sound[char], []).append(char)
    others = {
        char: tuple(other for other in alike.get(of, ()) if other != char)
        for char, of in sound.items()
    }
    return Spelling(others, opencc.OpenCC("s2t").convert)


def sounds() -> Sounds:
    """A number for each character of `workers.ngrams.HAN`, the same for those that sound alike.

    Of several readings the commonest counts, tones aside. A character without one has a number of
    its own.
    """
    spoken = [lazy_pinyin(chr(code), style=Style.NORMAL)[0] for code in HAN]
    numbers = {sound: number for number, sound in enumerate(dict.fromkeys(spoken))}
    return np.array([numbers[sound] for sound in spoken], dtype=np.uint16)
