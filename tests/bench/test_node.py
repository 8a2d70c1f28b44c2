"""The peers' packages: installed once, said so once, and left out for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.node import why_no_node

DONE = "mkdir node_modules && echo {} > node_modules/.package-lock.json"


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Nothing but these is there to be run, and what they need."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def peers(tmp_path: Path) -> Path:
    """Where the peers' packages belong."""
    found = tmp_path / "peers"
    found.mkdir()
    return found


def test_the_peers_packages_are_installed_once_and_it_is_said(
    tmp_path: Path, peers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, node="", npm=f"echo $* >> asked && {DONE}")
    said: list[str] = []
    assert [why_no_node(said.append, peers) for _ in range(2)] == ["", ""]
    assert len(said) == 1
    assert (peers / "asked").read_text() == "ci --no-audit --no-fund --ignore-scripts\n"


def test_without_node_nothing_is_installed_and_nothing_promised(
    tmp_path: Path, peers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch, npm=DONE)
    said: list[str] = []
    assert "no node" in why_no_node(said.append, peers)
    assert said == []
    assert list(peers.iterdir()) == []


def test_an_installation_that_fails_says_why(
    tmp_path: Path, peers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "echo 'npm error code EAWAY' >&2; echo 'npm error the registry is away' >&2; exit 1"
    programs(tmp_path, monkeypatch, node="", npm=lines)
    assert "(the registry is away)" in why_no_node(str, peers)
