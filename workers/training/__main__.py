"""`python -m workers.training`: learn, calibrate, export, measure, and write the folder."""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import OnnxClassifier, open_unchecked
from workers.training import card, data, export, train
from workers.training import model as network
from workers.training.evaluate import Report, evaluate

CONSOLE = Console()


def main() -> None:
    """Read the command line and do all of it."""
    options = _options()
    torch.set_num_threads(options.threads)
    plan = train.Plan(epochs=options.epochs, seed=options.seed)
    report = run(options.base, options.layers, plan, options.out)
    CONSOLE.print(
        f"intent macro F1 {report.intent_f1:.3f}, sentiment {report.sentiment_f1:.3f}, "
        f"int8 agrees {report.agreement:.1%}, {report.milliseconds:.1f} ms; see {options.out}"
    )


def run(base: str, layers: int, plan: train.Plan, out: Path) -> Report:
    """Train on `base` cut to `layers` layers and write the result to `out`; takes minutes."""
    rng = train.fix_seed(plan.seed)
    examples = data.read()
    tokenizer = network.tokenizer(base)
    reader = network.build(base, layers, len(INTENTS), len(SENTIMENTS))
    _teach(reader, tokenizer, [one for one in examples if one.split == "train"], plan, rng)
    classifier = _ship(reader, tokenizer, [one for one in examples if one.split == "dev"], out)
    return _measure(classifier, reader, tokenizer, examples, layers, out)


def _teach(
    reader: network.Reader,
    tokenizer: object,
    examples: list[data.Example],
    plan: train.Plan,
    rng: random.Random,
) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=CONSOLE) as progress:
        task = progress.add_task("learning", total=plan.epochs)

        def advance(epoch: int, loss: float) -> None:
            progress.update(task, completed=epoch + 1, description=f"learning, loss {loss:.3f}")

        train.fit(reader, tokenizer, examples, plan, rng, advance)


def _ship(
    reader: network.Reader, tokenizer: object, dev: list[data.Example], out: Path
) -> OnnxClassifier:
    """Write everything but the card, and open it."""
    out.mkdir(parents=True, exist_ok=True)
    intent, sentiment = train.logits(reader, tokenizer, [one.text for one in dev])
    with tempfile.TemporaryDirectory() as scratch:
        export.to_onnx(reader, Path(scratch) / "fp32.onnx")
        export.quantize(Path(scratch) / "fp32.onnx", out / "model.onnx")
    export.write_tokenizer(out, tokenizer)
    export.write_labels(
        out,
        train.temperature(intent, [train.INTENT_INDEX[one.intent] for one in dev]),
        train.temperature(sentiment, [train.SENTIMENT_INDEX[one.sentiment] for one in dev]),
    )
    classifier = open_unchecked(out, threads=1)
    export.write_self_check(out, classifier)
    return classifier


def _measure(
    classifier: OnnxClassifier,
    reader: network.Reader,
    tokenizer: object,
    examples: list[data.Example],
    layers: int,
    out: Path,
) -> Report:
    dev = [one for one in examples if one.split == "dev"]
    fp32, _ = train.logits(reader, tokenizer, [one.text for one in dev])
    codes = tuple(INTENTS)
    report = evaluate(classifier, dev, [codes[index] for index in fp32.argmax(axis=1)])
    card.write(out, classifier.version, layers, examples, report)
    return report


def _options() -> argparse.Namespace:
    defaults = train.Plan()
    parser = argparse.ArgumentParser(prog="python -m workers.training", description=__doc__)
    parser.add_argument("--base", default=card.BASE, help="a checkpoint's folder or hub name")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("workers/model"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
