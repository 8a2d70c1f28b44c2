"""`python -m workers.training`: learn, calibrate, export, measure, and write the folder.

Needs the `train` extra. On two cores an epoch over 8,000 messages takes a few minutes; what was
learned is kept after each, so that the same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from domain.settings import settings
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.classifier import Weights, open_unchecked
from workers.training import card, data, export, ngrams, train
from workers.training import model as network
from workers.training.evaluate import Report, evaluate
from workers.training.spelling import sounds, spelling
from workers.training.whole import Whole, heard

CONSOLE = Console()


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be taught to what, and where what was learned is kept."""

    base: str
    layers: int
    plan: train.Plan
    examples: list[data.Example]
    run: Path
    device: str
    teachers: tuple[Path, ...] = ()
    half: bool = False
    start: Path | None = None

    def of(self, split: str) -> list[data.Example]:
        """The messages of a split."""
        return [one for one in self.examples if one.split == split]


def main() -> None:
    """Read the command line and do all of it."""
    options = _options()
    torch.set_num_threads(options.threads)
    work = Work(
        options.base,
        options.layers,
        train.Plan(epochs=options.epochs, seed=options.seed, encoder_rate=options.rate),
        data.read(more=options.more),
        options.run or settings().home / "training" / f"{options.layers}-layers-{options.seed}",
        _device(options.device),
        tuple(options.teacher),
        options.half,
        options.start,
    )
    if options.curve:
        curve(work, options.curve)
        return
    reader, tokenizer = learn(work)
    if options.out:
        report = ship(work, reader, tokenizer, options.out)
        CONSOLE.print(
            f"On dev: intent macro F1 {report.intent_f1:.3f}, sentiment {report.sentiment_f1:.3f}; "
            f"int8 agrees {report.agreement:.1%}, {report.milliseconds:.1f} ms; see {options.out}"
        )


def learn(work: Work) -> tuple[network.Reader, Any]:
    """Teach a reader all messages of the train split; it and its tokenizer."""
    reader, tokenizer = _fresh(work, work.layers)
    if work.start:
        network.load(reader, work.start)
    teachers = [network.load(_fresh(work, network.layers_of(p))[0], p) for p in work.teachers]
    lessons = train.Lessons(
        reader,
        tokenizer,
        work.of("train"),
        work.plan,
        spelling=spelling(one.text for one in work.of("train")),
        teachers=teachers,
        run=work.run,
        device=work.device,
        half=work.half,
    )
    if lessons.epoch:
        CONSOLE.print(f"Going on after epoch {lessons.epoch}, as {work.run} has it.")
    for epoch in range(lessons.epoch, work.plan.epochs):
        with _progress(f"epoch {epoch + 1} of {work.plan.epochs}", lessons.steps) as step:
            lessons.learn(step)
        dev = work.of("dev")
        logits = train.logits(reader, tokenizer, [one.text for one in dev])
        intent, sentiment = heard(dev, *logits)
        CONSOLE.print(f"epoch {epoch + 1}: on dev intent {intent:.3f}, sentiment {sentiment:.3f}")
    network.save(reader.to("cpu"), work.run / "reader.pt")
    return reader, tokenizer


def curve(work: Work, sizes: list[int]) -> None:
    """Print how good the same lessons are with so many messages of each intent."""
    names = ("dev intent", "the network alone", "dev sentiment", "the network alone")
    table = Table("messages per intent", *names, title="Learning curve, macro F1")
    dev = work.of("dev")
    for size in sizes:
        few = data.at_most(work.of("train"), size, random.Random(work.plan.seed))
        run = work.run / f"curve-{size}"
        part = replace(work, examples=[*few, *dev], run=run)
        whole = Whole(*learn(part), ngrams.learn(few, sounds()))
        alone = whole.heard(dev, (Weights(1, 0), Weights(1, 0)))
        both = whole.heard(dev, whole.fitted(dev))
        scores = (both[0], alone[0], both[1], alone[1])
        table.add_row(f"{size}", *(f"{score:.3f}" for score in scores))
    CONSOLE.print(table)


def ship(work: Work, reader: network.Reader, tokenizer: Any, out: Path) -> Report:
    """Write the folder that a worker loads, and its card; what it scores on dev."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        export.to_onnx(reader, Path(scratch) / "fp32.onnx")
        export.quantize(Path(scratch) / "fp32.onnx", out / "model.onnx")
    export.write_tokenizer(out, tokenizer)
    with CONSOLE.status("n-grams are learned (some minutes)"):
        wide = ngrams.learn(work.of("train"), sounds())
    wide.save(out)
    whole = Whole(reader, tokenizer, wide)
    labels = export.write_labels(out, *whole.fitted(work.of("dev")))
    classifier = open_unchecked(out, threads=1)
    export.write_self_check(out, classifier)
    reports = {
        split: evaluate(classifier, work.of(split), whole.intents(work.of(split), labels))
        for split in ("dev", "test")
    }
    card.write(out, labels, work.layers, work.examples, reports, gone_on=work.start is not None)
    return reports["dev"]


def _fresh(work: Work, layers: int) -> tuple[network.Reader, Any]:
    return network.build(work.base, layers, len(INTENTS), len(SENTIMENTS))


@contextmanager
def _progress(what: str, steps: int) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=CONSOLE) as progress:
        task, seen = progress.add_task(what, total=steps), [0.0, 0]

        def step(loss: float) -> None:
            seen[0], seen[1] = seen[0] + loss, seen[1] + 1
            progress.update(task, advance=1, description=f"{what}, loss {seen[0] / seen[1]:.3f}")

        yield step


def _device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def _options() -> argparse.Namespace:
    defaults = train.Plan()
    parser = argparse.ArgumentParser(prog="python -m workers.training", description=__doc__)
    add = parser.add_argument
    add("--base", default=card.BASE, help="a checkpoint's folder, or its name on the hub")
    add("--layers", type=int, default=6, help="how many of its layers (default 6)")
    add("--epochs", type=int, default=defaults.epochs)
    add("--rate", type=float, default=defaults.encoder_rate, help="the encoder's learning rate")
    add("--seed", type=int, default=defaults.seed)
    add("--threads", type=int, default=2)
    add("--device", default="auto", help="cpu, cuda, or auto: a GPU where there is one")
    natively = "multiply in bfloat16: up to twice as fast where the processor does so natively"
    add("--bfloat16", dest="half", action="store_true", help=natively)
    several: dict[str, Any] = {"type": Path, "action": "append", "default": []}
    add("--teacher", **several, help="an earlier run's reader.pt to learn from; again for more")
    add("--with", dest="more", **several, help="a CSV of further messages, such as corrections")
    again = (
        "go on from an earlier run's reader.pt: fewer epochs, at a lower --rate, for new messages"
    )
    add("--from", dest="start", type=Path, metavar="READER", help=again)
    add("--run", type=Path, help="the folder that keeps what was learned (default: in the home)")
    add("--curve", type=int, nargs="+", help="learn with so many per intent, and compare")
    add("--out", type=Path, default=Path("workers/model"), help="where to write what ships")
    add("--no-ship", dest="out", action="store_const", const=None, help="only learn")
    return parser.parse_args()


if __name__ == "__main__":
    main()
