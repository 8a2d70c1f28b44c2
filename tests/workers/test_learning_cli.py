"""`zaide model …` from corrections to a model that reads, and back."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.conversations import actions as talk
from domain.settings import ROOT, settings
from domain.understanding import actions
from domain.understanding.classifier import Guess
from domain.understanding.models import Reading
from tests.people import House
from tests.workers.second import second
from workers.classifier import Labels
from workers.learning_cli import training

SHIPPED = Labels.of(settings().model).version
LEARNED = ROOT / "workers" / "training" / "data"


def model(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`zaide model …` in an installation of its own."""
    environment = {**os.environ, "ZAIDE_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "workers", "model", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> str:
    """120 messages of one intent that the shipped model has learned, and some of two others."""
    rows = []
    for name in ("product", "service"):
        with (LEARNED / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows += [row for row in csv.DictReader(lines) if row["split"] == "train"]
    wanted = {"card_used": 120, "small_talk": 30, "stock_availability": 30}
    chosen = [
        row
        for intent, most in wanted.items()
        for row in [row for row in rows if row["intent"] == intent][:most]
    ]
    path = tmp_path_factory.mktemp("measure") / "test.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(chosen)
    return str(path)


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that takes used cards for invoices."""
    return str(second(tmp_path_factory.mktemp("worse"), "worse", {"card_used": "invoice"}))


@pytest.fixture(scope="module")
def equal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that reads as the shipped one does."""
    return str(second(tmp_path_factory.mktemp("equal"), "equal"))


def test_a_worse_model_is_shown_and_refused_unless_it_is_wanted(
    tmp_path: Path, measure: str, worse: str
) -> None:
    done = model(tmp_path, "compare", worse, "--on", measure)
    assert done.returncode == 1, done.stderr
    assert "worse, beyond chance, on all intents" in done.stderr
    assert "card_used (" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if "card_used" in line]
    assert [cell for cell in rows[0] if cell != "│"][1] == "120"
    assert model(tmp_path, "compare", worse, "--on", measure, "--force").returncode == 0


def test_a_model_is_promoted_if_it_is_no_worse_and_taken_back(
    tmp_path: Path, measure: str, worse: str, equal: str
) -> None:
    refused = model(tmp_path, "promote", worse, "--on", measure)
    assert refused.returncode == 1
    assert not (tmp_path / "models").exists()
    taken = model(tmp_path, "promote", equal, "--on", measure)
    assert taken.returncode == 0, taken.stderr
    assert "equal reads from now on" in taken.stdout
    assert model(tmp_path, "promote", worse, "--force").returncode == 0
    listed = model(tmp_path, "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [
        [SHIPPED, str(settings().model)],
        ["equal", str(tmp_path / "models" / "equal")],
        ["*", "worse"],
    ]
    back = model(tmp_path, "rollback")
    assert back.stdout.startswith("equal reads from now on, and worse no more")


def test_nothing_is_promoted_unmeasured_or_broken(tmp_path: Path, equal: str) -> None:
    unmeasured = model(tmp_path, "promote", equal)
    assert unmeasured.returncode == 2
    assert "--on FILE" in unmeasured.stderr
    nothing = model(tmp_path, "promote", str(tmp_path), "--force")
    assert nothing.returncode == 1
    assert "cannot be opened" in nothing.stderr
    assert "Traceback" not in nothing.stderr
    assert not (tmp_path / "models").exists()


def test_training_without_its_packages_says_how_to_install_them(tmp_path: Path) -> None:
    done = model(tmp_path, "train", "--with", "corrections.csv")
    assert done.returncode == 1
    assert f"{sys.executable} -m pip install torch==" in done.stderr
    assert "scikit-learn==" in done.stderr


def test_training_is_told_of_the_corrections_and_of_all_else_that_was_said(tmp_path: Path) -> None:
    words = training(tmp_path / "new", [tmp_path / "a.csv"], ["--epochs", "1"])
    assert words[1:5] == ["-m", "workers.training", "--out", str(tmp_path / "new")]
    assert words[5:] == ["--with", str(tmp_path / "a.csv"), "--epochs", "1"]


async def test_what_agents_corrected_comes_out_as_rows_to_learn_from(
    house: House, tmp_path: Path
) -> None:
    mark = "".join(chr(97 + int(digit, 16)) for digit in house.id.hex[-12:])
    for text, intent, sentiment in (
        (f"手机 13812345678 的卡密用不了{mark}", "card_invalid", None),
        (f"垃圾{mark}", None, "negative"),
    ):
        message = await talk.receive(house.eve, text)
        guess = Guess("other", 0.4, "neutral", 0.9, (), "old-1")
        await actions.note(await actions.unread([message.id]), [guess])
        reading = await Reading.get(message_id=message.id)
        await actions.correct(house.alice, reading.id, "pricing")
        await actions.correct(house.alice, reading.id, intent, sentiment)
    out = tmp_path / "corrections.csv"
    done = model(tmp_path, "export-corrections", "--out", str(out))
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if mark in row["text"]]
    assert [(row["intent"], row["sentiment"]) for row in rows] == [
        ("card_invalid", "neutral"),
        ("pricing", "negative"),
    ]
    assert {(row["split"], row["source"]) for row in rows} == {("train", "correction")}
    assert "13812345678" not in rows[0]["text"]
    assert "手机" in rows[0]["text"]


def test_corrections_of_no_installation_are_refused_in_a_sentence(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "", "ZAIDE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "workers", "model", "export-corrections"],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "start ./zaide up first" in done.stderr
