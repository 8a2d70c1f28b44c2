"""The servers that the figures compare answer alike, so that what is compared is the same work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import reads
from bench.pinned import Cores
from bench.reads.query import ASKERS
from bench.reads.variants import PEERS, Place, Variant, all_variants
from domain import connections, embedded
from domain.settings import ROOT

HAS_NODE = (PEERS / "node_modules" / ".package-lock.json").exists()
OURS, *OTHERS = [variant for variant in all_variants(node=True) if not variant.large]
TICKETS = 3000
"""The least whose queue has more than the 50 that are asked for."""


@pytest.fixture(scope="module")
async def place(servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A filled database of its own, and no cores to keep to."""
    connection = await connections.dedicated(servers.dsn)
    await connection.execute("CREATE DATABASE bench_reads")
    await connection.close()
    url = servers.dsn.replace("/zaide?", "/bench_reads?")
    command = [sys.executable, "-m", "bench.fill", url, str(TICKETS)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    home: Path = tmp_path_factory.mktemp("reads")
    return Place(home, servers, url, url, Cores(frozenset(), frozenset()))


@pytest.fixture(scope="module")
def ours(place: Place) -> dict[str, Any]:
    """What our own server gives each asker."""
    return reads.answers(place, OURS)


def test_the_agents_queue_has_all_that_is_asked_for(ours: dict[str, Any]) -> None:
    page = ours["agent"]["tickets"]
    assert len(page["nodes"]) == 50
    assert page["pageInfo"]["hasNextPage"]
    assert {node["state"] for node in page["nodes"]} == {"OPEN", "PENDING"}
    for name in ("customer", "owner", "order", "conversation"):
        assert sum(node[name] is not None for node in page["nodes"]) >= 35


def test_partners_and_merchants_see_less(ours: dict[str, Any]) -> None:
    pages = {asker: ours[asker]["tickets"]["nodes"] for asker in ASKERS}
    assert not any(node["owner"] for node in pages["partner"] + pages["merchant"])
    assert 0 < len(pages["merchant"]) < len(pages["partner"]) == 50


@pytest.mark.parametrize("variant", OTHERS, ids=lambda variant: variant.name)
def test_the_others_give_everybody_the_same_data(
    place: Place, ours: dict[str, Any], variant: Variant
) -> None:
    if variant.kind == "node" and not HAS_NODE:
        pytest.skip("npm ci in bench/peers was not run")
    theirs = reads.answers(place, variant)
    assert theirs
    for asker, data in theirs.items():
        assert not reads.difference(ours[asker], data)


def test_a_difference_is_told_with_its_place() -> None:
    ours = {"tickets": [{"id": "a"}, {"id": "b"}]}
    theirs = {"tickets": [{"id": "a"}, {"id": "c"}]}
    assert reads.difference(ours, theirs) == "data.tickets[1].id is 'c', not 'b'"
    assert reads.difference(ours, {"tickets": []})
    assert not reads.difference(ours, ours)
