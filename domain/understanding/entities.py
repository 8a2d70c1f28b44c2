"""What a message names: orders, sums, dates, contacts, card secrets, products, waiting, language.

Read before the message is redacted, because a known order number decides what may stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from domain.clock import now
from domain.numbers import compact, fold, is_acg_faka, is_dujiao_next
from domain.redaction import MASKED, mask_email, mask_phone, redact, secret_places
from domain.understanding.dates import dates, since
from domain.understanding.languages import language
from domain.understanding.quantities import amounts, waiting

LOOKUPS = 3  # A message may ask the shop about so many numbers, no more.
PRODUCTS = 5

_GLUE = r"[ \t\-_.]{0,2}"
_DUJIAO_NEXT = re.compile(
    rf"[Dd]{_GLUE}[Jj]{_GLUE}(?:[0-9]{_GLUE}){{13}}[0-9](?:(?P<tail>-?[0-9A-Za-z]{{1,12}})"
    rf"|{_GLUE}(?P<apart>[0-9A-Za-z]{{2,8}}))?(?![0-9A-Za-z])"
)
_GROUP = re.compile(r"[ \t\-][0-9]{1,6}(?![0-9A-Za-z])")
_ACG_FAKA = re.compile(rf"(?<![0-9])(?:[0-9]{_GLUE}){{17}}[0-9](?![0-9A-Za-z])")
_WHOLE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{16}(?![0-9A-Za-z])")
_GROUPS = re.compile(r"(?<![0-9A-Za-z])[0-9A-Z]{2,14}(?:[ \t]{1,2}[0-9A-Z]{2,14}){1,7}")
_NAMED = re.compile(r"(?:单号?|编号|(?i:order|no\.?|sn))\s?[:#是为]?[\s\"'“”‘’「『(\[<]{0,3}$")

_DATED = re.compile(r"[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Entities:
    """What one message names.

    `orders` are candidates to look up, compact, best first, at most three; those in `plain` have a
    shape that no card secret has, those in `likely` may be one but are not called so. `amounts` are
    yuan, `dates` ISO dates, with time and offset where an hour was said, `phones` and `emails` are
    masked, `cards` and `resident_ids` are counts, `products` are names of the catalogue, `language`
    is what the letters tell. Passwords count as cards, and so does an ambiguous order number, until
    `facts` hears that the shop knows it.
    """

    orders: tuple[str, ...] = field(repr=False)
    plain: tuple[str, ...]
    likely: tuple[str, ...] = field(repr=False)
    amounts: tuple[Decimal, ...]
    dates: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    cards: int
    resident_ids: int
    waiting: timedelta | None
    products: tuple[str, ...]
    language: str

    def facts(self, known: Collection[str] = ()) -> dict[str, object]:
        """A JSON-safe record without any plain secret, and without what is empty.

        An ambiguous order number is in it only when it is among those `known` to the shop.
        """
        orders = [order for order in self.orders if order in self.plain or order in known]
        found: dict[str, object] = {
            "orders": orders,
            "amounts": [str(amount) for amount in self.amounts],
            "dates": list(self.dates),
            "phones": list(self.phones),
            "emails": list(self.emails),
            "cards": max(0, self.cards - len(set(orders) - set(self.plain))),
            "resident_ids": self.resident_ids,
            "waiting_seconds": int(self.waiting.total_seconds()) if self.waiting else 0,
            "products": list(self.products),
        }
        return {name: value for name, value in found.items() if value} | {"language": self.language}


def entities(text: str, catalogue: Sequence[str] = (), at: datetime | None = None) -> Entities:
    """Read `text` (as typed) against the product names of the shop's `catalogue`.

    `at` is the moment of the message, from which 昨天 counts; by default it is this one.
    """
    at = at or now()
    folded, _ = fold(text)
    unsure = _unsure(folded)
    orders = tuple(dict.fromkeys([*_sure(folded), *_named_first(folded, unsure)]))[:LOOKUPS]
    safe = redact(text)
    shown = compact(safe.text)
    plain = tuple(order for order in orders if order in shown)
    called = secret_places(folded)
    likely = {code for place, code in unsure if place not in called}
    secrets = [item for item in safe.originals if compact(item.value) not in plain]
    prose = _prose(safe.text)
    words = _DATED.sub(" ", prose)
    return Entities(
        orders=orders,
        plain=plain,
        likely=tuple(order for order in orders if order in likely and order not in plain),
        amounts=amounts(words),
        dates=dates(prose, at),
        phones=tuple(mask_phone(item.value) for item in secrets if item.kind == "phone"),
        emails=tuple(mask_email(item.value) for item in secrets if item.kind == "email"),
        cards=sum(item.kind in ("card", "password") for item in secrets),
        resident_ids=sum(item.kind == "resident_id" for item in secrets),
        waiting=waiting(words) or since(prose, at),
        products=_products(words, catalogue),
        language=language(words),
    )


def _sure(text: str) -> Iterator[str]:
    """Candidates of a shape that nothing else has."""
    for match in _DUJIAO_NEXT.finditer(text):
        if is_dujiao_next(compact(match[0])):
            yield from _with_suffixes(text, match)
    for match in _ACG_FAKA.finditer(text):
        if is_acg_faka(compact(match[0])):
            yield compact(match[0])


def _with_suffixes(text: str, match: re.Match[str]) -> Iterator[str]:
    """What is set apart by a space may be the suffix, or more of it, or the next word: the longest
    first. More than one further group is of the number only where it was typed in groups."""
    number, end = compact(match[0]), match.end()
    longer = []
    if re.search(r"[0-9][ \t\-][0-9]", match[0].removesuffix(match["apart"] or "").rstrip()):
        while (group := _GROUP.match(text, end)) and len(number) + len(group[0]) <= 28:
            number, end = number + compact(group[0]), group.end()
            longer.append(number)
    yield from reversed(longer)
    if match["apart"] is None or re.search(r"[0-9]", match["apart"]):
        yield compact(match[0])
    if match["apart"] is not None:
        yield compact(match[0])[:16]


def _unsure(text: str) -> list[tuple[int, str]]:
    """Candidates that may be card secrets as well, and where they stand."""
    whole = [(match.start(), match[0].upper()) for match in _WHOLE.finditer(text)
             if _is_code(match[0])]  # fmt: skip
    return whole + [(match.start(), code) for match in _GROUPS.finditer(text)
                    for code in _joined(match[0])]  # fmt: skip


def _named_first(text: str, unsure: list[tuple[int, str]]) -> list[str]:
    """The codes, those first that are called an order number."""
    named = {at for at, _ in unsure if _NAMED.search(text, max(0, at - 16), at)}
    return [code for _, code in sorted(unsure, key=lambda one: one[0] not in named)]


def _is_code(word: str) -> bool:
    """16 letters and digits that dujiaoka could have made, and no long word of small letters."""
    letters = re.sub(r"[0-9]", "", word)
    return bool(letters) and (len(letters) < len(word) or word.isupper())


def _joined(groups: str) -> Iterator[str]:
    """Neighbouring groups that make 16 characters together, at least one digit among them."""
    parts = groups.split()
    for first in range(len(parts)):
        for last in range(first + 2, len(parts) + 1):
            code = "".join(parts[first:last])
            if len(code) == 16 and _is_code(code) and re.search(r"[0-9]", code):
                yield code


def _prose(safe: str) -> str:
    """The redacted text, folded, without placeholders and order numbers."""
    text = MASKED.sub(" ", fold(safe)[0])
    for pattern in (_DUJIAO_NEXT, _ACG_FAKA):
        text = pattern.sub(" ", text)
    return text


def _products(text: str, catalogue: Sequence[str]) -> tuple[str, ...]:
    """Names that stand whole in the text; if there is none, those whose leading word does."""
    said = _plain(text)
    whole = [name for name in catalogue if _plain(name) and _plain(name) in said]
    found = whole or [name for name in catalogue if _is_meant(name, said, text.lower())]
    return tuple(dict.fromkeys(found))[:PRODUCTS]


def _is_meant(name: str, said: str, text: str) -> bool:
    latin = re.findall(r"[a-z]{3,}", name.lower())
    if latin:
        return all(re.search(rf"(?<![a-z]){word}(?![a-z])", text) for word in latin)
    lead = re.match(r"[\u3400-\u9fffa-z]+", _plain(name))
    return lead is not None and len(lead[0]) >= 3 and lead[0][:4] in said


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z\u3400-\u9fff]", "", fold(text)[0].lower())
