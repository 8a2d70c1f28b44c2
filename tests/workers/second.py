"""A second model for tests: the shipped one under another version, perhaps with labels mixed up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from domain.settings import settings
from workers.classifier import open_unchecked


def second(folder: Path, version: str, swapped: Mapping[str, str] | None = None) -> Path:
    """A model that reads as the shipped one does, but for intents that are `swapped` for others."""
    made = Path(shutil.copytree(settings().model, folder / version))
    path = made / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))
    labels["version"] = version
    pairs = {**(swapped or {}), **{new: old for old, new in (swapped or {}).items()}}
    labels["intents"] = [pairs.get(intent, intent) for intent in labels["intents"]]
    path.write_text(json.dumps(labels), encoding="utf-8")
    path = made / "selfcheck.json"
    texts = [sample["text"] for sample in json.loads(path.read_text(encoding="utf-8"))]
    samples = [
        {
            "text": text,
            "intent": guess.intent,
            "intent_confidence": guess.intent_confidence,
        }
        for text, guess in zip(texts, open_unchecked(made, 1).read(texts), strict=True)
    ]
    path.write_text(json.dumps(samples), encoding="utf-8")
    return made
