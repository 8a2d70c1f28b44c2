"""Teaching: from messages to weights, the same ones for the same seed on the same machine."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import MAX_TOKENS, prepare
from workers.training.data import Example, vary
from workers.training.model import Reader

INTENT_INDEX = {code: index for index, code in enumerate(INTENTS)}
SENTIMENT_INDEX = {name: index for index, name in enumerate(SENTIMENTS)}


@dataclass(frozen=True, slots=True)
class Plan:
    """How to teach. Learning rates are AdamW's, at the end of the warm-up."""

    epochs: int = 16
    seed: int = 7
    batch: int = 32
    encoder_rate: float = 2e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    smoothing: float = 0.1
    sentiment_weight: float = 0.5


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of some examples: (texts, tokens) twice, then (texts) twice."""

    input_ids: Tensor
    attention_mask: Tensor
    intent: Tensor
    sentiment: Tensor


def fix_seed(seed: int) -> random.Random:
    """Seed everything that torch draws; the generator given back is for everything else."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    return random.Random(seed)


def fit(
    reader: Reader,
    tokenizer: Any,
    examples: Sequence[Example],
    plan: Plan,
    rng: random.Random,
    advance: Callable[[int, float], None],
) -> None:
    """Teach `reader` in place; `advance(epoch, loss)` is called after each epoch."""
    steps = plan.epochs * math.ceil(len(examples) / plan.batch)
    optimizer, schedule = _optimizer(reader, plan, steps)
    intent_loss = nn.CrossEntropyLoss(label_smoothing=plan.smoothing)
    sentiment_loss = nn.CrossEntropyLoss(_weights(examples), label_smoothing=plan.smoothing)
    reader.train()
    for epoch in range(plan.epochs):
        losses = []
        for batch in _batches(examples, tokenizer, plan.batch, rng):
            intent, sentiment = reader(batch.input_ids, batch.attention_mask)
            loss = intent_loss(intent, batch.intent)
            loss = loss + plan.sentiment_weight * sentiment_loss(sentiment, batch.sentiment)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        advance(epoch, sum(losses) / len(losses))
    reader.eval()


def encode(tokenizer: Any, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Token ids and mask of prepared `texts`, padded to the longest, at most MAX_TOKENS."""
    tokens = tokenizer(
        [prepare(text) for text in texts],
        truncation=True,
        max_length=MAX_TOKENS,
        padding=True,
        return_tensors="pt",
    )
    return tokens["input_ids"], tokens["attention_mask"]


def logits(
    reader: Reader, tokenizer: Any, texts: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the fp32 network says to each text: (texts, intents) and (texts, sentiments)."""
    intents, sentiments = [], []
    with torch.inference_mode():
        for start in range(0, len(texts), 32):
            intent, sentiment = reader(*encode(tokenizer, texts[start : start + 32]))
            intents.append(intent.numpy())
            sentiments.append(sentiment.numpy())
    return np.concatenate(intents), np.concatenate(sentiments)


def temperature(values: NDArray[np.float32], truth: Sequence[int]) -> float:
    """The divisor of logits `values` under which `truth` is likeliest, between 0.2 and 5.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks, 2017.
    """

    def surprise(divisor: float) -> float:
        scaled = values / divisor
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled).sum(axis=1))
        return float((total - scaled[np.arange(len(truth)), list(truth)]).mean())

    return min((float(step) for step in np.geomspace(0.2, 5, 200)), key=surprise)


def _batches(
    examples: Sequence[Example], tokenizer: Any, size: int, rng: random.Random
) -> Iterator[Batch]:
    """All examples once, varied, in new order."""
    shuffled = rng.sample(list(examples), k=len(examples))
    for start in range(0, len(shuffled), size):
        chosen = [vary(example, rng) for example in shuffled[start : start + size]]
        ids, mask = encode(tokenizer, [example.text for example in chosen])
        yield Batch(
            ids,
            mask,
            torch.tensor([INTENT_INDEX[example.intent] for example in chosen]),
            torch.tensor([SENTIMENT_INDEX[example.sentiment] for example in chosen]),
        )


def _weights(examples: Sequence[Example]) -> Tensor:
    """Rarer tones count more, by the root of how much rarer they are."""
    counts = Counter(example.sentiment for example in examples)
    return torch.tensor([(len(examples) / (3 * counts[name])) ** 0.5 for name in SENTIMENTS])


def _optimizer(reader: Reader, plan: Plan, steps: int) -> tuple[Any, Any]:
    """AdamW, and a rate that climbs through the warm-up and then falls to nothing."""
    heads = [*reader.intent.parameters(), *reader.sentiment.parameters()]
    encoder = [weight for weight in reader.encoder.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": plan.encoder_rate},
            {"params": heads, "lr": plan.head_rate},
        ],
        weight_decay=plan.weight_decay,
    )
    rise = max(1, int(plan.warm_up * steps))

    def share(step: int) -> float:
        return min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)
