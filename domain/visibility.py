"""Who sees which rows, and what conditions and columns are, as SQL text.

Each noun declares in its policy.py who sees its rows (`visible`) and which columns are made when
they are read (`derive`); domain/db.py and domain/rendering.py put both into every read.
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

    def parameter(name: str) -> str:
        values.append(getattr(scope, name))
        return f"${len(values)}"

    return seen(model, scope, alias, parameter)


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
    # A partner's token that is bound to a merchant sees what that merchant sees.
    if scope.role in MERCHANTS or (scope.role is Role.PARTNER and scope.merchant_id):
        return rules.merchant
    if scope.role is Role.PARTNER:
        return rules.partner
    return NOTHING


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
