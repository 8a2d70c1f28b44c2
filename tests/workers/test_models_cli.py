"""`zaide model evaluate` measures a model on messages that somebody annotated."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.understanding.classifier import Classifier
from workers.__main__ import app
from workers.scores import scored

ANNOTATED = [
    ("卡密用不了，提示无效", "card_invalid", "neutral"),
    ("我要人工", "human_handoff", "neutral"),
    ("付了两次钱", "duplicate_charge", "neutral"),
    ("谢谢，你们真好", "small_talk", "positive"),
    ("怎么充值", "recharge_howto", "neutral"),
    ("能开发票吗", "pricing", "neutral"),  # Annotated wrongly, so that there is a confusion.
    ("垃圾客服，什么态度，再也不来了！", "service_complaint", "negative"),
]


def evaluate(*words: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["model", "evaluate", *map(str, words)], input=stdin)


def annotated(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "intent", "sentiment"), *rows])
    return path


def test_scores_are_printed_and_reported(tmp_path: Path, classifier: Classifier) -> None:
    report = tmp_path / "report.json"
    done = evaluate(annotated(tmp_path / "messages.csv", ANNOTATED), "--report", report)
    assert done.exit_code == 0, done.output
    texts, intents, sentiments = zip(*ANNOTATED, strict=True)
    scores = scored(intents, sentiments, classifier.read(texts))
    told, expected = json.loads(report.read_text(encoding="utf-8")), asdict(scores)
    assert told.pop("model") == classifier.version
    # More threads may round otherwise.
    told_error, error = told.pop("calibration_error"), expected.pop("calibration_error")
    assert told_error == pytest.approx(error, abs=0.01)
    assert told == json.loads(json.dumps(expected))
    words = done.stdout.split()
    assert f"{scores.intent_f1:.3f}" in words
    assert f"{scores.sentiment_f1:.3f}" in words
    assert f"{told_error:.3f}" in words
    assert {intent for _, intent, _ in ANNOTATED} <= set(words)
    lines = done.stdout.splitlines()
    worst = next(line for line in lines if "pricing" in line and "invoice" in line)
    assert worst.strip("│ ").split() == ["pricing", "│", "invoice", "│", "1"]


def test_a_file_may_come_by_standard_input_and_spaces_around_a_label_mean_nothing() -> None:
    done = evaluate("-", stdin="sentiment,intent,text\nneutral , human_handoff,我要人工\n".encode())
    assert done.exit_code == 0, done.output
    assert "1 messages" in done.stdout


def test_a_label_that_is_none_is_named_with_its_line_and_the_nearest_one(tmp_path: Path) -> None:
    rows = [("我要\n人工", "human_handof", "neutral"), ("你好", "small_talk", "positve")]
    rows += [("卡密无效", "", "neutral")]
    done = evaluate(annotated(tmp_path / "messages.csv", rows))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[1:] == [
        "  line 2: 'human_handof' is no intent; the nearest is human_handoff",
        "  line 4: 'positve' is no sentiment; the nearest is positive",
        "  line 5: there is no intent",
    ]


def test_of_many_wrong_labels_the_first_are_named_and_all_counted(tmp_path: Path) -> None:
    done = evaluate(annotated(tmp_path / "messages.csv", [("你好", "greeting", "neutral")] * 1200))
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 7
    assert lines[5].startswith("  line 6: 'greeting' is no intent; the nearest is ")
    assert lines[6] == "  and 1,195 more"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,intent,sentiment\n", "messages.csv has no messages to measure by."),
        ("text,intent\n你好,small_talk\n", "messages.csv has no column sentiment."),
    ],
)
def test_a_file_without_what_it_takes_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(content, encoding="utf-8")
    done = evaluate(path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_another_model_may_be_named(tmp_path: Path) -> None:
    path = annotated(tmp_path / "messages.csv", ANNOTATED)
    done = evaluate(path, "--model", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"The model in {tmp_path} cannot be opened" in done.stderr


def test_a_report_that_cannot_be_written_is_said_after_the_scores(tmp_path: Path) -> None:
    path = annotated(tmp_path / "messages.csv", ANNOTATED)
    done = evaluate(path, "--report", tmp_path / "none" / "report.json")
    assert done.exit_code == 2
    assert "macro F1" in done.stdout
    assert "cannot be written: No such file or directory" in done.stderr
