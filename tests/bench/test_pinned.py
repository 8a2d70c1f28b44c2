"""Which cores the measured server and all else have."""

from __future__ import annotations

import os

import pytest

from bench.pinned import cores, on


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Cores are chosen on Linux only.")
def test_a_server_started_among_the_others_still_gets_its_own_core() -> None:
    """What keeps the load to the second core does not make the second core the first."""
    before = cores()
    with on(before.others):
        assert cores() == before
        with on(cores().server):
            assert os.sched_getaffinity(0) == before.server


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Cores are chosen on Linux only.")
def test_a_block_gives_back_the_cores_it_had() -> None:
    """A measurement leaves the process as it was."""
    before = os.sched_getaffinity(0)
    with on(cores().server):
        pass
    assert os.sched_getaffinity(0) == before
