"""The shipped model at work: a network and n-grams, whose logits are added.

Transformers cuts the text and onnxruntime does the arithmetic of the network.

`load()` imports both, which takes seconds; importing this module takes none of that.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from domain.understanding.classifier import Guess
from domain.understanding.clauses import clauses
from domain.understanding.languages import OURS
from domain.understanding.rules import Certainty
from workers.languages import language
from workers.ngrams import ORDER, Ngrams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

MAX_TOKENS = 128
MAX_CHARACTERS = 1000  # Of redacted text; 128 tokens seldom hold half of it.
BATCH = 64
SHORT = 32  # Characters; to tell shorter texts apart by length saves nothing.
ALSO_FROM = 0.25  # A second intent is worth telling from this probability.
ALONE = 0.9  # A clause that is read with this confidence says something by itself,
HINTED = 0.01  # if it stands apart, or the whole message has its intent with this probability.
ALSO = 3  # Further intents of a message that are told.
WANTS_NOTHING = frozenset(("small_talk", "other"))  # Never a further intent.
TOLERANCE = 0.15  # Of a probability in the self-check: room for other processors' rounding.

_PLACEHOLDER = re.compile(r"\[(手机号|卡密) 尾号[0-9A-Za-z]{4}\]")
_ORDER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,4}[-_]?[0-9]{10,32}(?![0-9A-Za-z])")
_SPACE = re.compile(r"\s+")
# What has neither ink nor width: controls, joiners, marks of direction.
UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# A letter or digit of the scripts that the model was taught: Latin and Chinese, wide ones too.
_SAID = re.compile(
    r"[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U00020000-\U0003ffff]"
)
# What is said to a language model, of which there is none here: whatever else it says is bait.
_TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget)\b(?:\W+\w+){0,3}\W+(?:instructions?|prompts?)\b"
    r"|(?:忽略|无视|忘记|忘掉)\S{0,8}(?:指令|提示词)|system prompt|系统提示词"
    r"|<\|im_(?:start|end)\|>",
    re.IGNORECASE,
)


class ModelBroken(RuntimeError):
    """The model folder is incomplete, or reads differently here from where it was made."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the logits of each half count; their sum takes the place of a temperature."""

    network: float
    ngrams: float

    def probabilities(
        self, network: NDArray[np.float32], ngrams: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Of both halves' logits, (texts, labels) each, what they say together."""
        logits = self.network * network.astype(np.float64) + self.ngrams * ngrams
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares


@dataclass(frozen=True, slots=True)
class Labels:
    """What the numbers of the model mean.

    The logits of both halves are added with these weights, so that a softmax of them is a
    calibrated probability.
    """

    version: str
    intents: tuple[str, ...]
    sentiments: tuple[str, ...]
    intent_weights: Weights
    sentiment_weights: Weights

    @classmethod
    def of(cls, folder: Path) -> Labels:
        """As `labels.json` in `folder` has them."""
        raw = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        return cls(
            version=raw["version"],
            intents=tuple(raw["intents"]),
            sentiments=tuple(raw["sentiments"]),
            intent_weights=Weights(**raw["intent_weights"]),
            sentiment_weights=Weights(**raw["sentiment_weights"]),
        )


def prepare(text: str) -> str:
    """`text` as the model was taught to see it: order numbers and tails of secrets are dropped.

    They differ in every message and mean nothing. Neither does what nobody sees; half a surrogate
    pair becomes "?".
    """
    whole = text[: 4 * MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    seen = UNSEEN.sub("", whole)
    plain = _ORDER.sub(ORDER, _PLACEHOLDER.sub(r"[\1]", seen))
    return _SPACE.sub(" ", plain).strip()[:MAX_CHARACTERS]


def load(folder: Path, threads: int = 1) -> OnnxClassifier:
    """The model in `folder`, checked; `threads` is how many cores one batch may take.

    Raises ModelBroken when a file is missing or damaged, or when the self-check fails.
    """
    try:
        classifier = open_unchecked(folder, threads)
        samples = json.loads((folder / "selfcheck.json").read_text(encoding="utf-8"))
    except Exception as problem:  # Three libraries raise here, each something of its own.
        raise ModelBroken(f"The model in {folder} cannot be opened: {problem}") from problem
    check(classifier, samples)
    return classifier


def check(classifier: OnnxClassifier, samples: Sequence[dict[str, Any]]) -> None:
    """Raise ModelBroken unless `samples` are read here as they were where the model was made."""
    guesses = classifier.read([sample["text"] for sample in samples])
    for sample, guess in zip(samples, guesses, strict=True):
        drift = abs(sample["intent_confidence"] - guess.intent_confidence)
        if guess.intent != sample["intent"] or drift > TOLERANCE:
            raise ModelBroken(
                f"The model {classifier.version} reads wrongly on this machine: "
                f"{sample['text']!r} gave {guess.intent} ({guess.intent_confidence:.2f}) "
                f"instead of {sample['intent']} ({sample['intent_confidence']:.2f})."
            )


class OnnxClassifier:
    """A `domain.understanding.classifier.Classifier` on the CPU."""

    def __init__(self, tokenizer: Any, session: Any, ngrams: Ngrams, labels: Labels) -> None:
        """Takes a fast tokenizer, an inference session, n-grams and the labels of both outputs."""
        self.version = labels.version
        self._tokenizer = tokenizer
        self._session = session
        self._ngrams = ngrams
        self._labels = labels
        # Readings and explanations are made in two threads; a tokenizer changes as it is used.
        self._cutting = threading.Lock()

    def read(self, texts: Sequence[str]) -> list[Guess]:
        """One guess per text, whatever the others are.

        Of a text without a letter or digit that the model could know, such as emoji alone, of one
        in another language than Chinese and English, and of orders to a language model, it says
        "other", with confidence 0. A text of several clauses is read by them too, for what else it
        wants: that never changes its intent.
        """
        spoken = [language(text) for text in texts]
        ours = zip(texts, spoken, strict=True)
        read = dict(self._read([prepare(text) if tongue in OURS else "" for text, tongue in ours]))
        also = self._stated(texts, read)
        guesses = [
            self._guess(*read[place], also.get(place, [])) if place in read else self._nothing()
            for place in range(len(texts))
        ]
        return [
            replace(guess, language=tongue) for guess, tongue in zip(guesses, spoken, strict=True)
        ]

    def probabilities(self, prepared: list[str]) -> tuple[Numbers, Numbers]:
        """Of prepared texts, none empty, in one batch: (texts, intents) and (texts, sentiments)."""
        with self._cutting:
            tokens = self._tokenizer(
                prepared,
                truncation=True,
                max_length=MAX_TOKENS,
                padding=True,
                return_tensors="np",
            )
        intent, sentiment = self._session.run(
            ["intent", "sentiment"],
            {name: tokens[name].astype(np.int64) for name in ("input_ids", "attention_mask")},
        )
        intent_too, sentiment_too = self._ngrams.logits(prepared)
        return (
            self._labels.intent_weights.probabilities(intent, intent_too),
            self._labels.sentiment_weights.probabilities(sentiment, sentiment_too),
        )

    def tokens(self, prepared: str) -> list[tuple[int, int]]:
        """Where the tokens of a prepared text that are read stand in it: (start, end), in order."""
        with self._cutting:
            cut = self._tokenizer(
                prepared, truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=True
            )
        return [(start, end) for start, end in cut["offset_mapping"] if start < end]

    def place_of(self, intent: str) -> int:
        """The column of an intent in `probabilities`. Raises ValueError for an unknown one."""
        return self._labels.intents.index(intent)

    def _read(self, prepared: list[str]) -> Iterator[tuple[int, tuple[Numbers, Numbers]]]:
        """The place of each text that says something, with its intents and its sentiments."""
        for places in _batches(prepared):
            chances = self.probabilities([prepared[place] for place in places])
            yield from zip(places, zip(*chances, strict=True), strict=True)

    def _stated(
        self, texts: Sequence[str], read: Mapping[int, tuple[Numbers, Numbers]]
    ) -> dict[int, list[str]]:
        """By the place of a text, the intents that its clauses state, most confident first.

        Clauses are read after the texts and never with them, because company in a batch moves a
        probability a little.
        """
        parts = [
            (place, clause)
            for place, (chances, _) in read.items()
            for clause in clauses(texts[place])
            # Where nothing else is hinted at, only what stands apart can say more.
            if clause.apart or np.count_nonzero(chances >= HINTED) > 1
        ]
        found: dict[int, list[tuple[float, str]]] = {}
        for at, (chances, _) in self._read([prepare(clause.text) for _, clause in parts]):
            place, clause = parts[at]
            first = int(chances.argmax())
            hinted = clause.apart or read[place][0][first] >= HINTED
            if chances[first] >= ALONE and hinted:
                stated = (float(chances[first]), self._labels.intents[first])
                found.setdefault(place, []).append(stated)
        return {at: [code for _, code in sorted(of, reverse=True)] for at, of in found.items()}

    def _guess(self, intent: Numbers, sentiment: Numbers, stated: Sequence[str]) -> Guess:
        first, *rest = (int(index) for index in np.argsort(-intent))
        names, tone = self._labels.intents, int(sentiment.argmax())
        guess = Guess(
            intent=names[first],
            intent_confidence=float(intent[first]),
            sentiment=self._labels.sentiments[tone],
            sentiment_confidence=float(sentiment[tone]),
            also=(),
            model_version=self.version,
            second_confidence=float(intent[rest[0]]) if rest else 0.0,
        )
        # A question about an unsure reading names the runner-up, which therefore comes first.
        asked = [names[index] for index in rest[:1]] if guess.certainty is Certainty.ASK else []
        likely = [names[index] for index in rest if intent[index] >= ALSO_FROM]
        also = dict.fromkeys((*asked, *stated, *likely))
        told = [name for name in also if name != guess.intent and name not in WANTS_NOTHING]
        return replace(guess, also=tuple(told[:ALSO]))

    def _nothing(self) -> Guess:
        return Guess("other", 0.0, "neutral", 0.0, (), self.version)


def open_unchecked(folder: Path, threads: int) -> OnnxClassifier:
    """As `load()`, but without the self-check, for whoever is about to write one."""
    logging.getLogger("transformers").addFilter(_not_about_torch)
    import onnxruntime
    from transformers import PreTrainedTokenizerFast

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)
    return OnnxClassifier(tokenizer, session, Ngrams.of(folder), Labels.of(folder))


def _not_about_torch(record: logging.LogRecord) -> bool:
    """Transformers says at every start that torch is missing, which here it is meant to be."""
    return "PyTorch was not found" not in str(record.msg)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Places of the texts that say something, at most BATCH at a time.

    All texts of a batch cost as much as its longest, so similar lengths go together, and nothing
    goes with what is less than half as long.
    """
    spoken = (place for place, text in enumerate(texts) if _is_for_us(text))
    batch: list[int] = []
    for place in sorted(spoken, key=lambda place: len(texts[place])):
        longest = max(SHORT, 2 * len(texts[batch[0]])) if batch else MAX_CHARACTERS
        if len(batch) == BATCH or len(texts[place]) > longest:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _is_for_us(text: str) -> bool:
    return _SAID.search(text) is not None and _TO_A_MACHINE.search(text) is None
