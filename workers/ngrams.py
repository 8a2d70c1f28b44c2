"""The wide half of the model: which runs of characters and of sounds a text holds, and what each
speaks for.

A network generalizes from words to other words of like meaning; a linear model of n-grams holds on
to the very words of a trade. They err in different places, so that both together know people
better whom neither has met (Cheng et al., Wide & Deep Learning for Recommender Systems, 2016; here
each is taught alone, and their logits are added with weights that were fitted on dev).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.redaction import MASKED

Hashes: TypeAlias = NDArray[np.uint32]
Sounds: TypeAlias = NDArray[np.uint16]
Floats: TypeAlias = NDArray[np.float32]

FILE = "ngrams.npz"
ORDER = "[单号]"
"""What the number of an order becomes before either half reads it."""
CHARACTERS, SOUNDS = 4, 3  # The longest runs: two Chinese words, and three syllables.
HAN = range(0x4E00, 0xA000)
"""The characters whose sounds are known: Unicode's block of unified ideographs."""
FULL = 25.0
"""The Euclidean length of TF-IDF from which on a text is worth one: that of some four characters.
Shorter ones say too little for n-grams to be sure of anything."""
_SIGNS = re.compile(r"[\W_]+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Knuth, TAOCP 6.4.
_ONE = np.uint64(1)  # So that a run of the character 0 is not nothing.
_SOUND = np.uint64(0x110000)  # Sounds are numbered from where characters end.


def runs(text: str, sounds: Sounds) -> Hashes:
    """A 32-bit hash for each run of characters, and then of sounds, of `text`; repeated ones too.

    `sounds` (len(HAN),) has a number for each character of HAN, the same one for those that sound
    alike: what an input method takes for another character still sounds as it was meant. Whatever
    else a text holds sounds as it is written. Neither case nor width of letters makes a difference
    (Unicode's NFKC), nor do signs, nor what stands for a secret or for the number of an order:
    people give them with whatever they want.
    """
    said = MASKED.sub(" ", unicodedata.normalize("NFKC", text)).replace(ORDER, " ")
    plain = _SIGNS.sub(" ", said).strip().lower()
    codes = np.frombuffer(plain.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    han = (codes >= HAN.start) & (codes < HAN.stop)
    spoken = codes.copy()
    spoken[han] = _SOUND + sounds[codes[han] - np.uint64(HAN.start)]
    found = [*_runs(codes, CHARACTERS), *_runs(spoken, SOUNDS)]
    return np.concatenate(found).astype(np.uint32) if found else np.zeros(0, dtype=np.uint32)


def _runs(codes: NDArray[np.uint64], longest: int) -> Iterator[NDArray[np.uint64]]:
    """Hashes of the runs of 1, 2, … `longest` numbers, each made of that of the run before."""
    hashed = np.zeros(len(codes), dtype=np.uint64)
    for length in range(1, min(longest, len(codes)) + 1):
        hashed = (hashed[: len(codes) - length + 1] + codes[length - 1 :] + _ONE) * _MULTIPLIER
        yield hashed >> np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Ngrams:
    """A linear model over TF-IDF of runs, for intents and sentiments at once.

    `sounds` is what `runs` needs. `hashes` (runs,) are those it knows, ascending; `rarity` (runs,)
    their inverse document frequency; `weights` (runs, intents + sentiments) and `bias` (intents +
    sentiments,) give logits. The first `intents` columns are of intents.
    """

    sounds: Sounds
    hashes: Hashes
    rarity: Floats
    weights: Floats
    bias: Floats
    intents: int

    def logits(self, prepared: Sequence[str]) -> tuple[Floats, Floats]:
        """Of prepared texts: (texts, intents) and (texts, sentiments)."""
        both = np.stack([self._logits(text) for text in prepared])
        return both[:, : self.intents], both[:, self.intents :]

    def _logits(self, text: str) -> Floats:
        places, values = self.features(text)
        said: Floats = values @ self.weights[places] + self.bias
        return said

    def features(self, text: str) -> tuple[NDArray[np.int64], Floats]:
        """The places in `hashes` of the known runs of a text, and how much each weighs in it.

        1 + ln(count), times rarity, over their Euclidean length, or FULL in a text that is shorter
        (Manning et al., Introduction to Information Retrieval, 2008, 6.4).
        """
        said, counts = np.unique(runs(text, self.sounds), return_counts=True)
        places = np.minimum(np.searchsorted(self.hashes, said), len(self.hashes) - 1)
        known = self.hashes[places] == said
        places = places[known]
        values = (1 + np.log(counts[known])) * self.rarity[places]
        length = max(FULL, np.sqrt(np.square(values).sum()))
        return places, (values / length).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write it into `folder`: weights in int8 with a scale for each column."""
        scales = np.abs(self.weights).max(axis=0) / 127
        np.savez_compressed(
            folder / FILE,
            sounds=self.sounds,
            hashes=self.hashes,
            rarity=self.rarity.astype(np.float16),
            weights=np.round(self.weights / scales).astype(np.int8),
            scales=scales,
            bias=self.bias,
            intents=np.int64(self.intents),
        )

    @classmethod
    def of(cls, folder: Path) -> Ngrams:
        """As it was saved in `folder`.

        Raises OSError, ValueError, KeyError or zipfile.BadZipFile of a missing or damaged file.
        """
        with np.load(folder / FILE, allow_pickle=False) as kept:
            return cls(
                sounds=kept["sounds"],
                hashes=kept["hashes"],
                rarity=kept["rarity"].astype(np.float32),
                weights=kept["weights"].astype(np.float32) * kept["scales"],
                bias=kept["bias"],
                intents=int(kept["intents"]),
            )
