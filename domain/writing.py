"""Rows written as JSON by PostgreSQL: SQL expressions whose text is the JSON of a value.

A list of rows that is only shown costs a Python process most of its time in taking values apart and
writing them again; the database writes the same text for a fraction of that. What it writes is, to
the byte, what orjson writes of the same row. Text only, as in domain/rendering.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

MOST_ARGUMENTS = 90  # a function of PostgreSQL takes 100


@dataclass(frozen=True, slots=True)
class Literal:
    """JSON as it stands."""

    text: str


Piece = Literal | str
"""A part of a JSON text: as it stands, or as an SQL expression."""


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def joined(pieces: Sequence[Piece]) -> str:
    """The pieces as one SQL expression; none of them may be NULL."""
    terms: list[str] = []
    for is_literal, run in groupby(pieces, lambda piece: isinstance(piece, Literal)):
        if is_literal:
            terms.append(quoted("".join(p.text for p in run if isinstance(p, Literal))))
        else:
            terms += [piece for piece in run if isinstance(piece, str)]
    while len(terms) > MOST_ARGUMENTS:
        parts = (terms[n : n + MOST_ARGUMENTS] for n in range(0, len(terms), MOST_ARGUMENTS))
        terms = [f"concat({', '.join(part)})" for part in parts]
    return f"concat({', '.join(terms)})"


def as_bytes(text: str) -> str:
    """A text as the bytes of its UTF-8, which nobody has to decode and encode again."""
    return f"convert_to({text}, 'UTF8')"


def or_null(json: str) -> str:
    """The JSON of a column, JSON's null where that is NULL."""
    return f"coalesce({json}, 'null')"


def or_fail(json: str, id: str) -> str:
    """The JSON of a column that must not be NULL where there is a row, of this `id`."""
    return f"coalesce({json}, ({id} || ' lacks a value')::int::text)"


def if_there(id: str, json: str) -> str:
    """The JSON of a row, JSON's null where there is none."""
    return f"CASE WHEN {id} IS NULL THEN 'null' ELSE {json} END"


# The JSON of columns, each NULL where the column is


def text(column: str) -> str:
    """Of a text. PostgreSQL and orjson escape the same characters in the same way."""
    return f"to_json({column})::text"


def number(column: str) -> str:
    """Of a whole number of 32 bits; a larger one fails the statement."""
    return f"({column})::int::text"


def decimal(column: str) -> str:
    """Of a sum, which JSON has as a text."""
    return f"""'"' || {column} || '"'"""


def truth(column: str) -> str:
    """Of a boolean."""
    return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"


def moment(column: str) -> str:
    """Of a moment, as isoformat() has it in UTC: microseconds in six digits, or none at all."""
    utc = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
    return f"""'"' || replace({utc}, '.000000', '') || '+00:00"'"""


def opaque(column: str, kind: str) -> str:
    """Of a key, as schema/scalars.py has it: base64url of the kind, a colon and 16 bytes."""
    raw = f"'\\x{(kind + ':').encode().hex()}'::bytea || uuid_send({column})"
    return f"""'"' || translate(encode({raw}, 'base64'), '+/=', '-_') || '"'"""


def name(column: str, names: Mapping[str | int, str]) -> str:
    """Of what a column holds, by another name; one that has none fails the statement."""
    cases = " ".join(
        f"WHEN {quoted(value) if isinstance(value, str) else value} THEN '\"{shown}\"'"
        for value, shown in names.items()
    )
    return f"CASE {column} {cases} ELSE ({column} || ' has no name')::int::text END"
