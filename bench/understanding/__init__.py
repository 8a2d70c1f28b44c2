"""Understanding: how fast and how right the model is, beside n-grams and beside torch.

A message alone is read on one thread and one core, batches of 64 on two threads and two cores.
Each round measures every reader, and begins with another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.figures import percentile
from bench.pinned import cores, on
from bench.progress import progress
from bench.understanding import memory, scores
from bench.understanding.readers import BATCH, Reader, all_readers
from bench.understanding.scores import Score
from workers.training import data

SPLITS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Sample:
    """One reader in one round: milliseconds of a message alone, messages a second in batches."""

    p50: float
    p99: float
    rate: float


@dataclass
class Run:
    """All rounds, by reader; `memory` is in megabytes. `notes` are what a reader must know."""

    messages: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    scores: dict[str, dict[str, Score]] = field(default_factory=dict)
    public: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def measure(
    console: Console, rounds: int, checkpoint: Path | None = None, folder: Path | None = None
) -> Run:
    """Measure all readers `rounds` times, and score them once.

    `checkpoint` is the folder of what torch reads with, `folder` that of the public sets.
    """
    examples = data.read()
    texts = [one.text for one in examples if one.split in SPLITS]
    with progress(console) as say, on(cores().server | cores().others):
        readers, missing = all_readers(examples, checkpoint, say)
        run = Run(len(texts), notes=missing)
        if not cores().apart:
            run.notes.append("There is one core only: two threads share it.")
        for number in range(rounds):
            turn = number % len(readers)
            for reader in readers[turn:] + readers[:turn]:
                say(f"Round {number + 1} of {rounds}: {reader.name} …")
                run.samples.setdefault(reader.name, []).append(sampled(reader, texts))
            say(f"Round {number + 1} of {rounds}: memory …")
            taken = memory.measured()
            run.memory += [] if taken is None else [taken]
        _score(run, readers, examples, folder, say)
    if not run.memory:
        run.notes.append("Memory was not measured: this system does not tell a process' share.")
    return run


def sampled(reader: Reader, texts: Sequence[str]) -> Sample:
    """One reader over all texts, each alone and then in batches, after a batch to get warm."""
    with on(cores().server):
        reader.read(texts[:BATCH], 1)
        taken = sorted(_seconds(lambda text=text: reader.read([text], 1)) for text in texts)
    batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
    reader.read(batches[0], 2)
    together = _seconds(lambda: [reader.read(batch, 2) for batch in batches])
    return Sample(
        percentile(taken, 0.5) * 1000, percentile(taken, 0.99) * 1000, len(texts) / together
    )


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _score(
    run: Run,
    readers: Sequence[Reader],
    examples: Sequence[data.Example],
    folder: Path | None,
    say: Callable[[str], None],
) -> None:
    """Who of those that were trained is how right, on our splits and on the public sets."""
    sets, missing = scores.public(folder)
    run.notes += missing
    for reader in readers:
        if not reader.is_trained:
            run.notes.append(
                f"{reader.name} has no trained heads (reader.pt): its time alone counts."
            )
            continue
        for split in SPLITS:
            say(f"How right, on {split}: {reader.name} …")
            of_split = [one for one in examples if one.split == split]
            found = scores.score(reader.probabilities, of_split)
            run.scores.setdefault(reader.name, {})[split] = found
        for name, opinions in sets.items():
            say(f"How right, on {name}: {reader.name} …")
            share = scores.two_classes(reader.probabilities, opinions)
            run.public.setdefault(reader.name, {})[name] = share
