"""Who sees which rows, and what conditions and columns are, as SQL text.

Each noun declares in its policy.py who sees its rows (`visible`), what merchants are shown in place
of a column (`instead`) and which columns are made when they are read (`derive`); domain/db.py and
domain/rendering.py put them into every read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.models import Model

from domain.actors import MERCHANTS, STAFF, Role, Scope

EVERYTHING = "TRUE"
NOTHING = "FALSE"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who sees rows of one table, as SQL conditions over `{t}`, `{merchant}` and `{customer}`."""

    noun: str
    staff: str = EVERYTHING
    merchant: str = NOTHING
    customer: str = NOTHING
    partner: str = NOTHING


_rules: dict[type[Model], Visibility] = {}


def visible(model: type[Model], rules: Visibility) -> None:
    """Declare who sees rows of `model`; called once, in the noun's policy.py."""
    _rules[model] = rules


def visibilities() -> dict[type[Model], Visibility]:
    """All declared rules, for tests that walk the schema."""
    return dict(_rules)


def noun_of(model: type[Model]) -> str:
    """The noun a table belongs to. Raises KeyError for a table without declared rules."""
    return _rules[model].noun


def condition(model: type[Model], scope: Scope, values: list[Any], alias: str = "t") -> str:
    """The WHERE of `scope` over `alias`; its parameters are appended to `values`.

    Raises KeyError for a table without declared rules: nothing is visible by accident.
    """
    return seen(model, scope, alias, _into(values, scope))


def _into(values: list[Any], scope: Scope) -> Callable[[str], str]:
    def parameter(name: str) -> str:
        values.append(getattr(scope, name))
        return f"${len(values)}"

    return parameter


def seen(model: type[Model], scope: Scope, alias: str, parameter: Callable[[str], str]) -> str:
    """The WHERE of `scope` over `alias`, where `parameter` gives the place of a Scope's field.

    The text depends on the kind of scope alone (`Scope.kind`), the values on whose it is.
    """
    rules = _rules[model]
    if scope.shop_id is None:
        return NOTHING
    if scope.reads is not None and rules.noun not in scope.reads:
        return NOTHING
    template = _template(rules, scope)
    parts = {"t": alias}
    for name in ("merchant", "customer"):
        if f"{{{name}}}" in template:
            parts[name] = parameter(f"{name}_id")
    return f"{alias}.shop_id = {parameter('shop_id')} AND ({template.format(**parts)})"


def _template(rules: Visibility, scope: Scope) -> str:
    if scope.role in STAFF or scope.role is Role.SYSTEM:
        return rules.staff
    if scope.role is Role.CUSTOMER:
        return rules.customer
    if _is_merchant(scope):
        return rules.merchant
    if scope.role is Role.PARTNER:
        return rules.partner
    return NOTHING


def _is_merchant(scope: Scope) -> bool:
    # A partner's token that is bound to a merchant sees what that merchant sees.
    bound = scope.role is Role.PARTNER and scope.merchant_id is not None
    return scope.role in MERCHANTS or bound


# What merchants are shown of a row that is not all about them


_instead: dict[type[Model], tuple[str, dict[str, str]]] = {}


def instead(model: type[Model], joined: str, **columns: str) -> None:
    """Declare what merchants are shown in place of columns, as SQL over `{t}` and `{merchant}`.

    It stands for the column everywhere: in lists, their order, cursors and conditions. `joined` is
    a JOIN that gives each row they see exactly one other, which columns may be taken from.
    """
    _instead[model] = joined, columns


def source(model: type[Model], scope: Scope, values: list[Any]) -> str:
    """What `scope` reads rows of `model` from; its parameters are appended to `values`."""
    return table(model, scope, _into(values, scope))


def table(model: type[Model], scope: Scope, parameter: Callable[[str], str]) -> str:
    """The table, or for merchants it with what stands `instead` of columns; as `seen` is made.

    PostgreSQL plans the latter as if it was written out: nothing is made that is not asked for.
    """
    name = model._meta.db_table
    if model not in _instead or not _is_merchant(scope):
        return name
    joined, others = _instead[model]
    columns = (
        f"{others.get(column, f'{{t}}.{column}')} AS {column}"
        for column in model._meta.fields_db_projection.values()
    )
    made = f"(SELECT {', '.join(columns)} FROM {{t}} {joined})"
    return made.format(t=name, merchant=parameter("merchant_id"))


# What is no column but reads like one


_derived: dict[type[Model], dict[str, str]] = {}


def derive(model: type[Model], **columns: str) -> None:
    """Declare columns that are made when they are read, as SQL over `{t}`; in policy.py too.

    They are shown with the row: what they read must be as visible as the row is.
    """
    _derived.setdefault(model, {}).update(columns)


def derived(model: type[Model]) -> dict[str, str]:
    """The derived columns of a table, as SQL over `{t}`."""
    return _derived.get(model, {})


def columns_of(model: type[Model]) -> str:
    """All columns of `t`, the derived ones too."""
    made = (f"{sql.format(t='t')} AS {name}" for name, sql in derived(model).items())
    return ", ".join(("t.*", *made))


# What rows are asked for

Where = Sequence[tuple[Any, ...]]
"""Conditions that must all hold: each is SQL over `t` with a `{}` for each value that follows.

A condition without a value may be written with `...` in its place."""


class Each(str):
    """A condition `t.column = ANY({})` over a few values, each of which has an index in the order
    of the list: a compiled read merges the values' lists, instead of sorting all they hold."""

    __slots__ = ()


def values_of(term: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a condition."""
    return tuple(value for value in term[1:] if value is not ...)
