"""Words: every sentence and name that people read, in Chinese and in English.

One catalogue for errors, names of states and pages: `domain/locales/{zh,en}/LC_MESSAGES`. An id
is an error's code (`not_found`, its advice `hint.not_found`), a dotted name (`intent.card_invalid`,
`verdict.refunded`) or, on pages, the English sentence itself. The `.po` files are read as they
are, once per process, so that nothing has to be compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = ("zh", "en")
FOLDER = Path(__file__).resolve().parent / "locales"
Say = Callable[..., str]


def say(code: str, locale: str = "zh", **params: object) -> str:
    """The words for `code`, its `{names}` filled from `params`; an unknown code as it is.

    Parameters without a place are ignored, and places without a parameter stay empty.
    """
    words = catalogue(_ours(locale)).get(code) or code
    return words.format_map(_Blanks(params)) if "{" in words else words


def hint(code: str, locale: str = "zh", **params: object) -> str | None:
    """What to do about an error; None where there is nothing to advise."""
    id = f"hint.{code}"
    return say(id, locale, **params) if id in catalogue(_ours(locale)) else None


def translator(locale: str) -> Say:
    """`_` for templates: `_("Waiting")`, `_("state.open")`, `_("{n} tickets", n=3)`."""
    ours = _ours(locale)

    def _(code: str, **params: object) -> str:
        return say(code, ours, **params)

    return _


def preferred(accept_language: str) -> str:
    """The locale for an Accept-Language header (RFC 9110, 12.5.4); Chinese when it names none."""
    ranked = sorted(
        (_weighed(part, n) for n, part in enumerate(accept_language.split(",")[:20])),
        reverse=True,
    )
    for weight, _n, name in ranked:
        if weight > 0 and name in LOCALES:
            return name
    return LOCALES[0]


@lru_cache(maxsize=len(LOCALES))
def catalogue(locale: str) -> dict[str, str]:
    """All ids of a locale with their words; raises FileNotFoundError for one we do not have."""
    with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        found = read_po(file, locale=locale)
    return {str(m.id): str(m.string) for m in found if m.id and m.string and not m.fuzzy}


def _ours(locale: str) -> str:
    name = locale[:2].lower()
    return name if name in LOCALES else LOCALES[0]


def _weighed(part: str, n: int) -> tuple[float, int, str]:
    tag, _, q = part.strip().partition(";q=")
    try:
        weight = float(q) if q else 1.0
    except ValueError:
        weight = 0.0
    return weight, -n, tag.strip()[:2].lower()


class _Blanks(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
