"""Which model reads: the one that ships, until another is promoted. What was promoted is kept.

models/<version>/   in the home: each model that was promoted, as it was
models/current      their versions in the order in which they were, the last of which reads
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from domain.settings import settings
from domain.understanding.classifier import Guess
from workers import ngrams
from workers.classifier import Labels, ModelBroken, OnnxClassifier, load

POINTER = "current"
MODEL = ("model.onnx", ngrams.FILE, "tokenizer.json", "labels.json")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
log = structlog.get_logger()


class NothingPromoted(RuntimeError):
    """There is no model to go back from: the one that ships reads."""


@dataclass(frozen=True, slots=True)
class Store:
    """The models of one installation: `folder` is where they are kept, `shipped` came with us."""

    folder: Path
    shipped: Path

    def history(self) -> list[str]:
        """The versions that were promoted and not taken back, the one that reads last."""
        try:
            return (self.folder / POINTER).read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []

    def current(self) -> Path:
        """The folder of the model that reads."""
        promoted = self.history()
        return self.folder / promoted[-1] if promoted else self.shipped

    def mark(self) -> tuple[int, int]:
        """Another one whenever another model is to read; it takes one look at the disk."""
        try:
            found = (self.folder / POINTER).stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_ino, found.st_mtime_ns)

    def kept(self, version: str) -> Path | None:
        """The folder of a version that is here; None for one that is not."""
        found = (self.folder / version, self.shipped)
        return next((folder for folder in found if version_of(folder) == version), None)

    def versions(self) -> list[str]:
        """All versions that are here, the shipped one first, then by name."""
        names = sorted(path.parent.name for path in self.folder.glob("*/labels.json"))
        shipped = version_of(self.shipped)
        return [*([shipped] if shipped else []), *(name for name in names if name != shipped)]

    def promote(self, source: Path) -> str:
        """Keep a copy of the model in `source`, and have it read from now on; its version.

        Nothing happens when it reads already. Raises ModelBroken for a version that cannot be the
        name of a folder, or under which another model is kept.
        """
        version = version_of(source)
        if version in (None, POINTER) or not _VERSION.fullmatch(version):
            raise ModelBroken(f"The model in {source} has no version that a folder can be named.")
        if version != version_of(self.current()):
            self._keep(source, version)
            self._point([*self.history(), version])
        return version

    def rollback(self) -> str:
        """Have the model read that did before the last one was promoted; its version.

        Raises NothingPromoted when the shipped one reads.
        """
        promoted = self.history()
        if not promoted:
            raise NothingPromoted
        self._point(promoted[:-1])
        return version_of(self.current()) or ""

    def _keep(self, source: Path, version: str) -> None:
        """Copy what is not here yet: the folder is there whole or not at all."""
        target = self.folder / version
        if target.exists():
            if not _same(source, target):
                raise ModelBroken(f"{target} holds another model of the version {version}.")
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as scratch:
            copy = Path(scratch, version)
            copy.mkdir()
            for path in filter(Path.is_file, source.iterdir()):
                shutil.copyfile(path, copy / path.name)
            os.sync()  # A pointer must not outlive a loss of power without what it points to.
            copy.rename(target)

    def _point(self, promoted: list[str]) -> None:
        """Write the pointer anew, in one step."""
        new = self.folder / f".{POINTER}-{os.getpid()}"
        with new.open("w", encoding="utf-8") as file:
            file.write("".join(f"{version}\n" for version in promoted))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / POINTER)


def store() -> Store:
    """The models of this installation."""
    return Store(settings().home / "models", settings().model)


def version_of(folder: Path) -> str | None:
    """The version of the model in a folder; None where there is none."""
    try:
        return Labels.of(folder).version
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same model."""
    return not any(filecmp.cmpfiles(one, other, MODEL, shallow=False)[1:])


class Current:
    """A classifier that is whichever model is to read; between two batches it looks which.

    Where one cannot be loaded, the one before goes on. Several threads may read at once.
    """

    def __init__(self, store: Store) -> None:
        """Raises ModelBroken when the model that is to read cannot be loaded."""
        self._store = store
        self._lock = threading.Lock()
        self._mark = store.mark()
        self._model = load(store.current())
        self.version = self._model.version

    @property
    def model(self) -> OnnxClassifier:
        """The one that is to read now."""
        with self._lock:
            self._look()
            return self._model

    def read(self, texts: Sequence[str]) -> list[Guess]:
        """One guess per text, all of one model."""
        return self.model.read(texts)

    def _look(self) -> None:
        mark = self._store.mark()
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._model = load(self._store.current())
        except (ModelBroken, OSError) as error:
            log.error("model.refused", error=str(error))
            return
        self.version = self._model.version
        log.info("model.changed", version=self.version)
