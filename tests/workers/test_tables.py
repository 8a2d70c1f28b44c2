"""Tables that people bring are read as they meant them, or refused in a sentence, never half."""

from __future__ import annotations

import codecs
import csv
import io
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.settings import ROOT
from workers import tables
from workers.tables import Unusable

MESSAGES = ["卡密无效", "第一行\n第二行", '他说"好"', "a,b", ""]


def read(path: Path, *columns: str) -> list[tuple[int, tuple[str, ...]]]:
    with tables.opened(path.name, path, *(columns or ("text",))) as table:
        rows = list(table)
        assert len(rows) == table.rows
        return rows


def refusal(path: Path, *columns: str) -> str:
    with pytest.raises(Unusable) as refused:
        read(path, *columns)
    return str(refused.value)


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """As Excel writes it."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize(
    ("mark", "encoding", "expected", "marked"),
    [
        (b"", "utf-8", "utf-8-sig", False),
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig", True),
        (b"", "gb18030", "gb18030", False),
    ],
)
def test_a_table_is_read_in_what_encoding_it_came(
    tmp_path: Path, mark: bytes, encoding: str, expected: str, marked: bool
) -> None:
    path = tmp_path / "messages.csv"
    text = as_csv([["编号", " Text ", "别的"], *(["1", each, "x"] for each in MESSAGES)])
    path.write_bytes(mark + text.encode(encoding))
    with tables.opened("messages.csv", path, "text") as table:
        assert [row for _, row in table] == [(each,) for each in MESSAGES]
        assert [row for _, row in table] == [(each,) for each in MESSAGES], "again"
        assert (table.encoding, table.marked) == (expected, marked)
        assert table.in_utf8 == (expected != "gb18030")


def test_a_row_is_known_by_its_first_line_and_lines_without_anything_are_none(
    tmp_path: Path,
) -> None:
    path = tmp_path / "messages.csv"
    path.write_text('\nid,text\n1,"one\ntwo"\n\n2,three\n3\n', encoding="utf-8")
    assert read(path) == [(3, ("one\ntwo",)), (6, ("three",)), (7, ("",))]


def test_columns_come_in_the_order_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("intent,x,text\ninvoice,1,能开票吗\n", encoding="utf-8")
    assert read(path, "text", "intent") == [(2, ("能开票吗", "invoice"))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "messages.csv is empty. Its first line must name the columns: text,intent"),
        (codecs.BOM_UTF8 + b"\n\n", "messages.csv is empty. Its first line"),
        (b"a,b\n1,2\n", "messages.csv has no column text. Its first line must name the columns"),
        (b"text\n1\n", "messages.csv has no column intent. Its first line must name the columns"),
        (b"\xff\xfet\0e\0x\0t\0", "is text neither in UTF-8 nor in GB18030: save it as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0\xff\xff", "is text neither in UTF-8 nor in GB18030"),
        (b'text,intent\nx,other\n"open,other\nx,other\n', "line 3: a quotation mark is never"),
        (b'text,intent\n"a" b,other\n', "line 2: a quotation mark is never closed, or"),
        (b"text,intent\n" + b"x" * 1_000_001 + b",other\n", "line 2: a quotation mark"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(content)
    assert said in refusal(path, "text", "intent")


def test_no_refusal_shows_what_a_customer_wrote(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("我的密码是 abc123456\n卡密无效\n", encoding="utf-8")
    assert "abc123456" not in refusal(path)


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv") == "There is no file none.csv."
    (tmp_path / "folder.csv").mkdir()
    assert refusal(tmp_path / "folder.csv") == "folder.csv cannot be read: Is a directory."


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    code = (
        "import pathlib; from workers import tables\n"
        "with tables.opened('-', pathlib.Path('-'), 'text') as table:\n"
        "    print(table.rows, *(row for _, row in table))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=b"text\none\ntwo\n", capture_output=True
    )
    assert done.stdout == b"2 ('one',) ('two',)\n", done.stderr


@given(rows=st.lists(st.text(st.characters(codec="utf-8")), max_size=20))
def test_what_is_written_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with tables.written(path.name, path, marked=False) as write:
        write(["text", "other"])
        for text in rows:
            write([text, ""])
    assert [text for _, (text,) in read(path)] == rows


@pytest.mark.parametrize("marked", [False, True])
def test_only_a_marked_file_begins_with_a_mark(tmp_path: Path, marked: bool) -> None:
    path = tmp_path / "readings.csv"
    with tables.written(path.name, path, marked=marked) as write:
        write(["text"])
        write(["卡密"])
    mark = codecs.BOM_UTF8 if marked else b""
    assert path.read_bytes() == mark + "text\r\n卡密\r\n".encode()


def test_a_file_stays_as_it_was_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("before", encoding="utf-8")

    def interrupted() -> None:
        with tables.written(path.name, path, marked=False) as write:
            write(["text"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text(encoding="utf-8") == "before"
    with tables.written(path.name, path, marked=False) as write:
        write(["text"])
        assert path.read_text(encoding="utf-8") == "before"
    assert path.read_bytes() == b"text\r\n"
    assert os.listdir(tmp_path) == ["readings.csv"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "readings.csv"
    link.symlink_to(tmp_path / "there" / "real.csv")
    with tables.written(link.name, link, marked=False) as write:
        write(["text"])
    assert link.is_symlink()
    assert (tmp_path / "there" / "real.csv").read_bytes() == b"text\r\n"


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    listener = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    listener.start()
    with tables.written(pipe.name, pipe, marked=False) as write:
        write(["text"])
    listener.join(10)
    assert heard == [b"text\r\n"]
    assert pipe.is_fifo()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none" / "readings.csv", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        with (
            pytest.raises(Unusable, match=f"cannot be written: {why}"),
            tables.written("there", path, marked=False) as write,
        ):
            write(["text"])
