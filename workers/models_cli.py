"""`zaide model …`: how good a model is, and which one reads."""

from __future__ import annotations

import typer

app = typer.Typer(help="The model: how good it is, and which one reads.", no_args_is_help=True)
