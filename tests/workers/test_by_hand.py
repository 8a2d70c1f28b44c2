"""A CSV file of messages becomes readings, row by row, without any server."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.settings import ROOT
from domain.understanding.classifier import Classifier, Guess
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers import by_hand, tables
from workers.__main__ import app

SECRETS = ("13812345678", "ABCD-EFGH-1234-5678", "buyer@example.com", "hunter2pass")
SPOKEN = "我手机{}，卡密 {} 用不了，邮箱{}，密码：{}，付了30元".format(*SECRETS)


def zaide(*words: str | Path, stdin: bytes = b"") -> Result:
    """Run the command as `./zaide` forwards it."""
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


def table(path: Path, texts: Sequence[str], encoding: str = "utf-8") -> Path:
    """A CSV file of messages, with columns that nobody asks for."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["id", "text", "备注"], *(["1", text, "好"] for text in texts)])
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Listening:
    """The shipped model, with all that it was given to read."""

    def __init__(self, classifier: Classifier) -> None:
        self.version = classifier.version
        self.classifier = classifier
        self.heard: list[list[str]] = []

    def read(self, texts: Sequence[str]) -> list[Guess]:
        self.heard.append(list(texts))
        return self.classifier.read(texts)


def test_each_message_of_a_file_gets_a_row_in_its_order(tmp_path: Path) -> None:
    texts = ["我要人工", "", "付了两次钱\n麻烦帮我看看", "你好", '他说"卡密无效", 是吗'] * 30
    out = tmp_path / "readings.csv"
    done = zaide("understand", table(tmp_path / "messages.csv", texts), "--out", out)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    written = out.read_bytes()
    assert not written.startswith(codecs.BOM_UTF8)
    said = rows(written.decode())
    assert [row["text"] for row in said] == texts
    assert [row["intent"] for row in said[:4]] == [
        "human_handoff", "other", "duplicate_charge", "small_talk",
    ]  # fmt: skip
    for row in said:
        assert tuple(row) == by_hand.COLUMNS
        assert row["intent"] in INTENTS
        assert row["sentiment"] in SENTIMENTS
        assert 0 <= float(row["confidence"]) <= 1
        assert 0 <= float(row["sentiment_confidence"]) <= 1
        assert json.loads(row["entities"])["language"] == "zh"
    assert [(row["confidence"], row["sentiment"]) for row in said if not row["text"]] == [
        ("0.0000", "neutral")
    ] * 30
    assert sorted(os.listdir(tmp_path)) == ["messages.csv", "readings.csv"]


def test_a_message_is_read_as_a_live_one_without_its_secrets(classifier: Classifier) -> None:
    listening = Listening(classifier)
    [guess] = by_hand.guesses([SPOKEN], listening)
    [[heard]] = listening.heard
    assert heard == (
        "我手机[手机号 尾号5678]，卡密 [卡密 尾号5678] 用不了，邮箱[邮箱]，密码：[密码]，付了30元"
    )
    assert guess == classifier.read([heard])[0]


def test_entities_are_read_before_that_and_hold_no_secret() -> None:
    done = zaide("understand", "-", stdin=f"text\n{SPOKEN}\n".encode())
    [row] = rows(done.stdout)
    assert row["text"] == SPOKEN, "as it came in"
    assert json.loads(row["entities"]) == {
        "amounts": ["30.00"],
        "phones": ["138****5678"],
        "emails": ["b***@example.com"],
        "cards": 2,
        "language": "zh",
    }
    assert not any(secret in row["entities"] for secret in SECRETS)


def test_an_order_number_is_told_and_what_is_called_a_card_is_not() -> None:
    said = "text\n单号 8K3JQ2LMZX7P0QWE 没到\n卡密 8K3JQ2LMZX7P0QWE 没用\n"
    order, card = rows(zaide("understand", "-", stdin=said.encode()).stdout)
    assert json.loads(order["entities"])["orders"] == ["8K3JQ2LMZX7P0QWE"]
    assert json.loads(card["entities"]) == {"cards": 1, "language": "zh"}


def test_a_file_of_excel_is_answered_so_that_excel_can_read_it(tmp_path: Path) -> None:
    for encoding, note in (("utf-8-sig", ""), ("gb18030", "was read as GB18030 (GBK)")):
        path = table(tmp_path / f"{encoding}.csv", ["我要人工"], encoding)
        done = zaide("understand", path)
        assert note in done.stderr
        assert bool(done.stderr) == bool(note)
        assert done.stdout_bytes.startswith(codecs.BOM_UTF8)
        [row] = rows(done.stdout_bytes.decode("utf-8-sig"))
        assert (row["text"], row["intent"]) == ("我要人工", "human_handoff")


