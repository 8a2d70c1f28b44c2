"""What the fields of a type are, as Strawberry's types declare them and graphql-core knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from tortoise.models import Model

from schema.compiled.leaves import Unknown
from schema.context import StaffOnly
from schema.fields import READ, Reading
from schema.nodes import Node
from schema.paging import Connection
from schema.root import schema

core: GraphQLSchema = schema._schema


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a type. `kept` keeps it for staff; `read` says how it is read."""

    name: str
    promise: GraphQLField
    field: StrawberryField
    read: Reading | None
    kept: StaffOnly | None

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Coerced arguments as the resolver takes them: enums and inputs as Python has them."""
        converter = schema.schema_converter
        return convert_arguments(
            dict(given), self.field.arguments, converter.scalar_registry, schema.config
        )


@cache
def definition(type: GraphQLObjectType) -> Any:
    """Strawberry's definition of a type. Raises Unknown for types it did not make."""
    try:
        return type.extensions["strawberry-definition"]
    except KeyError:
        raise Unknown(type.name) from None


@cache
def members(type: GraphQLObjectType) -> dict[str, Member]:
    """The fields of a type by the names clients know."""
    name_of = schema.config.name_converter.get_graphql_name
    found = {}
    for field in definition(type).fields:
        name = name_of(field)
        if name in type.fields:
            read = (field.metadata or {}).get(READ)
            kept = next((e for e in field.extensions if isinstance(e, StaffOnly)), None)
            if len(field.extensions) > (kept is not None):
                raise Unknown(name)
            found[name] = Member(name, type.fields[name], field, read, kept)
    return found


def class_of(type: GraphQLObjectType) -> Any:
    """The Python class behind a type."""
    return definition(type).origin


def model_of(type: GraphQLObjectType) -> type[Model] | None:
    """The table of a node; None for a type that has none of its own."""
    origin = class_of(type)
    return origin.model() if issubclass(origin, Node) else None


def is_connection(type: GraphQLObjectType) -> bool:
    """Whether a type is a page of a list."""
    whole = definition(type).concrete_of
    return whole is not None and whole.origin is Connection
