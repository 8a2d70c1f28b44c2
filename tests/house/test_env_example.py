"""`.env.example` says every setting with its default, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from domain.settings import ROOT, Settings

ONLY_COMPOSE = {"POSTGRES_PASSWORD"}


def documented() -> dict[str, str]:
    """Each variable of `.env.example` and the value shown for it."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable that a setting is read from."""
    return str(field.validation_alias or f"ZAIDE_{name.upper()}")


def shown(value: Any) -> str:
    """A default as `.env.example` writes it: paths from the checkout on."""
    return str(value.relative_to(ROOT) if isinstance(value, Path) else value)


def test_every_setting_is_documented_with_its_default() -> None:
    expected = {
        variable(name, field): shown(field.default) for name, field in Settings.model_fields.items()
    }
    assert {
        key: value for key, value in documented().items() if key not in ONLY_COMPOSE
    } == expected


def test_it_holds_no_secret_and_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert all(not line or line.startswith("#") for line in lines)
    for name in ("ZAIDE_KEYS", "POSTGRES_PASSWORD", "DATABASE_URL", "REDIS_URL"):
        assert documented()[name] == ""
