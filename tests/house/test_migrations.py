"""Tables and migrations: they agree, constraints are really there, keys are indexed."""

from __future__ import annotations

import ast
import re

from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.constraints import CheckConstraint

from domain import db
from domain.orders.verdict import CODES
from domain.settings import ROOT


async def test_models_and_migrations_have_not_drifted_apart(stack: object) -> None:
    detector = MigrationAutodetector(Tortoise.apps, db.config()["apps"])  # type: ignore[arg-type]
    drift = [
        operation.describe()
        for writer in await detector.changes()
        for operation in writer.operations
        # Tortoise keeps CHECKs in options it does not write: they are tested below.
        if not operation.describe().startswith("Add constraint")
    ]
    assert drift == []


async def test_every_declared_constraint_is_in_the_database(stack: object) -> None:
    rows = await db.sql(
        "SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
    )
    present = {row["name"] for row in rows}
    declared = {
        constraint.name
        for model in Tortoise.apps["zaide"].values()  # type: ignore[index]
        for constraint in model._meta.constraints
    }
    assert declared - present == set()
    assert len(declared) > 15


async def test_a_column_of_words_takes_the_words_that_the_code_knows(stack: object) -> None:
    rows = await db.sql(
        "SELECT conname AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint "
        "WHERE contype = 'c'"
    )
    taken = {row["name"]: set(re.findall(r"'(\w+)'", row["rule"])) for row in rows}
    known = {
        constraint.name: set(re.findall(r"'(\w+)'", constraint.check))
        for model in Tortoise.apps["zaide"].values()  # type: ignore[index]
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert known["ck_orders_verdict"] == set(CODES)
    assert {name: taken[name] for name in known} == known


async def test_every_foreign_key_has_an_index_that_begins_with_it(stack: object) -> None:
    rows = await db.sql(
        """
        SELECT c.conrelid::regclass::text AS "table", a.attname AS "column"
        FROM pg_constraint c JOIN pg_attribute a
          ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND NOT EXISTS (
          SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
        """
    )
    # A shop is never deleted, and small tables of a shop are found by it anyway.
    bare = [(r["table"], r["column"]) for r in rows if r["column"] != "shop_id"]
    assert bare == []


async def test_every_business_row_belongs_to_a_shop(stack: object) -> None:
    rows = await db.sql(
        """
        SELECT t.table_name AS name FROM information_schema.tables t
        WHERE t.table_schema = 'public' AND NOT EXISTS (
          SELECT 1 FROM information_schema.columns c
          WHERE c.table_name = t.table_name AND c.table_schema = 'public'
            AND c.column_name = 'shop_id' AND c.is_nullable = 'NO')
        """
    )
    outside = {"shops", "installation", "people", "sessions", "tortoise_migrations"}
    outside |= {"sequence", "leases", "checkpoints", "parked"}
    assert {row["name"] for row in rows} == outside


def test_migrations_import_nothing_from_the_nouns() -> None:
    for path in (ROOT / "domain" / "migrations").glob("0*.py"):
        names = [
            node.module
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        ]
        assert [n for n in names if n.startswith("domain.") and n != "domain.rows"] == []
