"""Which language a text is in, as far as its letters tell. Pure rules.

Latin letters alone do not tell English from Spanish; `workers/languages.py` does, which the
business does not know. Codes are those of ISO 639-1, and "other" for a script of nobody's.
"""

from __future__ import annotations

import re

from domain.numbers import fold
from domain.redaction import MASKED

OURS = frozenset(("zh", "en"))
"""The languages that the bot speaks and the model was taught."""

LONG = 2000  # Characters; what comes later changes no language.

_TOKEN = re.compile(r"[^\s\u0300-\U0010ffff]+")
_CODE = re.compile(r"[0-9@/_\\]")
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")

# A run of two letters: faces like (っ°Д°;)っ borrow single ones, and so does 可爱の. Of Korean only
# whole syllables count: ㅋㅋ and ㅠㅠ are laughed and wept in any language.
_SCRIPTS = tuple(
    (code, re.compile(rf"[{letters}]{{2,}}"))
    for code, letters in (
        ("ja", r"\u3041-\u3096\u30a1-\u30fa\u30fc"),
        ("ko", r"\uac00-\ud7a3"),
        ("ru", r"\u0400-\u052f"),
        ("ar", r"\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f"),
        ("th", r"\u0e01-\u0e3a\u0e40-\u0e4e"),
        ("he", r"\u05d0-\u05ea"),
        ("el", r"\u0370-\u03ff"),
        ("hi", r"\u0900-\u0963\u0971-\u097f"),
        ("bn", r"\u0980-\u09e3"),
        ("ta", r"\u0b82-\u0bd7"),
        ("lo", r"\u0e81-\u0edf"),
        ("my", r"\u1000-\u103f"),
        ("ka", r"\u10a0-\u10ff"),
        ("am", r"\u1200-\u137f"),
        ("km", r"\u1780-\u17d3"),
        ("hy", r"\u0531-\u0587"),
        ("bo", r"\u0f40-\u0fbc"),
        ("mn", r"\u1820-\u18aa"),
    )
)
_STRANGE = re.compile(r"[^\W\d_\u0000-\u024f\u1100-\u11ff\u1e00-\u1eff\u3041-\u318f]{2,}")
# Languages that share a script with the one above, told by a letter of their own.
_DISTINCT = (
    ("ru", "uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", "kk", re.compile(r"[әғқңұӘҒҚҢҰ]")),
    ("ar", "ug", re.compile(r"[ۇېۆۈ]")),
    ("ar", "ur", re.compile(r"[ٹڈڑںے]")),
    ("ar", "fa", re.compile(r"[پچژگ]")),
)

_SYLLABLE = re.compile(
    r"(?:[bpm](?:ang|eng|ing|iao|ian|ai|ei|ao|an|en|ie|in|[aoiu])|m(?:ou|iu|e)|pou"
    r"|f(?:ang|eng|ei|ou|an|en|[aou])"
    r"|[dtnl](?:iang|uang|ang|eng|ong|ing|iao|ian|uan|ai|ei|ao|ou|an|en|ia|ie|iu|in|uo|ui|un|ue|ve"
    r"|[aeiuv])"
    r"|[gkh](?:uang|ang|eng|ong|uai|uan|ai|ei|ao|ou|an|en|ua|uo|ui|un|[aeu])"
    r"|[jqx](?:iang|iong|ang|iao|ian|ing|uan|ia|ie|iu|in|ue|un|[iu])"
    r"|[zcs](?:ang|eng|ong|uan|ai|ei|ao|ou|an|en|uo|ui|un|[aeiu])"
    r"|[zcs]h(?:uang|ang|eng|ong|uai|uan|ai|ei|ao|ou|an|en|ua|uo|ui|un|[aeiu])"
    r"|r(?:ang|eng|ong|uan|ao|ou|an|en|uo|ui|un|[eiu])"
    r"|y(?:ang|ing|ong|uan|ao|ou|an|in|ue|un|[aeiou])"
    r"|w(?:ang|eng|ai|ei|an|en|[aou])"
    r"|ang|eng|ai|ei|ao|ou|an|en|er|[aeo])+"
)


def language(text: str) -> str:
    """The language of a text, its secrets masked or not; any Latin letters are taken for English.

    Chinese and English stay what they are with a few words of another script among them. Where no
    word tells, as of an order number or emoji, it is Chinese, as nearly everybody writes it; and so
    it is of one short word (ok, hi, QQ), which people who write Chinese use too.
    """
    text = prose(text)
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    found = {code: sum(map(len, runs.findall(text))) for code, runs in _SCRIPTS}
    code = max(found, key=lambda one: found[one])
    # Japanese is written with Chinese characters too.
    most = 2 * han < found[code] * (3 if code == "ja" else 1)
    if found[code] and most and latin <= 2 * found[code]:
        return next((own for one, own, of in _DISTINCT if one == code and of.search(text)), code)
    if han:
        return "zh"
    words = [word for word in _WORD.findall(text) if _LATIN.match(word) and len(word) > 1]
    if len(words) > 1 or any(len(word) > 3 for word in words):
        return "en"
    return "other" if _STRANGE.search(text) else "zh"


def prose(text: str) -> str:
    """The beginning of a text, folded, without masked secrets, codes, numbers and addresses."""
    shown = MASKED.sub(" ", fold(text[:LONG])[0])
    return _TOKEN.sub(lambda token: " " if _CODE.search(token[0]) else token[0], shown)


def words(text: str) -> list[str]:
    """The words of a text that `language` takes for English, in small letters."""
    return [word.lower() for word in _WORD.findall(prose(text))]


def is_pinyin(said: list[str]) -> bool:
    """Whether nearly all of these words are made of syllables of Mandarin, without tones."""
    heard = sum(len(word) for word in said if _SYLLABLE.fullmatch(word))
    return heard >= 0.8 * sum(map(len, said))
