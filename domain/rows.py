"""The base of every table: UUIDv7 keys, and small helpers to declare enums with their CHECK."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7: sortable by the time it was made, to the millisecond."""
    return uuid7()


class Row(Model):
    """A table row keyed by a UUIDv7."""

    id = fields.UUIDField(primary_key=True, default=new_id)

    class Meta:
        abstract = True


def one_of(table: str, column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK that `column` of `table` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(check=f'"{column}" IN ({listed})', name=f"ck_{table}_{column}")


def belongs_to(model: str, *, null: bool = False, delete: str = "RESTRICT") -> Any:
    """A foreign key to `model`, without a way back; what happens here when its row is deleted."""
    field: Any = fields.ForeignKeyField
    return field(f"zaide.{model}", related_name=False, null=null, on_delete=fields.OnDelete(delete))


def belongs_to_one(model: str) -> Any:
    """A foreign key to `model` that is unique, and gone with its row."""
    return fields.OneToOneField(f"zaide.{model}", related_name=False, on_delete=fields.CASCADE)
