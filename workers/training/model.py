"""The network: a pretrained encoder cut short, its mean, and two linear heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from workers.training.trim import rewritten

VOCABULARY = 56_000
"""Pieces that are kept at most: in int8 they are two thirds of what ships."""


class Reader(nn.Module):  # type: ignore[misc]
    """Token ids and mask, (texts, tokens), to logits (texts, intents) and (texts, sentiments)."""

    def __init__(self, encoder: nn.Module, intents: int, sentiments: int) -> None:
        """`encoder` is a BERT-like model whose `config.hidden_size` is known."""
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.intent = nn.Linear(encoder.config.hidden_size, intents)
        self.sentiment = nn.Linear(encoder.config.hidden_size, sentiments)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both heads over the mean of the tokens that are not padding."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        kept = self.dropout(mean)
        return self.intent(kept), self.sentiment(kept)


def build(
    base: str, layers: int, intents: int, sentiments: int, vocabulary: int = VOCABULARY
) -> tuple[Reader, Any]:
    """A fresh Reader on the first `layers` layers of `base`, a folder or a name on the hub, and
    its tokenizer, both cut to `vocabulary` pieces.

    The word embeddings are frozen: some thousand messages touch a part of them, and moving that
    part alone would only pull it away from the synonyms which no message holds.
    """
    encoder = AutoModel.from_pretrained(
        base, dtype=torch.float32, attn_implementation="eager", add_pooling_layer=False
    )
    encoder.encoder.layer = encoder.encoder.layer[:layers]
    encoder.config.num_hidden_layers = layers
    tokenizer = _trimmed(encoder, AutoTokenizer.from_pretrained(base), vocabulary)
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return Reader(encoder, intents, sentiments), tokenizer


def save(reader: Reader, path: Path) -> None:
    """Keep the weights at `path`, for `load`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(reader.state_dict(), path)


def load(reader: Reader, path: Path) -> Reader:
    """`reader` with the weights kept at `path`. Raises RuntimeError where the shapes differ."""
    reader.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return reader.eval()


def layers_of(path: Path) -> int:
    """How many layers the weights kept at `path` have."""
    names = torch.load(path, map_location="cpu", weights_only=True)
    return 1 + max(int(n.split(".")[3]) for n in names if n.startswith("encoder.encoder.layer."))


def _trimmed(encoder: Any, tokenizer: Any, most: int) -> Any:
    """The tokenizer with `most` pieces, whose rows the encoder's embeddings are cut to."""
    if len(tokenizer) <= most:
        return tokenizer
    raw, old = rewritten(tokenizer.backend_tokenizer.to_str(), most)
    rows = encoder.embeddings.word_embeddings
    encoder.embeddings.word_embeddings = nn.Embedding.from_pretrained(
        rows.weight[old].detach().clone(), padding_idx=old.index(tokenizer.pad_token_id)
    )
    encoder.config.vocab_size = len(old)
    encoder.config.pad_token_id = old.index(tokenizer.pad_token_id)
    names = ("bos_token", "eos_token", "unk_token", "pad_token", "mask_token", "cls_token",
             "sep_token")  # fmt: skip
    named = {name: getattr(tokenizer, name) for name in names if getattr(tokenizer, name)}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(raw), **named)
