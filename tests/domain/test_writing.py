"""What PostgreSQL writes as JSON is, to the byte, what orjson writes of the same values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.exceptions import OperationalError

from domain import connections, db, embedded, writing
from domain.writing import Literal
from schema.scalars import opaque

QUICK = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
WHOLE = st.integers(-(2**31), 2**31 - 1)
MOMENTS = st.datetimes(
    datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC)
) | st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 100_000 * 100_000)
)
SUMS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
NAMES: dict[str | int, str] = {"it's": "A", "b": "B"}


@pytest.fixture(autouse=True)
def on_the_stack(stack: embedded.Servers) -> None:
    """PostgreSQL is there."""


async def written(json: str, *values: Any) -> bytes:
    """The bytes of an expression."""
    (row,) = await db.sql(f"SELECT {writing.as_bytes(json)} AS json", *values)
    found: bytes = row["json"]
    return found


@given(TEXTS, WHOLE, MOMENTS, SUMS, st.booleans(), st.uuids(), st.sampled_from([*NAMES]))
@QUICK
async def test_values_are_written_as_orjson_writes_them(
    text: str, whole: int, moment: datetime, total: Decimal, truth: bool, id: UUID, held: str
) -> None:
    pieces: list[writing.Piece] = [
        Literal('["a\'b",'), writing.text("$1::text"), Literal(","), writing.number("$2::bigint"),
        Literal(","), writing.moment("$3::timestamptz"), Literal(","),
        writing.decimal("$4::numeric"), Literal(","), writing.truth("$5::boolean"), Literal(","),
        writing.opaque("$6::uuid", "Ticket"), Literal(","), writing.name("$7::text", NAMES),
        Literal("]"),
    ]  # fmt: skip
    values = [text, whole, moment, total, truth, id, held]
    alike = ["a'b", text, whole, moment, str(total), truth, opaque("Ticket", id), NAMES[held]]
    assert await written(writing.joined(pieces), *values) == orjson.dumps(alike)


async def test_moments_do_not_depend_on_the_zone_of_the_connection() -> None:
    connection = await connections.dedicated()
    try:
        await connection.execute("SET TIME ZONE 'Asia/Shanghai'")
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        found = await connection.fetchval(f"SELECT {writing.moment('$1::timestamptz')}", moment)
        assert found == f'"{moment.isoformat()}"'
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("json", "kind"),
    [
        (writing.text("$1::text"), "text"),
        (writing.number("$1::int"), "int"),
        (writing.moment("$1::timestamptz"), "timestamptz"),
        (writing.decimal("$1::numeric"), "numeric"),
        (writing.truth("$1::boolean"), "boolean"),
        (writing.opaque("$1::uuid", "Ticket"), "uuid"),
        (writing.name("$1::text", NAMES), "text"),
    ],
)
async def test_what_is_null_is_null_or_an_error_where_it_may_not_be(json: str, kind: str) -> None:
    assert await written(writing.or_null(json), None) == b"null"
    failing = writing.or_fail(json, "gen_random_uuid()")
    with pytest.raises(OperationalError, match="invalid input"):
        await written(failing, None)


async def test_what_cannot_be_shown_is_an_error() -> None:
    with pytest.raises(OperationalError, match="invalid input"):
        await written(writing.name("$1::text", NAMES), "c")
    with pytest.raises(OperationalError, match="out of range"):
        await written(writing.number("$1::bigint"), 2**31)


async def test_there_may_be_more_pieces_than_a_function_takes() -> None:
    pieces: list[writing.Piece] = [piece for n in range(300) for piece in (str(n), Literal(","))]
    assert await written(writing.joined([Literal("["), *pieces, Literal("0]")])) == orjson.dumps(
        [*range(300), 0]
    )


async def test_a_row_that_is_not_there_is_null() -> None:
    row = writing.if_there("$1::uuid", writing.joined([Literal("{}")]))
    assert await written(row, None) == b"null"
    assert await written(row, UUID(int=1)) == b"{}"
