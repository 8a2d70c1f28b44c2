"""A multilingual vocabulary cut to the scripts that are written to us.

Word embeddings are most of a small multilingual model: of a vocabulary of 250,000 pieces, a shop
that is written to in Chinese and English needs a fifth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

# ASCII, general and Chinese punctuation, full width, Han, symbols, arrows, emoji.
_OURS = re.compile(
    r"[\u0020-\u007e\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u27bf\u2b00-\u2bff"
    r"\u3000-\u303f\u3400-\u9fff\ufe0f\uff00-\uffef\U0001f000-\U0001faff\u00a5\u00b7\u00d7]+"
)
_BLANK = "▁"


def kept(vocabulary: Sequence[tuple[str, float]], special: set[int], most: int) -> list[int]:
    """Ids of at most `most` pieces to keep, in their order: special ones, single characters of our
    scripts, and then the likeliest pieces of them.

    `vocabulary` is a Unigram model's: pieces with the logarithms of their probabilities.
    """
    ours = [
        id
        for id, (piece, _) in enumerate(vocabulary)
        if id not in special and _OURS.fullmatch(piece.replace(_BLANK, ""))
    ]
    blank = [id for id, (piece, _) in enumerate(vocabulary) if piece == _BLANK]

    def rank(id: int) -> tuple[bool, float]:
        piece, score = vocabulary[id]
        return len(piece.replace(_BLANK, "")) > 1, -score

    chosen = sorted(ours, key=rank)[: max(0, most - len(special) - len(blank))]
    return sorted({*special, *blank, *chosen})


def rewritten(raw: str, most: int) -> tuple[str, list[int]]:
    """A tokenizer's JSON with at most `most` pieces, and the old ids of these by their new ones.

    `raw` is what `tokenizers.Tokenizer.to_str` gives of a Unigram model. Raises ValueError for
    another kind of model.
    """
    data = json.loads(raw)
    if data["model"]["type"] != "Unigram":
        raise ValueError(f"Only Unigram vocabularies are trimmed, not {data['model']['type']}.")
    vocabulary = [(piece, score) for piece, score in data["model"]["vocab"]]
    special = {token["id"] for token in data["added_tokens"]}
    special |= {data["model"]["unk_id"]} if data["model"]["unk_id"] is not None else set()
    old = kept(vocabulary, special, most)
    new = {id: place for place, id in enumerate(old)}
    data["model"]["vocab"] = [data["model"]["vocab"][id] for id in old]
    if data["model"]["unk_id"] is not None:
        data["model"]["unk_id"] = new[data["model"]["unk_id"]]
    for token in data["added_tokens"]:
        token["id"] = new[token["id"]]
    _renumber(data.get("post_processor"), new)
    return json.dumps(data, ensure_ascii=False), old


def _renumber(processor: Any, new: dict[int, int]) -> None:
    """The ids that a template puts around a text."""
    for part in (processor or {}).get("processors", [processor] if processor else []):
        for token in part.get("special_tokens", {}).values():
            token["ids"] = [new[id] for id in token["ids"]]
        for end in ("cls", "sep"):
            if isinstance(part.get(end), list):
                part[end][1] = new[part[end][1]]
