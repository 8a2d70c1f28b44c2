"""The model card: what ships, from what, how good it is and where it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import Labels
from workers.ngrams import CHARACTERS, SOUNDS
from workers.training.data import Example
from workers.training.evaluate import Report

BASE = "intfloat/multilingual-e5-small"


def write(
    folder: Path,
    labels: Labels,
    layers: int,
    examples: Sequence[Example],
    reports: Mapping[str, Report],
    *,
    gone_on: bool = False,
) -> None:
    """Write README.md into `folder`, in the words of an engineer who must trust the model.

    `reports` are of the splits dev and test; `gone_on` says that an earlier run was continued.
    """
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name != "README.md")
    parts = (
        _head(labels, layers, size) + (_GONE_ON if gone_on else ""),
        _data(examples),
        _scores(reports),
        _table(reports["test"]),
        _mistakes(reports["test"]),
        _LIMITS,
    )
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head(labels: Labels, layers: int, size: int) -> str:
    intent, sentiment = labels.intent_weights, labels.sentiment_weights
    return f"""# The model that reads messages

Version `{labels.version}`: text in, one of {len(INTENTS)} intents and one of {len(SENTIMENTS)}
tones out.

- **Base**: the public checkpoint [`{BASE}`](https://huggingface.co/{BASE}), MIT licence, its
  vocabulary trimmed to Chinese, short ASCII, digits, punctuation and emoji.
- **Shape**: two halves, taught apart. A network: the first {layers} of the base's 12 layers (hidden
  384), the mean of all tokens, two linear heads; all but the word embeddings was fine-tuned. And
  n-grams: logistic regression on TF-IDF of runs of one to {CHARACTERS} characters and one to
  {SOUNDS} syllables as they sound, which pypinyin (MIT licence) knows.
- **Confidence**: softmax of {intent.network} times the network's logits and {intent.ngrams} times
  the n-grams' (tone: {sentiment.network} and {sentiment.ngrams}), fitted on the dev split.
- **Files**: the network as ONNX, embeddings and matrices in int8, these with a scale for each 128
  weights; the n-grams in int8, a scale for each label; this folder is {size / 1e6:.1f} MB.
- **Start**: `selfcheck.json` holds readings from the machine where the model was made. A machine
  that reads them differently refuses to start it.
- **Again**: `python -m workers.training --base CHECKPOINT --out workers/model`, with the `train`
  extra installed."""


_GONE_ON = """ It was taught in two steps: all epochs on the messages of that
  day, then two epochs, at a lower rate and `--from` what that gave, on all that there are now."""


def _data(examples: Sequence[Example]) -> str:
    splits = Counter(example.split for example in examples)
    tones = Counter(example.sentiment for example in examples)
    said = ", ".join(f"{tones[name]} {name}" for name in SENTIMENTS)
    return f"""## Data

{len(examples)} messages, written one by one for this project by the rules in
`workers/training/GUIDE.md`; none is a customer's. {splits["train"]} to learn from, {splits["dev"]}
to develop by (dev), and {splits["test"]} by an author who had seen no other (test). Of them all
{said}. While learning, most messages are changed a little each time: homophones, look-alikes, lost
punctuation, fillers, full width, traditional characters, slips of the thumb, emoji."""


def _scores(reports: Mapping[str, Report]) -> str:
    rows = [
        f"| {split} | {r.intent_f1:.3f} | {r.intent_accuracy:.3f} | {r.sentiment_f1:.3f} "
        f"| {r.sentiment_accuracy:.3f} | {r.calibration_error:.3f} | {r.agreement:.1%} |"
        for split, r in reports.items()
    ]
    head = (
        "## Scores\n\n| split | intent macro F1 | accuracy | sentiment macro F1 | accuracy "
        "| calibration error | int8 says what fp32 says |\n|---|---|---|---|---|---|---|"
    )
    alone = reports["dev"].milliseconds
    return "\n".join(
        (head, *rows, "", f"One message alone on one thread: {alone:.1f} ms (median).")
    )


def _table(report: Report) -> str:
    rows = [
        f"| {line.intent} | {line.precision:.2f} | {line.recall:.2f} | {line.f1:.2f} "
        f"| {line.messages} |"
        for line in report.lines
    ]
    head = "| intent | precision | recall | F1 | messages |\n|---|---|---|---|---|"
    return "\n".join(("## By intent, on test\n", head, *rows))


def _mistakes(report: Report) -> str:
    rows = [f"| {truth} | {said} | {count} |" for (truth, said), count in report.mistakes]
    head = "| is | read as | times |\n|---|---|---|"
    return "\n".join(("## Commonest mistakes, on test\n", head, *rows))


_LIMITS = """## Limits

- Dev and test have ten to twenty messages per intent: a score per intent is rough.
- Chinese first; English is understood less well; other languages are told apart and not read.
- Only the first 128 tokens count (some 150 Chinese characters).
- It reads one message, not the conversation: "yes" or "the second one" means nothing to it.
- It does not judge what is true, and money must never move on a reading alone."""
