"""Which language a message is in: the one place that asks py3langid.

py3langid 0.4 (BSD, offline, numpy alone) takes half a second to open and about 0.05 ms a message.
What it says is believed only where it is sure that a text is not English: most of what looks
foreign in a shop is pinyin, slang, brands and typing errors.
"""

from __future__ import annotations

import functools
from typing import Any

from domain.understanding import languages

# What our buyers may write in Latin letters. Few are better told apart than many.
KNOWN = (
    "en", "es", "vi", "id", "ms", "pt", "fr", "de", "tr", "tl", "it",
    "nl", "pl", "ro", "sv", "da", "no", "fi", "cs", "sk", "hu", "hr",
)  # fmt: skip

LETTERS = 8
"""Fewer letters than these (merci, hola, danke) tell nothing, unless some have marks (olá)."""
MARKED = 4
ENGLISH = 0.1
"""From this probability on, a text is English after all."""
SURE = 0.5
"""Below this probability nobody knows what it is, and it is left as English."""
SURE_OF_FEW = 0.9
"""The same for three words or fewer, which may well be names: Garena shells is not Swedish."""
CERTAIN = 0.99
"""From this probability on, syllables of Mandarin make no pinyin: lupa kata sandi is Indonesian."""


def language(text: str) -> str:
    """The language of a redacted text: zh, en, another code of ISO 639-1, or "other".

    Pinyin is Chinese. Malay is told from Indonesian by nobody in one sentence: both are id.
    """
    told = languages.language(text)
    if told != "en":
        return told
    words = languages.words(text)
    marked = any(not word.isascii() for word in words)
    if sum(map(len, words)) < (MARKED if marked else LETTERS):
        return told
    chances = _chances(" ".join(words))
    code = max(chances, key=lambda one: chances[one])
    if code == "en" or chances["en"] > ENGLISH:
        return told
    if not marked and chances[code] < CERTAIN and languages.is_pinyin(words):
        return "zh"
    enough = SURE if marked or len(words) > 3 else SURE_OF_FEW
    return code if chances[code] >= enough else told


def _chances(text: str) -> dict[str, float]:
    """The probability of each language that may be meant."""
    chances = {code: float(chance) for code, chance in _identifier().rank(text)}
    chances["id"] += chances.pop("ms")
    return chances


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(KNOWN)
    return identifier
