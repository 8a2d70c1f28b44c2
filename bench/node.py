"""Whether the peers on Node can run here; what they need is installed once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from domain.settings import ROOT

PEERS = ROOT / "bench" / "peers"


def why_no_node(said: Callable[[str], None] = print, peers: Path = PEERS) -> str:
    """Why the peers on Node are left out, in a sentence; empty where they can run.

    Their packages are installed first where they are not yet; `said` hears so.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        return "The peers on Node are left out: there is no node or npm here."
    if (peers / "node_modules" / ".package-lock.json").exists():
        return ""
    said("npm ci: the peers' packages, once …")
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=peers, capture_output=True, text=True, check=False)
    said_why = [line[10:] for line in done.stderr.splitlines() if line.startswith("npm error ")]
    reason = next((why for why in said_why if why[:5] != "code "), "no reason given")
    return f"The peers on Node are left out: npm ci failed ({reason})." if done.returncode else ""
