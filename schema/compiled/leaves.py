"""How a value becomes what GraphQL shows, as graphql-core and Strawberry would show it."""

from __future__ import annotations

import math
from binascii import b2a_base64
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLOutputType

from schema.scalars import show_position


class Unknown(Exception):
    """Not understood, or not as expected: graphql-core is to answer instead."""


@cache
def opaque_of(kind: str) -> Callable[[UUID], str]:
    """The function from a key to the opaque id of a type, as schema/scalars.py writes it."""
    prefix = kind.encode() + b":"

    # A queue names the same agents, orders and customers again and again.
    @lru_cache(maxsize=8192)
    def make(id: UUID) -> str:
        return b2a_base64(prefix + id.bytes, newline=False).translate(_URLSAFE, b"=").decode()

    return make


_URLSAFE = bytes.maketrans(b"+/", b"-_")


def present(value: Any) -> Any:
    """The value. Raises Unknown for null where the promise has none: an error to be told."""
    if value is None:
        raise Unknown("null")
    return value


def number(value: Any) -> Any:
    """A number that GraphQL can show, or null. Raises Unknown for others."""
    if value is not None and (not math.isfinite(value) or type(value) is bool):
        raise Unknown("number")
    return value


def whole(value: Any) -> Any:
    """A whole number of 32 bits, or null. Raises Unknown for others."""
    if value is not None and (type(value) is not int or not -(2**31) <= value < 2**31):
        raise Unknown("number")
    return value


def text(value: Any) -> Any:
    """A text, or null. Raises Unknown for what graphql-core would make a text of."""
    if value is not None and type(value) is not str:
        raise Unknown("text")
    return value


def json(value: Any) -> Any:
    """The value of a JSON column, which the driver gives as text."""
    return orjson.loads(value) if isinstance(value, str) else value


def texts(value: Any) -> Any:
    """A list of texts in a JSON column, or null. Raises Unknown for anything else."""
    found = json(value)
    if found is not None and (
        type(found) is not list or not all(type(item) is str for item in found)
    ):
        raise Unknown("texts")
    return found


def moment(value: datetime | None) -> str | None:
    """A moment as it is written."""
    return None if value is None else value.isoformat()


def decimal(value: Any) -> str | None:
    """A sum as it is written."""
    return None if value is None else str(value)


def raw_names(type: GraphQLEnumType) -> dict[str | int, str]:
    """From what rows hold to the name that is shown."""
    return {value.value: value.name for value in type.extensions["strawberry-definition"].values}


def names_of(type: GraphQLEnumType) -> dict[Any, str | None]:
    """From what rows and objects hold to the name that is shown."""
    definition = type.extensions["strawberry-definition"]
    found: dict[Any, str | None] = {None: None}
    for value in definition.values:
        found[value.value] = found[definition.wrapped_cls(value.value)] = value.name
    return found


def bare(type: GraphQLOutputType) -> Any:
    """The type without its non-null."""
    return type.of_type if isinstance(type, GraphQLNonNull) else type


def shower(type: GraphQLOutputType) -> Callable[[Any], Any] | dict[Any, str | None] | None:
    """What shows a value of a leaf type; None where the value is shown as it is."""
    kind = bare(type)
    if isinstance(kind, GraphQLList):
        if bare(kind.of_type).name != "String":
            raise Unknown("list")
        return texts
    if isinstance(kind, GraphQLEnumType):
        return names_of(kind)
    return _SHOWERS[kind.name]


_SHOWERS: dict[str, Callable[[Any], Any] | None] = {
    "String": text,
    "Int": whole,
    "Float": number,
    "Boolean": None,
    "ID": text,
    "DateTime": moment,
    "Decimal": decimal,
    "JSON": json,
    "Cursor": lambda position: None if position is None else show_position(position),
}
