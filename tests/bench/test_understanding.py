"""What `bench understanding` makes of what it measured."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bench.understanding import Run, Sample, memory, sampled, told
from bench.understanding.readers import OURS, Array, Reader, in_batches, ngrams, why_not
from bench.understanding.scores import Score, eprstmt, public, score, two_classes, waimai
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers.training.data import Example

TEXTS = ["付了两次钱", "好", "怎么充值", "卡密无效" * 20]


def certain(texts: Sequence[str]) -> tuple[Array, Array]:
    """Somebody who reads an invoice, in a good mood, in all that has no question mark."""
    intents, tones = np.zeros((len(texts), len(INTENTS))), np.zeros((len(texts), len(SENTIMENTS)))
    for row, text in enumerate(texts):
        intents[row, list(INTENTS).index("other" if "？" in text else "invoice")] = 1
        tones[row] = [0.2, 0.7, 0.1] if "？" in text else [0.1, 0.6, 0.3]
    return intents, tones


def a_run(p50: float = 5.0, rate: float = 200.0, megabytes: float = 300.0) -> Run:
    """Three rounds, in the first of which all goes well."""
    samples = [Sample(4.0, 8.0, 300.0), Sample(p50, 9.0, rate), Sample(p50, 9.0, rate)]
    run = Run(900, {OURS: samples, "n-grams": samples}, [200.0, megabytes, megabytes])
    run.scores = {OURS: {"dev": Score(0.9, 0.8, 0.7, 0.6), "test": Score(0.95, 0.85, 0.75, 0.65)}}
    run.public = {OURS: {"waimai": 0.876}}
    run.notes = ["torch eager was not measured."]
    return run


# Scores


def test_a_reader_is_scored_by_what_the_authors_meant() -> None:
    examples = [
        Example("发票", "invoice", "neutral", "dev"),
        Example("啊？", "other", "neutral", "dev"),
        Example("嗯", "other", "negative", "dev"),
    ]
    found = score(certain, examples)
    assert found.intent_accuracy == pytest.approx(2 / 3)
    assert found.intent_f1 == pytest.approx(2 / 3)
    assert found.sentiment_accuracy == pytest.approx(2 / 3)
    assert found.sentiment_f1 == pytest.approx(0.4)


def test_of_two_classes_the_likelier_counts_and_neutral_does_not() -> None:
    assert two_classes(certain, [("好", True), ("坏？", False), ("坏", False)]) == 2 / 3


# Public sets


def test_the_public_sets_are_read_in_either_form(tmp_path: Path) -> None:
    rows = [{"sentence": "好", "label": "Positive"}, {"sentence": "坏", "label": "Negative"}]
    for text in (json.dumps(rows), "\n".join(json.dumps(row) for row in rows) + "\n"):
        (tmp_path / "set.json").write_text(text, encoding="utf-8")
        assert eprstmt(tmp_path / "set.json") == [("好", True), ("坏", False)]
    (tmp_path / "set.csv").write_text('label,review\n1,好\n0,"坏，\n慢"\n', encoding="utf-8")
    assert waimai(tmp_path / "set.csv") == [("好", True), ("坏，\n慢", False)]


def test_sets_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "waimai_10k.csv").write_text("label,review\n1,好\n", encoding="utf-8")
    found, missing = public(tmp_path)
    assert found == {"waimai": [("好", True)]}
    assert len(missing) == 1
    assert "eprstmt/test_public.json" in missing[0]
    assert public(None)[0] == {}
    assert "--public" in public(None)[1][0]


# Readers


def test_what_cannot_be_measured_is_said_in_a_sentence() -> None:
    assert why_not("json", "JSON") == ""
    assert "no_such_module is not installed" in why_not("no_such_module", "It")


def test_batches_give_back_the_order_of_the_texts() -> None:
    sizes: list[int] = []

    def lengths(texts: Sequence[str]) -> tuple[Array, Array]:
        sizes.append(len(texts))
        found = np.array([[float(len(text))] for text in texts])
        return found, -found

    texts = ["x" * (n * 37 % 101) for n in range(150)]
    first, second = in_batches(texts, lengths)
    assert first[:, 0].tolist() == [len(text) for text in texts]
    assert second[:, 0].tolist() == [-len(text) for text in texts]
    assert sizes == [64, 64, 22]


def test_ngrams_learn_what_is_meant() -> None:
    pytest.importorskip("sklearn")
    lines = [("发票", "invoice", "neutral"), ("退款快点", "refund_request", "negative"),
             ("谢谢", "small_talk", "positive")]  # fmt: skip
    reader = ngrams(
        [Example(f"{text}{n}", *rest, "train") for text, *rest in lines for n in "甲乙丙"]
    )
    intents, tones = reader.probabilities(["我要发票", "谢谢你"])
    assert [tuple(INTENTS)[place] for place in intents.argmax(axis=1)] == ["invoice", "small_talk"]
    assert [SENTIMENTS[place] for place in tones.argmax(axis=1)] == ["neutral", "positive"]
    assert intents.sum(axis=1) == pytest.approx([1, 1])
    reader.read(["我要发票"], 1)


def test_each_text_is_read_alone_and_then_in_batches() -> None:
    read: list[tuple[int, int]] = []
    reader = Reader("x", lambda texts, threads: read.append((len(texts), threads)), certain)
    found = sampled(reader, ["你好"] * 70)
    assert read == [(64, 1), *[(1, 1)] * 70, (64, 2), (64, 2), (6, 2)]
    assert 0 < found.p50 <= found.p99
    assert found.rate > 0


# Memory


def test_a_share_of_memory_is_read_from_what_linux_tells() -> None:
    rollup = "55d0-7ffd ---p 0 00:00 0 [rollup]\nRss: 9000 kB\nPss:   1234 kB\nPss_Dirty: 8 kB\n"
    assert memory.proportional(rollup) == 1234 * 1024
    with pytest.raises(ValueError, match="Pss"):
        memory.proportional("Rss: 1 kB\n")


# What is told


def test_the_median_of_the_rounds_is_held_against_what_is_promised() -> None:
    assert told.holds(a_run())
    assert [goal.is_reached for goal in told.goals(a_run(p50=10.5))] == [False, True, True]
    assert [goal.is_reached for goal in told.goals(a_run(rate=149.0))] == [True, False, True]
    assert [goal.is_reached for goal in told.goals(a_run(megabytes=501.0))] == [True, True, False]


def test_memory_that_was_not_measured_is_not_missed() -> None:
    run = a_run()
    run.memory = []
    assert len(told.goals(run)) == 2
    assert told.holds(run)


def test_a_table_shows_each_reader_with_what_is_known_of_it() -> None:
    out = io.StringIO()
    told.tell(Console(file=out, width=200), a_run())
    lines = out.getvalue().splitlines()
    ours = next(line for line in lines if OURS in line)
    for part in ("5.0 (4.0–5.0)", "200 (200–300)", "90.0 / 80.0", "95.0 / 85.0", "87.6"):
        assert part in ours
    assert "–" in next(line for line in lines if "n-grams" in line)
    assert any("torch eager was not measured" in line for line in lines)


def test_a_report_holds_every_round() -> None:
    found = json.loads(json.dumps(told.report(a_run())))
    assert found["holds"] is True
    assert found["readers"][OURS]["medians"] == {"p50": 5.0, "p99": 9.0, "rate": 200.0}
    assert len(found["readers"]["n-grams"]["rounds"]) == 3
    assert found["readers"][OURS]["public"] == {"waimai": 0.876}
    assert [goal["reached"] for goal in found["goals"]] == [True, True, True]
