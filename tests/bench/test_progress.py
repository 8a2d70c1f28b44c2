"""What a long measurement says while it runs."""

from __future__ import annotations

import io

from rich.console import Console

from bench.progress import progress


def test_a_log_gets_a_line_for_each_step_but_seldom() -> None:
    """Whoever keeps the output of an hour's measurement sees how far it is, in a page."""
    out, times = io.StringIO(), iter([5.0, 5.0, 5.1, 60.0, 60.0])
    with progress(Console(file=out), lambda: next(times)) as say:
        say("Round 1 of 5: ours …")
        say("a small step …")
        say("Round 2 of 5: ours …")
    lines = out.getvalue().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "Round 1 of 5: ours …",
        "Round 2 of 5: ours …",
    ]


def test_a_terminal_gets_one_line_that_changes() -> None:
    """The last step stands where the first stood."""
    out = io.StringIO()
    with progress(Console(file=out, force_terminal=True, width=60)) as say:
        say("Round 1 of 5: ours …")
    assert out.getvalue().count("\n") <= 2
