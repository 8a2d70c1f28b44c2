"""What numbers and codes look like: folding of what is typed, resident ids, phones, order numbers.

The shapes of order numbers are those of the shop systems we connect to: dujiao-next writes DJ, 14
digits of date and time and a suffix; acg-faka 18 digits, three random, yymmddHHMMSS, three random;
dujiaoka exactly 16 of A-Z and 0-9, which a card secret may be as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# Everything that input methods and chat programs make of a hyphen.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe58\ufe63\uff0d"

# GB 11643-1999: weights of the 17 digits and the check character by remainder.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

RESIDENT_ID = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:\(?(?:\+|00)?86\)?[ .\-]{0,2}|0)?1[ .\-]?[3-9](?:[ .\-]{0,2}[0-9]){9}"
    r"(?![0-9A-Za-z])"
)
EMAIL = re.compile(r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
DUJIAO_NEXT = re.compile(
    r"(?<![0-9A-Za-z])[Dd][Jj][ \-]?(?:[0-9][ \-]?){13}[0-9](?:-?[0-9A-Za-z]{1,12})?(?![0-9A-Za-z])"
)
ACG_FAKA = re.compile(r"(?<![0-9A-Za-z])(?:[0-9][ \-]?){17}[0-9](?![0-9A-Za-z])")


def fold(text: str) -> tuple[str, Sequence[int]]:
    """`text` as rules read it and, for each of its characters, the place it has in `text`.

    NFKC, any dash as '-', characters without width dropped; case stays. One more place is given at
    the end, so that the span [a, b) of the folded text is [places[a], places[b - 1] + 1) as typed.
    """
    if text.isascii():
        return text, range(len(text) + 1)
    pieces: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        folded = _fold(char)
        pieces.append(folded)
        places.extend([place] * len(folded))
    places.append(len(text))
    return "".join(pieces), places


def compact(text: str) -> str:
    """A number as it is compared: folded, upper case, only its letters and digits (A-Z, 0-9)."""
    return re.sub(r"[^0-9A-Z]", "", fold(text)[0].upper())


def is_resident_id(number: str) -> bool:
    """Whether these 18 characters are a resident id: birth date and check digit (GB 11643)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9Xx]", number):
        return False
    if not ("1900" <= number[6:10] <= "2050" and _is_date(number[10:14])):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[17].upper()


def is_dujiao_next(number: str) -> bool:
    """Whether a compact number is one of dujiao-next: DJ, a real date and time, a suffix."""
    return (
        re.fullmatch(r"DJ20[0-9]{12}[0-9A-Z]{0,12}", number) is not None
        and _is_date(number[6:10])
        and _is_time(number[10:16])
    )


def is_acg_faka(number: str) -> bool:
    """Whether these 18 digits are an order of acg-faka: a real date and time, no resident id.

    The year is of this shop system's life, 2018 to 2049.
    """
    return (
        re.fullmatch(r"[0-9]{18}", number) is not None
        and "18" <= number[3:5] <= "49"
        and _is_date(number[5:9])
        and _is_time(number[9:15])
        and not is_resident_id(number)
    )


def is_moment(digits: str) -> bool:
    """Whether 12 or 14 digits are a date and time, yyyymmddHHMM or yyyymmddHHMMSS."""
    return (
        re.fullmatch(r"20[0-9]{10}(?:[0-9]{2})?", digits) is not None
        and _is_date(digits[4:8])
        and _is_time(digits[8:].ljust(6, "0"))
    )


def _is_date(mmdd: str) -> bool:
    return "01" <= mmdd[:2] <= "12" and "01" <= mmdd[2:] <= "31"


def _is_time(hhmmss: str) -> bool:
    return hhmmss[:2] < "24" and hhmmss[2:4] < "60" and hhmmss[4:] < "60"


@lru_cache(maxsize=8192)
def _fold(char: str) -> str:
    if char in _DASHES:
        return "-"
    if unicodedata.category(char) == "Cf":
        return ""
    return unicodedata.normalize("NFKC", char)
