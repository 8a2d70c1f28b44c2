"""A vocabulary is cut to our scripts without changing how our words are written in it."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workers.training.trim import kept, rewritten

PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -2.0),
    ("при", -3.0),
    ("卡", -6.0),
    ("密", -6.5),
    ("▁卡密", -7.0),
    ("แล", -5.0),
    ("▁card", -7.5),
    ("a", -9.0),
    ("▁Überweisung", -8.0),
    ("充值", -8.5),
    ("👍", -11.0),
    ("，", -4.0),
]
SPECIAL = {0, 1, 2, 3}


def tokenizer() -> Tokenizer:
    """A small one of the kind that is trimmed."""
    made = Tokenizer(models.Unigram(PIECES, unk_id=3, byte_fallback=False))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made


def test_what_is_written_in_our_scripts_is_kept() -> None:
    names = [PIECES[id][0] for id in kept(PIECES, SPECIAL, 100)]
    assert {"卡", "密", "▁卡密", "▁card", "a", "充值", "👍", "，", "▁"} <= set(names)
    assert not {"при", "แล", "▁Überweisung"} & set(names)


def test_single_characters_go_last() -> None:
    names = [PIECES[id][0] for id in kept(PIECES, SPECIAL, 11)]
    assert names == ["<s>", "<pad>", "</s>", "<unk>", "▁", "卡", "密", "▁卡密", "a", "👍", "，"]


def test_a_text_is_cut_into_the_same_pieces_as_before() -> None:
    before = tokenizer()
    raw, old = rewritten(before.to_str(), 100)
    after = Tokenizer.from_str(raw)
    for text in ("卡密充值，card 👍", "a", "卡密 卡密"):
        assert after.encode(text).tokens == before.encode(text).tokens
        assert [old[id] for id in after.encode(text).ids] == before.encode(text).ids


def test_what_was_cut_away_is_unknown_and_nothing_else() -> None:
    raw, old = rewritten(tokenizer().to_str(), 100)
    after = Tokenizer.from_str(raw)
    assert after.token_to_id("<unk>") in after.encode("при").ids
    assert after.get_vocab_size() == len(old) < len(PIECES)


def test_another_kind_of_vocabulary_is_refused() -> None:
    raw = json.dumps({"model": {"type": "WordPiece"}})
    with pytest.raises(ValueError, match="Unigram"):
        rewritten(raw, 10)
