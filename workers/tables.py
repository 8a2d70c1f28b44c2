"""Tables that people bring as CSV, and those they get back, a row at a time.

A million rows need no more memory than ten: a table is gone through once to see that all of it can
be read, before anything takes hours, and again for its rows.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

ENCODINGS = ("utf-8-sig", "gb18030")  # All of a table is in the first of these that fits it.
LONGEST = 1_000_000  # Characters of one field; a quote that nobody closed would make it longer.
IN_MEMORY = 64 * 1024 * 1024  # Bytes that came by a pipe; more than that wait in a nameless file.

Row = tuple[str, ...]


class Unusable(Exception):
    """A table cannot be read or written. The text says so and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be read to its end: so many `rows`, each with a value for every column.

    `name` is for people; `marked` says that it begins with a byte order mark, as Excel writes it.
    """

    name: str
    columns: tuple[str, ...]
    encoding: str
    marked: bool
    rows: int
    raw: BinaryIO

    @property
    def in_utf8(self) -> bool:
        """Whether it is; if not, it is in GB18030, or in something that looks like it."""
        return self.encoding == ENCODINGS[0]

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Each row's first line in the file, from 1, and its values of `columns`, '' for none."""
        return _rows(self.raw, self.encoding, self.name, self.columns)


@contextmanager
def opened(name: str, path: Path, *columns: str) -> Iterator[Table]:
    """The table in `path`, or in standard input if its `name` is '-'; other columns are ignored.

    Raises Unusable, with a line where there is one: no such file, not CSV, no such columns.
    """
    called = "Standard input" if name == "-" else name
    with _source(name, path) as raw:
        yield _checked(raw, called, columns)


@contextmanager
def written(name: str, path: Path, *, marked: bool) -> Iterator[Callable[[Sequence[str]], object]]:
    """Gives the function that writes a row to `path`, in UTF-8, `marked` so that Excel sees that.

    The file is there when all of it is written, and not at all if anything is raised. Standard
    output, if the `name` is '-', and pipes and devices get rows as they come. Raises Unusable.
    """
    called = "Standard output" if name == "-" else name
    try:
        with _destination(name, path) as raw:
            yield csv.writer(codecs.getwriter("utf-8-sig" if marked else "utf-8")(raw)).writerow
    except BrokenPipeError:
        raise  # Whoever reads has enough; that is no fault of the output.
    except OSError as error:
        raise Unusable(f"{called} cannot be written: {error.strerror}.") from error


@contextmanager
def _source(name: str, path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file; those of a pipe as a copy, since they are gone through twice."""
    try:
        raw = cast(BinaryIO, sys.stdin.buffer if name == "-" else path.open("rb"))
    except FileNotFoundError as error:
        raise Unusable(f"There is no file {name}.") from error
    except OSError as error:
        raise Unusable(f"{name} cannot be read: {error.strerror}.") from error
    with ExitStack() as kept:
        if name != "-":
            kept.callback(raw.close)
        if not raw.seekable():
            copy = kept.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
            shutil.copyfileobj(raw, copy)
            raw = cast(BinaryIO, copy)
        yield raw


def _checked(raw: BinaryIO, name: str, columns: tuple[str, ...]) -> Table:
    """Go through all of it once."""
    raw.seek(0)
    marked = raw.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    for encoding in ENCODINGS:
        try:
            rows = sum(1 for _ in _rows(raw, encoding, name, columns))
        except UnicodeDecodeError:
            continue
        return Table(name, columns, encoding, marked, rows, raw)
    raise Unusable(
        f"{name} is text neither in UTF-8 nor in GB18030: save it as CSV in UTF-8, and try again."
    )


def _rows(
    raw: BinaryIO, encoding: str, name: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, Row]]:
    """As `Table` gives them. Raises Unusable, and UnicodeDecodeError for another encoding."""
    csv.field_size_limit(LONGEST)
    raw.seek(0)
    text = io.TextIOWrapper(raw, encoding, newline="")
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        places = _places(next((row for row in reader if row), None), name, columns)
        line = reader.line_num + 1
        for row in reader:
            if row:  # A line with nothing in it is no row.
                yield line, tuple(row[at] if at < len(row) else "" for at in places)
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unusable(
            f"{name}, line {line}: a quotation mark is never closed, or something follows where it "
            "is; inside a quoted message write each of them twice."
        ) from error
    except OSError as error:
        raise Unusable(f"{name} cannot be read: {error.strerror}.") from error
    finally:
        if not raw.closed:
            text.detach()  # Or it would close what is not its own.


def _places(head: list[str] | None, name: str, columns: tuple[str, ...]) -> list[int]:
    """Where the columns are, by the first line."""
    wanted = "Its first line must name the columns: " + ",".join(columns)
    if head is None:
        raise Unusable(f"{name} is empty. {wanted}")
    names = [cell.strip().lower() for cell in head]
    for column in columns:
        if column not in names:
            raise Unusable(f"{name} has no column {column}. {wanted}")
    return [names.index(column) for column in columns]


@contextmanager
def _destination(name: str, path: Path) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():
        with path.open("wb") as raw:
            yield raw
    else:
        whole = path.resolve()  # Where a link leads, not the link, is what gets replaced.
        part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as raw:
                yield raw
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
