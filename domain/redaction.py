"""Secrets in a customer's words: found and replaced by typed placeholders before anything is kept.

Rules are tried in a fixed order on the folded text (see `domain.numbers.fold`); what a rule claims
is blanked, so that no later rule sees it. They are tried again until nothing more is found (no text
is known that needs it) and placeholders are claimed first: so redacting twice is redacting once, by
construction. Every expression reads a character a bounded number of times, so that a megabyte takes
a second and not a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from domain.numbers import (
    ACG_FAKA,
    DUJIAO_NEXT,
    EMAIL,
    PHONE,
    RESIDENT_ID,
    compact,
    fold,
    is_acg_faka,
    is_dujiao_next,
    is_moment,
    is_resident_id,
)

Kind = Literal["phone", "email", "card", "resident_id", "password"]
Span = tuple[int, int]

_BLANK = "\ufffc"  # Belongs to no class of any rule below.
MASKED = re.compile(r"\[(?:手机号|邮箱|身份证|密码|卡密)[^\]]{0,10}\]")
"""What stands where a secret was, as it is written here or by hand in a training message."""
_PLACEHOLDER = re.compile(
    r"\[(?:手机号 尾号[0-9]{4}|邮箱|身份证|密码|卡密(?: 尾号[0-9A-Za-z]{4})?)\]"
)
_RUN = re.compile(r"[!-~]+")
_ALNUM = re.compile(r"[0-9A-Za-z]")
_DIGIT = re.compile(r"[0-9]")
_LABEL = re.compile(
    r"(?P<password>密码|口令|(?<![A-Za-z])(?i:password|passwd|pwd)(?![A-Za-z]))"
    r"|卡[密蜜号]|[兑充提]\s?[换值货]码|激活码|券码|序列号"
    r"|(?<![A-Za-z])(?i:cd-?key|pin|(?P<loose>(?<!error )(?<!status )(?:code|key)))(?![A-Za-z])"
)
_GAP = re.compile(
    r"\s{0,4}(?:\(?[0-9]\)?(?=\s{0,4}[:=]))?\s{0,4}([:=]|是|为|-{1,2}|)[\s\"'“‘]{0,4}"
)
_CARD = re.compile(r"[0-9A-Za-z]+(?:[-_][0-9A-Za-z]+)*")
_WORD = re.compile(r"[!-~]{0,127}[0-9A-Za-z!@#$%^&*+=~]")
_NEXT = re.compile(r"\s{0,2}[,;、/|\s]\s{0,2}")
_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Z]{4,6}(?: [0-9A-Z]{4,6}){2,7}(?![0-9A-Za-z])"
    r"|[0-9A-Za-z]+(?:[-_][0-9A-Za-z]+)*"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret that was taken out: its kind, as it was typed, and what stands there now."""

    kind: Kind
    value: str
    placeholder: str

    def __repr__(self) -> str:
        """Without the value, so that no log or assertion shows it."""
        return f"Found({self.kind})"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and those in the order in which they stood."""

    text: str
    originals: tuple[Found, ...]


def redact(text: str, keep: Collection[str] = ()) -> Redacted:
    """`text` with phones, emails, resident ids, card secrets and passwords replaced.

    `keep` holds order numbers known in this shop, compact (see `domain.numbers.compact`); they
    stay, as do the order numbers whose shape nothing else has. The rest stays as it was typed.
    """
    folded, places = fold(text)
    claims = _claims(folded, _kept(keep))
    pieces, found, at = [], [], 0
    for (start, end), kind in sorted(claims.items()):
        first, last = places[start], places[end - 1] + 1
        if first < at:  # One typed character that folds into two may end one and start the next.
            first = at
        item = Found(kind, text[first:last], placeholder(kind, folded[start:end]))
        pieces += [text[at:first], item.placeholder]
        found.append(item)
        at = last
    return Redacted("".join([*pieces, text[at:]]), tuple(found))


def secret_places(text: str) -> set[int]:
    """Where in a folded text a value stands that the text itself calls a card or a password."""
    gaps = (_GAP.match(text, label.end()) for label in _LABEL.finditer(text))
    return {gap.end() for gap in gaps if gap} | {start for (start, _), _ in _labelled(text)}


def placeholder(kind: Kind, value: str) -> str:
    """What stands for a secret: its kind in words and, where it helps, its last four."""
    tail = last_four(value)
    match kind:
        case "phone":
            return f"[手机号 尾号{tail}]"
        case "email":
            return "[邮箱]"
        case "resident_id":
            return "[身份证]"
        case "password":
            return "[密码]"
        case "card":
            return f"[卡密 尾号{tail}]" if tail else "[卡密]"


def mask_phone(phone: str) -> str:
    """138****5678; of a number too short to be masked, nothing."""
    digits = re.sub(r"[^0-9]", "", fold(phone)[0])
    return f"{digits[-11:-8]}****{digits[-4:]}" if len(digits) >= 11 else "****"


def mask_email(email: str) -> str:
    """a***@example.com; of anything else, nothing."""
    name, at, domain = fold(email)[0].strip().rpartition("@")
    return f"{name[0]}***@{domain}" if at and name else "***"


def last_four(secret: str) -> str:
    """The last four letters or digits; '' under eight, where four would give half of it away."""
    known = re.sub(r"[^0-9A-Za-z]", "", fold(secret)[0])
    return known[-4:] if len(known) >= 8 else ""


_Rule = Callable[[str], Iterator[tuple[Span, Kind | None]]]


def _claims(text: str, kept: _Rule) -> dict[Span, Kind]:
    """All spans to replace; a rule that says None claims a span that stays."""
    claims: dict[Span, Kind] = {}
    fresh = True
    while fresh:
        fresh = False
        for rule in (_placeholders, kept, *_RULES):
            spans = list(rule(text))
            text = _blanked(text, [span for span, _ in spans])
            secrets = {span: kind for span, kind in spans if kind is not None}
            claims.update(secrets)
            fresh = fresh or bool(secrets)
    return claims


def _blanked(text: str, spans: list[Span]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], _BLANK * (end - start)]
        at = end
    return "".join([*pieces, text[at:]]) if spans else text


def _placeholders(text: str) -> Iterator[tuple[Span, Kind | None]]:
    return ((match.span(), None) for match in _PLACEHOLDER.finditer(text))


def _kept(keep: Collection[str]) -> _Rule:
    """The rule that lets these numbers stay, also when they are typed with spaces or dashes."""
    numbers = sorted({compact(number) for number in keep} - {""}, key=len, reverse=True)
    spaced = "|".join(r"[\s\-]?".join(number) for number in numbers)
    known = re.compile(rf"(?<![0-9A-Za-z])(?i:{spaced})(?![0-9A-Za-z])") if numbers else None

    def rule(text: str) -> Iterator[tuple[Span, Kind | None]]:
        return ((match.span(), None) for match in (known.finditer(text) if known else ()))

    return rule


def _dujiao_next(text: str) -> Iterator[tuple[Span, Kind | None]]:
    for match in DUJIAO_NEXT.finditer(text):
        if is_dujiao_next(compact(match[0])):
            yield match.span(), None


def _accounts(text: str) -> Iterator[tuple[Span, Kind | None]]:
    """account----password, as card shops write accounts they sell; the whole run goes."""
    for match in _RUN.finditer(text):
        line = match[0].strip("-.,;:'\"()<>") if "----" in match[0] else ""
        account, _, password = line.partition("----")
        if _ALNUM.search(account) and _ALNUM.search(password):
            start = match.start() + match[0].index(line)
            yield (start, start + len(line)), "card"


def _emails(text: str) -> Iterator[tuple[Span, Kind | None]]:
    return ((match.span(), "email") for match in EMAIL.finditer(text))


def _resident_ids(text: str) -> Iterator[tuple[Span, Kind | None]]:
    for match in RESIDENT_ID.finditer(text):
        if is_resident_id(match[0]):
            yield match.span(), "resident_id"


def _labelled(text: str) -> Iterator[tuple[Span, Kind | None]]:
    """What follows a label: one password, or card secrets to the end of their list."""
    done = 0
    for label in _LABEL.finditer(text):
        gap = _GAP.match(text, label.end())
        if label.start() < done or gap is None:
            continue
        strong = gap[1] in (":", "=")
        if label["password"]:
            value = _WORD.match(text, gap.end())
            if value and _is_password(value[0], strong):
                yield value.span(), "password"
                done = value.end()
            continue
        for start, done in _listed(text, gap.end(), strong and not label["loose"]):
            if start >= 0:
                yield (start, done), "card"


def _listed(text: str, at: int, strong: bool) -> Iterator[Span]:
    """Card secrets from `at` on. (-1, end) passes over a long word that is none, so that a chain
    of labels inside it is not read again from each of them."""
    value = _CARD.match(text, at)
    while value and _is_labelled_card(value[0], strong):
        yield value.span()
        further = _NEXT.match(text, value.end())
        value, strong = _CARD.match(text, further.end()) if further else None, False
    if value and len(value[0]) > 64:
        yield -1, value.end()


def _is_password(word: str, strong: bool) -> bool:
    return len(word) >= 4 and (strong or any("0" <= char <= "9" for char in word))


def _is_labelled_card(word: str, strong: bool) -> bool:
    digits = sum("0" <= char <= "9" for char in word)
    return len(word) >= 4 if strong else len(word) >= 6 and digits > 0


def _acg_faka(text: str) -> Iterator[tuple[Span, Kind | None]]:
    for match in ACG_FAKA.finditer(text):
        if is_acg_faka(compact(match[0])):
            yield match.span(), None


def _phones(text: str) -> Iterator[tuple[Span, Kind | None]]:
    return ((match.span(), "phone") for match in PHONE.finditer(text))


def _cards(text: str) -> Iterator[tuple[Span, Kind | None]]:
    for match in _TOKEN.finditer(text):
        if _is_card(match[0]):
            yield match.span(), "card"


def _is_card(token: str) -> bool:
    """Whether a token without a label is a card secret by its looks alone."""
    groups = re.split(r"[-_ ]", token)
    plain = "".join(groups)
    if plain.isdigit():
        sums = len(groups) > 1 and all(group.endswith("00") for group in groups)
        return 12 <= len(plain) <= 24 and not is_moment(plain) and not sums
    if re.fullmatch(r"20[0-9]{6}T[0-9]{4,6}Z?", plain):
        return False
    numbered = sum(_DIGIT.search(group) is not None for group in groups)
    if len(groups) == 1:
        dujiaoka = re.fullmatch(r"[0-9A-Z]{16}", plain) is not None
        return dujiaoka or (len(plain) >= 10 and numbered > 0)
    even = len(set(map(len, groups))) == 1
    if " " in token:
        return even and numbered > 1
    blocks = len(groups) >= 3 and even and plain == plain.upper()
    whole = len(plain) >= 10 and min(map(len, groups)) >= 3 and (numbered > 0 or blocks)
    return whole or any(len(group) >= 10 and _is_card(group) for group in groups)


_RULES: tuple[_Rule, ...] = (
    _dujiao_next,
    _accounts,
    _emails,
    _resident_ids,
    _labelled,
    _acg_faka,
    _phones,
    _cards,
)
