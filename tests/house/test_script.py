"""The script `zaide` itself: what it does before there is any Python of ours."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from domain.settings import ROOT

PYTHON = "#!/bin/sh\necho ran with $#\n"


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is of util-linux")
def test_who_comes_while_another_command_installs_waits_and_installs_nothing(
    tmp_path: Path,
) -> None:
    for name in ("zaide", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    environment = {name: value for name, value in os.environ.items() if name != "ZAIDE_VENV"}
    with subprocess.Popen(
        [tmp_path / "zaide", "doctor"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as waiting:  # fmt: skip
        assert waiting.stderr is not None
        assert waiting.stdout is not None
        assert waiting.stderr.readline() == (
            "zaide: another command is installing; waiting for it\n"
        )
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON, encoding="utf-8")
        python.chmod(0o755)
        shutil.copy(ROOT / "requirements.lock", tmp_path / ".venv" / "zaide.lock")
        os.close(other)
        assert waiting.stdout.read() == "ran with 3\n"
        assert waiting.stderr.read() == ""
    assert waiting.returncode == 0
