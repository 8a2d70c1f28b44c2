"""What reads messages: the model that ships, n-grams with logistic regression, torch as it is.

Each reads both what is wanted and in what tone, from the text as the model is given it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.settings import settings
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import load, prepare
from workers.training.data import Example

OURS = "Zaide (int8 ONNX)"
BATCH = 64
LAYERS = 6
"""Layers of the encoder, as many as the model that ships has."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """`read(texts, threads)` is timed, `probabilities` (intents, sentiments) are scored.

    Of one that was not trained only the time means anything.
    """

    name: str
    read: Callable[[Sequence[str], int], object]
    probabilities: Callable[[Sequence[str]], tuple[Array, Array]]
    is_trained: bool = True


def ours() -> Reader:
    """The model that ships, on one thread and on two."""
    by_threads = {threads: load(settings().model, threads) for threads in (1, 2)}

    def probabilities(texts: Sequence[str]) -> tuple[Array, Array]:
        return by_threads[2].probabilities([prepare(text) or "?" for text in texts])

    return Reader(
        OURS,
        lambda texts, threads: by_threads[threads].read(texts),
        lambda texts: in_batches(texts, probabilities),
    )


def ngrams(examples: Sequence[Example]) -> Reader:
    """TF-IDF of character 1- to 4-grams with logistic regression, trained on `examples`."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    seen = words.fit_transform([prepare(one.text) for one in examples])
    heads = []
    for truth in ([one.intent for one in examples], [one.sentiment for one in examples]):
        heads.append(LogisticRegression(C=10, max_iter=1000).fit(seen, truth))
    intent, sentiment = heads

    def read(texts: Sequence[str], threads: int) -> object:
        given = words.transform([prepare(text) for text in texts])
        return intent.predict_proba(given), sentiment.predict_proba(given)

    def probabilities(texts: Sequence[str]) -> tuple[Array, Array]:
        given = words.transform([prepare(text) for text in texts])
        return _columns(intent, given, tuple(INTENTS)), _columns(sentiment, given, SENTIMENTS)

    return Reader("char 1–4-grams, logistic regression", read, probabilities)


def _columns(head: Any, given: Any, labels: Sequence[str]) -> Array:
    """The probabilities of a head, its columns in the order of `labels`; 0 for one never seen."""
    said, known = head.predict_proba(given), list(head.classes_)
    nothing = np.zeros(len(said))
    columns = [said[:, known.index(label)] if label in known else nothing for label in labels]
    return np.stack(columns, axis=1)


def eager(checkpoint: Path) -> Reader:
    """torch in fp32 as it comes, of a folder as transformers saves a model.

    With `reader.pt` in it, the state of `workers.training.model.Reader`, it can be scored; without,
    the heads are untrained, and only its time is told.
    """
    import torch

    from workers.training import model, train

    state = checkpoint / "reader.pt"
    network, tokenizer = model.build(str(checkpoint), LAYERS, len(INTENTS), len(SENTIMENTS))
    if state.exists():
        network.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))
    network.eval()

    def probabilities(texts: Sequence[str]) -> tuple[Array, Array]:
        with torch.inference_mode():
            heads = network(*train.encode(tokenizer, texts))
            return tuple(head.softmax(dim=1).double().numpy() for head in heads)

    def read(texts: Sequence[str], threads: int) -> object:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        return probabilities(texts)

    return Reader(
        "torch eager (fp32)", read, lambda texts: in_batches(texts, probabilities), state.exists()
    )


def in_batches(
    texts: Sequence[str], probabilities: Callable[[Sequence[str]], tuple[Array, Array]]
) -> tuple[Array, Array]:
    """The probabilities of many texts, 64 at a time, those of like length together."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    read = [
        probabilities([texts[place] for place in order[at : at + BATCH]])
        for at in range(0, len(order), BATCH)
    ]
    back = np.argsort(order)
    intents, sentiments = (np.concatenate(column)[back] for column in zip(*read, strict=True))
    return intents, sentiments


def all_readers(
    examples: Sequence[Example], checkpoint: Path | None, say: Callable[[str], None]
) -> tuple[list[Reader], list[str]]:
    """All that can be measured here, and a sentence for each that cannot."""
    say("The model that ships …")
    found, missing = [ours()], []
    if why := why_not("sklearn", "n-grams with logistic regression"):
        missing.append(why)
    else:
        say("n-grams with logistic regression learn (under a minute) …")
        found.append(ngrams([one for one in examples if one.split == "train"]))
    if checkpoint is None:
        missing.append("torch eager was not measured: --checkpoint names the folder of a model.")
    elif why := why_not("torch", "torch eager"):
        missing.append(why)
    else:
        say("torch …")
        found.append(eager(checkpoint))
    return found, missing


def why_not(module: str, what: str) -> str:
    """Why something that needs a module is not measured; '' if the module is there."""
    if find_spec(module) is not None:
        return ""
    return f"{what} was not measured: {module} is not installed (pip install '.[train]')."
