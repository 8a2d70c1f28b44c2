"""The network: a pretrained encoder cut short, its mean, and two linear heads."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer


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


def build(base: str, layers: int, intents: int, sentiments: int) -> Reader:
    """A fresh Reader on the first `layers` layers of `base`, a folder or a name on the hub.

    The word embeddings are frozen: a thousand messages touch a tenth of them, and moving that
    tenth alone would only pull it away from the synonyms which no message holds.
    """
    encoder = AutoModel.from_pretrained(
        base, dtype=torch.float32, attn_implementation="eager", add_pooling_layer=False
    )
    encoder.encoder.layer = encoder.encoder.layer[:layers]
    encoder.config.num_hidden_layers = layers
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return Reader(encoder, intents, sentiments)


def tokenizer(base: str) -> Any:
    """The tokenizer that belongs to `base`."""
    return AutoTokenizer.from_pretrained(base)
