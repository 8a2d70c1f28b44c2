"""Where one message says several things: its clauses, each of which may want something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH = 12
"""Characters from which on a message may say several things."""
LEAST = 4
"""Characters of a clause that may want something by itself; shorter ones lean on the rest."""
MOST = 8
"""Clauses of a message that are looked at: this bounds what reading it costs."""
SEEN = 1000
"""Characters of a message in which clauses are looked for."""

_APART = re.compile(
    r"[。！？!?；;\r\n]+|…+|\.+(?=\s|$)"
    r"|另外|[还還]有(?![多货貨吗嗎没沒什剩]|[几幾](?!点))|[顺順]便|[对對]了|此外|再就是|再一个"
    r"|\b(?:and also|also|by the way|btw|besides|another thing|one more thing|plus)\b",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"[，,]|\band\b", re.IGNORECASE)
_EDGE = " \t，,、:：-—"


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message; `apart` if it is a sentence of its own, or begins with "by the way".

    What stands between commas is not apart: it mostly tells more of the same.
    """

    text: str
    apart: bool


def clauses(text: str) -> list[Clause]:
    """The clauses of a message that may say several things, those apart first; else none."""
    seen = text[:SEEN].strip()
    if len(seen) < ENOUGH:
        return []
    sentences = list(_cut(_APART, seen))
    apart = [Clause(sentence, True) for sentence in sentences] if len(sentences) > 1 else []
    parts = [list(_cut(_TOGETHER, sentence)) for sentence in sentences]
    together = [Clause(part, False) for within in parts if len(within) > 1 for part in within]
    return [*apart, *together][:MOST]


def _cut(between: re.Pattern[str], text: str) -> Iterator[str]:
    """The parts of a text that are long enough to want something."""
    for part in between.split(text):
        if len(clause := part.strip(_EDGE)) >= LEAST:
            yield clause
