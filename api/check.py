"""`zaide check`: every check that needs no server, each as a step with its time."""

from __future__ import annotations

import subprocess
import sys
import time

from rich.console import Console

from domain.settings import ROOT

_PYTHON = sys.executable
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", [_PYTHON, "-m", "ruff", "format", "--check", "."]),
    ("lint", [_PYTHON, "-m", "ruff", "check", "."]),
    ("types", [_PYTHON, "-m", "mypy"]),
    ("types of the client", [_PYTHON, "-m", "mypy", "--config-file", "pyproject.toml"]),
    ("imports", [_PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c()"]),
    ("schema", [_PYTHON, "-m", "api.cli", "schema", "--check"]),
)


FOLDERS = {"types of the client": ROOT / "clients" / "python"}


def run_all(console: Console) -> bool:
    """Run all steps, show what the failing ones said; whether all passed."""
    failed = [title for title, command in STEPS if not _run(console, title, command)]
    if failed:
        console.print(f"[red]failed:[/] {', '.join(failed)}")
    else:
        console.print("[green]all checks passed[/]")
    return not failed


def _run(console: Console, title: str, command: list[str]) -> bool:
    began = time.monotonic()
    with console.status(f"{title} …"):
        step = subprocess.run(  # noqa: S603  the words are above
            command, cwd=FOLDERS.get(title, ROOT), capture_output=True, text=True, check=False
        )
    passed = step.returncode == 0
    mark = "[green]ok[/]" if passed else "[red]no[/]"
    console.print(f"{mark} {title} [dim]{time.monotonic() - began:.1f} s[/]")
    if not passed:
        console.print((step.stdout + step.stderr).rstrip(), markup=False, soft_wrap=True)
    return passed
