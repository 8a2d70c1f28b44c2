"""The walls of the house: who may import whom, who speaks which tongue, who writes rows."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.settings import ROOT

ROOMS = ("api", "schema", "domain", "workers")

# One speaker per foreign tongue: the library, and the places that may import it.
TONGUES = {
    "redis": ("domain/broker.py", "domain/embedded/"),
    "asyncpg": ("domain/connections.py", "domain/db.py", "domain/embedded/"),
    "transformers": ("workers/classifier.py", "workers/training/"),
    "onnxruntime": ("workers/classifier.py", "workers/training/"),
    "tokenizers": ("workers/classifier.py", "workers/training/"),
    "torch": ("workers/training/",),
    "py3langid": ("workers/languages.py",),
    "starlette": ("api/",),
    "uvicorn": ("api/",),
    "strawberry": ("schema/", "api/graphql"),
    "graphql": ("schema/", "api/graphql"),
    "argon2": ("domain/people/passwords.py",),
    "jwt": ("domain/people/widget.py", "api/demo"),
    "cryptography": ("domain/secrets.py",),
    "httpx": ("domain/channels/", "api/"),
}
WRITES = {
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "save",
    "delete",
    "update",
}
WRITERS = (
    "domain/events.py",
    "domain/sequence.py",
    "domain/broker.py",
    "domain/migrations/",
    "domain/rows.py",
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the four rooms, by its path from the root."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """The top-level packages a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_arrows_never_turn_back() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tongue", TONGUES)
def test_one_speaker_per_foreign_tongue(tongue: str) -> None:
    speakers = [path for path, tree in modules() if tongue in imported(tree)]
    strangers = [path for path in speakers if not path.startswith(TONGUES[tongue])]
    assert strangers == []


def test_only_settings_reads_the_environment() -> None:
    allowed = ("domain/settings.py", "domain/embedded/", "api/running.py")
    readers = [
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert [path for path in readers if not path.startswith(allowed)] == []


def test_only_the_clock_knows_the_time() -> None:
    readers = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date")
    ]
    assert [place for place in readers if not place.startswith("domain/clock.py")] == []


def test_only_actions_write_rows() -> None:
    writers = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        if path.startswith("domain/")
        and not path.endswith("/actions.py")
        and not path.startswith(WRITERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Await)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr in WRITES
    ]
    assert writers == []


def test_statements_that_write_stand_only_in_actions() -> None:
    verbs = ("INSERT INTO ", "UPDATE ", "DELETE FROM ")
    writers = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        if not path.endswith("/actions.py") and not path.startswith(WRITERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.lstrip().startswith(verbs)
    ]
    assert writers == []


def test_our_schema_is_the_one_that_is_imported() -> None:
    import schema

    assert Path(schema.__file__ or "").is_relative_to(ROOT)