def test_readings_come_while_most_of_a_file_is_still_unread(
    tmp_path: Path, classifier: Classifier
) -> None:
    listening = Listening(classifier)
    with tables.opened("m.csv", table(tmp_path / "m.csv", ["你好"] * 200), "text") as messages:
        readings = by_hand.read(messages, listening)
        assert next(readings)[1].intent == "small_talk"
        assert [len(heard) for heard in listening.heard] == [64]
        assert len(list(readings)) == 199
    assert [len(heard) for heard in listening.heard] == [64, 64, 64, 8]


def test_a_log_is_told_now_and_then_how_far_it_is(
    tmp_path: Path, classifier: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "messages.csv", [""] * 13_000)
    with tables.opened("messages.csv", path, "text") as messages:
        assert sum(1 for _ in by_hand.read(messages, classifier)) == 13_000
    assert capsys.readouterr().err == "read 6,400 of 13,000\nread 12,800 of 13,000\n"


def test_the_strangest_messages_are_rows_like_others(tmp_path: Path) -> None:
    pieces = [
        "a",
        "1 ",
        "卡密：",
        "DJ2026",
        "￥1,",
        "半天",
        "a@b.",
        "----",
        "138000",
        "\0",
        "😀",
        '{"\n',
    ]
    texts = [piece * (100_000 // len(piece)) for piece in pieces]
    done = zaide("understand", table(tmp_path / "messages.csv", texts))
    assert done.exit_code == 0, done.stderr
    assert [row["text"] for row in rows(done.stdout_bytes.decode())] == texts


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "messages.csv is empty."),
        (b"message\nhi\n", "messages.csv has no column text."),
        (b"text\n\xff\xfe\n", "is text neither in UTF-8 nor in GB18030: save it as CSV in UTF-8"),
        (b'text\n"hi\n', "messages.csv, line 2: a quotation mark"),
        (None, "There is no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_is_written(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path, out = tmp_path / "messages.csv", tmp_path / "readings.csv"
    if content is not None:
        path.write_bytes(content)
    before = os.listdir(tmp_path)
    done = zaide("understand", path, "--out", out)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("zaide: ")
    assert said in done.stderr
    assert os.listdir(tmp_path) == before


def test_a_file_is_not_written_over_by_its_own_readings(tmp_path: Path) -> None:
    path = table(tmp_path / "messages.csv", ["你好"])
    before = path.read_bytes()
    done = zaide("understand", path, "--out", path)
    assert done.exit_code == 2
    assert "would be written over" in done.stderr
    assert path.read_bytes() == before


def test_a_broken_model_leaves_no_file(tmp_path: Path) -> None:
    path, out = table(tmp_path / "messages.csv", ["你好"]), tmp_path / "readings.csv"
    done = command("understand", path, "--out", out, ZAIDE_MODEL=str(tmp_path))
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr
    assert os.listdir(tmp_path) == ["messages.csv"]


def test_a_text_is_read_as_ever() -> None:
    done = zaide("understand", "卡密无效", "我要人工")
    assert [json.loads(line)["intent"] for line in done.stdout.splitlines()] == [
        "card_invalid", "human_handoff",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("卡密无效", "--out", "readings.csv"), "--out is for the readings of a CSV file"),
        (("one.csv", "two.csv"), "name one file at a time"),
        (("卡密无效", "-"), "name one file at a time"),
    ],
)
def test_words_that_mean_nothing_together_are_refused(words: tuple[str, ...], said: str) -> None:
    done = zaide("understand", *words)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("-", True),
        ("messages.csv", True),
        ("订单.CSV", True),
        (str(ROOT / "README.md"), True),
        (str(ROOT), False),
        ("卡密无效", False),
        ("a.csv 打不开", False),
        ("", False),
        (".", False),
        ("卡密" * 5000, False),
        ("\0", False),
    ],
)
def test_a_file_is_told_from_a_text(word: str, expected: bool) -> None:
    assert by_hand.is_table(word) == expected


def command(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `./zaide` as a process, where no server is known or running."""
    servers = {"DATABASE_URL": "", "REDIS_URL": "", "ZAIDE_HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)],
        env={**os.environ, **servers, **more},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_names_of_files_start_from_where_the_command_was_called(tmp_path: Path) -> None:
    table(tmp_path / "messages.csv", ["我要人工"])
    words = ("understand", "messages.csv", "--out", "readings.csv")
    done = command(*words, ZAIDE_CALLED_FROM=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    [row] = rows((tmp_path / "readings.csv").read_text(encoding="utf-8"))
    assert row["intent"] == "human_handoff"


def test_the_script_says_where_it_was_called(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$ZAIDE_CALLED_FROM" in "$PWD": "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    shutil.copy(ROOT / "requirements.lock", tmp_path / "zaide.lock")
    done = subprocess.run(
        [ROOT / "zaide", "understand", "messages.csv"],
        env={**os.environ, "ZAIDE_VENV": str(tmp_path)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == f"{tmp_path} in {ROOT}: -m api.cli understand messages.csv\n", done.stderr
