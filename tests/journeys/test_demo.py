"""`zaide demo`: the scripted customers talk to a real installation, and are answered."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from rich.console import Console

from api.talk import NobodyOpens, talk
from api.talk.lines import SCRIPTS
from bench.installation import Installation
from domain.settings import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def here() -> Iterator[Installation]:
    """A real installation with the demo shop."""
    started = Installation(workers=1)
    try:
        yield started.ready()
    finally:
        started.remove()


def zaide_demo(here: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command beside the installation."""
    own = {"ZAIDE_HOME": str(here.home), "DATABASE_URL": "", "REDIS_URL": "", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", *words],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_every_scripted_customer_is_answered_and_so_the_second_time(here: Installation) -> None:
    shown = io.StringIO()
    for _ in range(2):
        # Nobody comes as a buyer whom a person already talks to: the bot would be silent.
        _all_are_answered(shown, here)


def _all_are_answered(shown: io.StringIO, here: Installation) -> None:
    outcomes = talk(here.url, 4, fast=True, console=Console(file=shown, width=200))
    assert {outcome.who for outcome in outcomes} == {script.who for script in SCRIPTS}
    for outcome in outcomes:
        assert outcome.answers > 0, outcome
        assert outcome.unanswered == 0, outcome
    # What is asked of a person reaches a person.
    assert {o.holder for o in outcomes if o.who in ("王姐", "阿远", "阿杰")} == {"queue"}
    assert "王姐" in shown.getvalue()
    assert "→ 王姐" in shown.getvalue()


def test_the_command_plays_them_and_ends_by_itself(here: Installation) -> None:
    done = zaide_demo(here, "--fast", "--customers", "2", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    assert f"{here.url}/console" in done.stdout
    assert "在的 →" in done.stdout


def test_it_says_so_when_nothing_is_running(here: Installation) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--fast"],
        cwd=ROOT,
        env={
            **os.environ,
            "ZAIDE_HOME": str(here.folder / "empty"),
            "DATABASE_URL": "",
            "REDIS_URL": "",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "start ./zaide up first" in done.stderr
    with pytest.raises(NobodyOpens):
        talk("http://127.0.0.1:9", 1, fast=True, console=Console(file=io.StringIO()))
