"""What moved a reading: the text is read again without each of its pieces, and the fall is told.

Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), cover parts of a
picture; Li, Monroe and Jurafsky, Understanding Neural Networks through Representation Erasure
(2016), leave out words. Pieces that say the same cover for each other: so the fall is one
of log-odds, in which 0.9999 and 0.99 are as far apart as 0.99 and 0.5.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.understanding.classifier import Explanation, Piece
from workers.classifier import MAX_CHARACTERS, UNSEEN, OnnxClassifier
from workers.ngrams import ORDER

MOST = 63
"""Pieces of a text; with the whole of it they are one batch of readings."""
TOKENS = 2048
"""What one batch may hold of them: a long text has fewer pieces, so that it takes no longer."""
CERTAIN = 1e-6
"""A probability is taken to be no nearer than this to 0 and to 1: float32 tells no more."""
Span = tuple[int, int]
_SPACE = re.compile(r"\s+")

# What `prepare` shortens, and what is one piece although it would leave it alone.
_CHANGED = re.compile(
    r"\[(?P<secret>手机号|卡密) 尾号[0-9A-Za-z]{4}\]"
    r"|(?P<same>\[(?:手机号|邮箱|身份证|密码|卡密)\])"
    r"|(?P<order>(?<![0-9A-Za-z])[A-Za-z]{0,4}[-_]?[0-9]{10,32}(?![0-9A-Za-z]))"
    r"|\s+"
)


def explain(classifier: OnnxClassifier, text: str, intent: str) -> Explanation:
    """What of `text`, redacted as it is shown, speaks for `intent`. Takes as long as a batch.

    Spaces are in no piece, nor is what lies beyond the part that the model reads. Raises
    ValueError for an intent that the model does not know.
    """
    seen = trace(text)
    tokens = classifier.tokens(seen.text)
    read = seen.text[: max((end for _, end in tokens), default=0)]
    parts = grouped(pieces(seen, tokens), min(MOST, TOKENS // (len(tokens) + 1)))
    left = [_SPACE.sub(" ", read[:start] + read[end:]).strip() for start, end in parts]
    whole, *others = _chances(classifier, [read, *left], intent)
    odds = log_odds(whole)
    return Explanation(
        intent,
        round(whole, 4),
        classifier.version,
        tuple(
            Piece(seen.starts[start], seen.ends[end - 1], round(odds - log_odds(chance), 2))
            for (start, end), chance in zip(parts, others, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class Traced:
    """A text as the model sees it; its character n stands for [starts[n], ends[n]) as typed."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def trace(text: str) -> Traced:
    """`text` as `prepare` makes it, with where each character comes from.

    What was shortened, and every placeholder, comes from one place with all of its characters.
    """
    typed = text[: 4 * MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    places = [n for n, char in enumerate(typed) if not UNSEEN.fullmatch(char)]
    whole = "".join(typed[n] for n in places)
    seen: list[tuple[str, int, int]] = []
    at = 0
    for found in _CHANGED.finditer(whole):
        seen += [(whole[n], places[n], places[n] + 1) for n in range(at, found.start())]
        span = places[found.start()], places[found.end() - 1] + 1
        seen += [(char, *span) for char in _shown(found)]
        at = found.end()
    seen += [(whole[n], places[n], places[n] + 1) for n in range(at, len(whole))]
    first = 1 if seen and seen[0][0] == " " else 0
    last = len(seen) - 1 if len(seen) > first and seen[-1][0] == " " else len(seen)
    kept = seen[first:last][:MAX_CHARACTERS]
    chars, starts, ends = zip(*kept, strict=True) if kept else ((), (), ())
    return Traced("".join(chars), starts, ends)


def _shown(found: re.Match[str]) -> str:
    """What the model sees in place of something."""
    if found["secret"]:
        return f"[{found['secret']}]"
    return found["same"] or (ORDER if found["order"] else " ")


def pieces(seen: Traced, tokens: Sequence[Span]) -> list[Span]:
    """Tokens put together until a person can read them: words, and placeholders as one."""
    found: list[Span] = []
    for start, end in tokens:
        while start < end and seen.text[start].isspace():
            start += 1
        while start < end and seen.text[end - 1].isspace():
            end -= 1
        if start == end:
            continue
        if found and _goes_on(seen, found[-1], start):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _goes_on(seen: Traced, before: Span, start: int) -> bool:
    """Whether a token is part of what the piece before it is part of."""
    last = before[1] - 1
    if start <= last or seen.starts[start] < seen.ends[last]:
        return True
    return start == before[1] and _in_word(seen.text[last]) and _in_word(seen.text[start])


def _in_word(char: str) -> bool:
    """Whether a character is written in words with others; Chinese ones stand for themselves."""
    return (char.isalnum() and not "\u2e80" <= char <= "\u9fff") or char in "'’"


def grouped(found: Sequence[Span], most: int) -> list[Span]:
    """At most `most` pieces: neighbours together, where there are more."""
    size = max(1, -(-len(found) // most))
    groups = [found[at : at + size] for at in range(0, len(found), size)]
    return [(group[0][0], group[-1][1]) for group in groups]


def log_odds(chance: float) -> float:
    """ln(p / (1 - p)), from -13.8 to 13.8."""
    kept = min(max(chance, CERTAIN), 1 - CERTAIN)
    return math.log(kept / (1 - kept))


def _chances(classifier: OnnxClassifier, texts: Sequence[str], intent: str) -> list[float]:
    """The calibrated probability of `intent` in each text, 0 in one without words."""
    column, spoken = classifier.place_of(intent), [text for text in texts if text]
    found = iter(classifier.probabilities(spoken)[0][:, column] if spoken else ())
    return [float(next(found)) if text else 0.0 for text in texts]
