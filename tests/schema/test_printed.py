"""The committed schema is the one we serve, and is as careful as it promises to be."""

from __future__ import annotations

import subprocess
import sys

from graphql import GraphQLObjectType, build_schema, get_named_type, is_scalar_type

import schema
from schema.limits import LIST
from schema.parsing import core
from schema.root import PRINTED, printed


def test_the_printed_schema_is_current() -> None:
    assert PRINTED.read_text() == printed(), "run `./zaide schema` to print it again"
    build_schema(printed())


def test_the_schema_imported_is_ours() -> None:
    assert schema.__file__ is not None
    assert "site-packages" not in schema.__file__


def test_no_column_of_a_table_is_promised_by_accident() -> None:
    hidden = {
        "sealed", "shopId", "valueHash", "tokenHash", "secretHash", "userHash", "emailHash",
        "phoneHash", "secret", "passwordHash", "bot", "clientSecret",
    }  # fmt: skip
    shown = {
        (type.name, name)
        for type in core.type_map.values()
        if isinstance(type, GraphQLObjectType) and not type.name.startswith("__")
        for name in type.fields
    }
    assert {pair for pair in shown if pair[1] in hidden} == {("IssuedToken", "secret")}


def test_every_node_stands_on_a_table_with_rules_of_visibility() -> None:
    """In a process of its own, so that nobody else has brought the rules along."""
    program = (
        "from schema.root import NODES\n"
        "from domain import visibility\n"
        "print(*(n for n, t in NODES.items() if t.model() not in visibility.visibilities()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.split() == []


def test_every_list_of_objects_is_either_a_page_or_counted_as_a_list() -> None:
    assert LIST > 1
    for type in core.type_map.values():
        if isinstance(type, GraphQLObjectType) and type.name.endswith("Connection"):
            assert set(type.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
            assert not is_scalar_type(get_named_type(type.fields["nodes"].type))
