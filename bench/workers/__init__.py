"""Workers: one sequencer's pace and delay, and what a job costs beside taskiq, saq and arq."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.figures import Figure
from bench.workers import jobs, sequencing
from bench.workers.jobs import Cost
from bench.workers.sequencing import Sustained
from bench.workers.stage import Stage, furnish, staged
from domain import broker, db
from domain.settings import settings

SECONDS = 20.0
"""How long the sequencer's pace and delay are measured."""
OURS = "zaide"


@dataclass
class Run:
    """One run: the sequencer's pace and delay, costs by queue and round, who was left out."""

    sustained: Sustained
    latency: Figure
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def measure(console: Console, rounds: int) -> Run:
    """Start servers, measure all, and stop them. Raises RuntimeError if a process fails."""
    # Kept from run to run, where our own home is, and not in the servers' of this run.
    environments = settings().home / "bench" / "queues"
    with console.status("Environments for taskiq, saq and arq …"):
        failures = {peer: jobs.install(peer, environments) for peer in jobs.PEERS}
    with staged() as stage:
        run = asyncio.run(_measure(console, stage, environments, failures, rounds))
    run.left_out = [why for why in failures.values() if why]
    return run


async def _measure(
    console: Console,
    stage: Stage,
    environments: Path,
    failures: dict[jobs.Peer, str],
    rounds: int,
) -> Run:
    shop = await furnish()
    try:
        with console.status(f"Sequencing as fast as it goes, {SECONDS:.0f} s …"):
            sustained = await sequencing.sustained(stage, shop, SECONDS)
        with console.status(f"Sequencing {sequencing.RATE:.0f} events/s, {SECONDS:.0f} s …"):
            run = Run(sustained, await sequencing.latency(stage, shop, SECONDS))
        for number in range(rounds):
            with console.status(f"Jobs, round {number + 1} of {rounds} …"):
                run.costs.setdefault(OURS, []).append(await jobs.ours(stage, shop))
                for peer in (peer for peer, why in failures.items() if not why):
                    cost = await peer.cost(stage, environments)
                    run.costs.setdefault(peer.name, []).append(cost)
        return run
    finally:
        await broker.close()
        await db.close()
