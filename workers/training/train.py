"""Teaching: from messages to weights, the same ones for the same seed on the same machine."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, softmax

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import MAX_TOKENS, prepare
from workers.training.augment import Spelling, vary
from workers.training.data import Example
from workers.training.model import Reader

INTENT_INDEX = {code: index for index, code in enumerate(INTENTS)}
SENTIMENT_INDEX = {name: index for index, name in enumerate(SENTIMENTS)}
BUCKET = 16
"""So many batches are cut from messages sorted by length: half of the padding goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to teach. Learning rates are AdamW's, at the end of the warm-up.

    With teachers, `trust` of the loss is how far the pupil is from their mean (Hinton et al.,
    Distilling the Knowledge in a Neural Network, 2015), at `softness`, their temperature.
    """

    epochs: int = 8
    seed: int = 7
    batch: int = 32
    encoder_rate: float = 1.5e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    smoothing: float = 0.1
    sentiment_weight: float = 0.7
    trust: float = 0.7
    softness: float = 2.0


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


class Lessons:
    """One reader being taught, epoch by epoch; what was learned so far outlives an interruption.

    `run` is the folder in which each epoch leaves its state. Another plan, or other messages,
    begin anew there.
    """

    def __init__(
        self,
        reader: Reader,
        tokenizer: Any,
        examples: Sequence[Example],
        plan: Plan,
        *,
        spelling: Spelling | None = None,
        teachers: Sequence[Reader] = (),
        run: Path | None = None,
        device: str = "cpu",
        half: bool = False,
    ) -> None:
        """`half` is whether to multiply in bfloat16; weights, losses and steps stay in fp32."""
        self.reader, self.plan, self.device = reader.to(device), plan, device
        self._half = half
        self.epoch = 0
        self._tokenizer, self._examples, self._spelling = tokenizer, examples, spelling
        self._teachers = [teacher.to(device).eval() for teacher in teachers]
        self._rng = fix_seed(plan.seed)
        self._steps = math.ceil(len(examples) / plan.batch)
        self._optimizer, self._schedule = _optimizer(reader, plan, plan.epochs * self._steps)
        self._intent = nn.CrossEntropyLoss(label_smoothing=plan.smoothing)
        weights = _weights(examples).to(device)
        self._sentiment = nn.CrossEntropyLoss(weights, label_smoothing=plan.smoothing)
        self._state = run / "lessons.pt" if run else None
        self._resume()

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return self._steps

    def learn(self, step: Callable[[float], None]) -> None:
        """One epoch over all messages, varied anew; `step` hears the loss of each batch."""
        self.reader.train()
        for batch in self._batches():
            loss = self._loss(batch)
            self._optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
            self._optimizer.step()
            self._schedule.step()
            step(loss.item())
        self.reader.eval()
        self.epoch += 1
        self._save()

    def _loss(self, batch: Batch) -> Tensor:
        weight, trust = self.plan.sentiment_weight, self.plan.trust
        with torch.autocast(self.device, torch.bfloat16, enabled=self._half):
            intent, sentiment = self.reader(batch.input_ids, batch.attention_mask)
        intent, sentiment = intent.float(), sentiment.float()
        loss = self._intent(intent, batch.intent)
        loss = loss + weight * self._sentiment(sentiment, batch.sentiment)
        if not self._teachers:
            return loss
        with (
            torch.inference_mode(),
            torch.autocast(self.device, torch.bfloat16, enabled=self._half),
        ):
            said = [teacher(batch.input_ids, batch.attention_mask) for teacher in self._teachers]
        taught = self._distance(intent, [one.float() for one, _ in said])
        taught = taught + weight * self._distance(sentiment, [one.float() for _, one in said])
        return trust * taught + (1 - trust) * loss

    def _distance(self, own: Tensor, teachers: Sequence[Tensor]) -> Tensor:
        soft = self.plan.softness
        mean = torch.stack([softmax(one / soft, dim=1) for one in teachers]).mean(0).clone()
        return kl_div(log_softmax(own / soft, dim=1), mean, reduction="batchmean") * soft**2

    def _batches(self) -> Iterator[Batch]:
        """All examples once, varied, in new order, similar lengths together."""
        size, rng = self.plan.batch, self._rng
        varied = [vary(example, rng, self._spelling) for example in self._examples]
        rng.shuffle(varied)
        batches: list[list[Example]] = []
        for start in range(0, len(varied), BUCKET * size):
            bucket = sorted(varied[start : start + BUCKET * size], key=lambda one: len(one.text))
            batches += [bucket[at : at + size] for at in range(0, len(bucket), size)]
        rng.shuffle(batches)
        for batch in batches:
            ids, mask = encode(self._tokenizer, [example.text for example in batch])
            intents = [INTENT_INDEX[example.intent] for example in batch]
            sentiments = [SENTIMENT_INDEX[example.sentiment] for example in batch]
            parts = (ids, mask, torch.tensor(intents), torch.tensor(sentiments))
            yield Batch(*(part.to(self.device) for part in parts))

    def _same(self) -> dict[str, Any]:
        """What must be alike for a state to be ours."""
        layers = self.reader.encoder.config.num_hidden_layers
        messages = hash_of(self._examples)
        taught = len(self._teachers)
        return {"plan": asdict(self.plan), "messages": messages, "layers": layers, "by": taught}

    def _save(self) -> None:
        if self._state is None:
            return
        state = {
            "same": self._same(),
            "epoch": self.epoch,
            "reader": self.reader.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "random": (self._rng.getstate(), torch.get_rng_state()),
        }
        self._state.parent.mkdir(parents=True, exist_ok=True)
        part = self._state.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._state)

    def _resume(self) -> None:
        if self._state is None or not self._state.exists():
            return
        # Ours, from our own folder: it holds the state of a `random.Random`, a plain tuple.
        state = torch.load(self._state, map_location=self.device, weights_only=True)
        if state["same"] != self._same():
            return
        self.epoch = state["epoch"]
        self.reader.load_state_dict(state["reader"])
        self.reader.eval()
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        own, torchs = state["random"]
        self._rng.setstate((own[0], tuple(own[1]), own[2]))
        torch.set_rng_state(torchs.cpu())


def hash_of(examples: Sequence[Example]) -> str:
    """A name of these messages and their labels, in this order."""
    every = "\n".join(f"{one.text}\t{one.intent}\t{one.sentiment}" for one in examples)
    return hashlib.sha256(every.encode()).hexdigest()


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
    device = next(reader.parameters()).device
    places = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    intents = np.zeros((len(texts), len(INTENTS)), np.float32)
    sentiments = np.zeros((len(texts), len(SENTIMENTS)), np.float32)
    with torch.inference_mode():
        for start in range(0, len(texts), 32):
            some = places[start : start + 32]
            ids, mask = encode(tokenizer, [texts[place] for place in some])
            intent, sentiment = reader(ids.to(device), mask.to(device))
            intents[some], sentiments[some] = intent.cpu().numpy(), sentiment.cpu().numpy()
    return intents, sentiments


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
