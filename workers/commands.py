"""What the commands of `python -m workers` share: the model, the database for a moment, a no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from domain import db
from domain.settings import settings
from workers.classifier import ModelBroken, OnnxClassifier, load
from workers.models import store

T = TypeVar("T")


def say(sentence: str) -> None:
    """Say something beside what a command gives."""
    typer.echo(f"zaide: {sentence}", err=True)


def refuse(sentence: str, status: int = 2) -> NoReturn:
    """Say what is wrong and what to do, and end with `status`; 2 means the input is at fault."""
    say(sentence)
    raise typer.Exit(status)


def named(name: str | Path) -> Path:
    """The file that somebody names on the command line, seen from the folder they are in."""
    return Path(settings().called_from, name)


def found(model: str) -> Path:
    """The folder of a model that somebody names by its version, if it is kept, or by its folder."""
    return store().kept(model) or named(model)


def opened(model: str | None = None, threads: int = 1) -> OnnxClassifier:
    """A model by version or folder, by default the one that reads, or the end of the command."""
    try:
        return load(found(model) if model else store().current(), threads)
    except ModelBroken as error:
        refuse(str(error), status=1)


def connected(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The answer to a question to the database, connected for just that."""

    async def run() -> T:
        await db.connect()
        try:
            return await ask()
        finally:
            await db.close()

    return asyncio.run(run())
