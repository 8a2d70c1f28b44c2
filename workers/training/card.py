"""The model card: what ships, from what, how good it is and where it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.training.data import Example
from workers.training.evaluate import Report

BASE = "intfloat/multilingual-e5-small"


def write(
    folder: Path, version: str, layers: int, examples: Sequence[Example], report: Report
) -> None:
    """Write README.md into `folder`, in the words of an engineer who must trust the model."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name != "README.md")
    parts = (
        _head(version, layers, size),
        _data(examples),
        _scores(report),
        _table(report),
        _mistakes(report),
        _LIMITS,
    )
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head(version: str, layers: int, size: int) -> str:
    return f"""# The model that reads messages

Version `{version}`: text in, one of {len(INTENTS)} intents and one of {len(SENTIMENTS)} tones out.

- **Base**: the public checkpoint [`{BASE}`](https://huggingface.co/{BASE}), MIT licence, its
  vocabulary trimmed to Chinese, short ASCII, digits, punctuation and emoji.
- **Shape**: the first {layers} of its 12 layers (hidden 384), the mean of all tokens, two linear
  heads. Everything but the word embeddings was fine-tuned.
- **File**: ONNX, matrices and embeddings in int8, but for one delicate matrix in fp32; this
  folder is {size / 1e6:.1f} MB.
- **Confidence**: softmax of the logits over a temperature that was fitted on the dev split.
- **Start**: `selfcheck.json` holds readings from the machine where the model was made. A machine
  that reads them differently refuses to start it.
- **Again**: `python -m workers.training --base CHECKPOINT --out workers/model`, with the `train`
  extra installed."""


def _data(examples: Sequence[Example]) -> str:
    splits = Counter(example.split for example in examples)
    tones = Counter(example.sentiment for example in examples)
    said = ", ".join(f"{tones[name]} {name}" for name in SENTIMENTS)
    return f"""## Data

{len(examples)} messages, written one by one for this project by the rules in
`workers/training/GUIDE.md`; none is a customer's. {splits["train"]} to learn from, {splits["dev"]}
to measure (dev), which were written last; an earlier dev, whose mistakes had been looked at, is
learned from now. Of them all {said}. While learning, half of the messages are changed a little:
homophones, lost punctuation, fillers, a lost character."""


def _scores(report: Report) -> str:
    return f"""## Scores on dev

| | macro F1 | accuracy |
|---|---|---|
| intent | {report.intent_f1:.3f} | {report.intent_accuracy:.3f} |
| sentiment | {report.sentiment_f1:.3f} | {report.sentiment_accuracy:.3f} |

- Expected calibration error of the intent: {report.calibration_error:.3f}.
- int8 and fp32 agree on the first intent of {report.agreement:.1%} of these messages.
- One message alone on one thread: {report.milliseconds:.1f} ms (median)."""


def _table(report: Report) -> str:
    rows = [
        f"| {line.intent} | {line.precision:.2f} | {line.recall:.2f} | {line.f1:.2f} "
        f"| {line.messages} |"
        for line in report.lines
    ]
    head = "## By intent\n\n| intent | precision | recall | F1 | messages |\n|---|---|---|---|---|"
    return "\n".join((head, *rows))


def _mistakes(report: Report) -> str:
    rows = [f"| {truth} | {said} | {count} |" for (truth, said), count in report.mistakes]
    return "\n".join(("## Commonest mistakes\n\n| is | read as | times |\n|---|---|---|", *rows))


_LIMITS = """## Limits

- Dev has about seven messages per intent, by the same author as the rest and plainer than they
  are; temperatures, epochs and the fp32 matrix were chosen on it. Scores per intent are rough,
  and real customers will be harder.
- Chinese first; English is understood less well, other languages hardly.
- Only the first 128 tokens count (some 150 Chinese characters).
- It reads one message, not the conversation: "yes" or "the second one" means nothing to it.
- Sarcasm and mild anger are often read as neutral.
- The whole batch shares one int8 scale, so a probability may move by some hundredths with the
  company a message is read in.
- It does not judge what is true, and money must never move on a reading alone."""
