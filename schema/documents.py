"""Documents named by their hash, and the mode in which nothing runs but those we trust.

    documentId alone        the document runs, if it is known; else `document_unknown`
    documentId and query    it runs and is known from now on; `document_mismatch` if they differ

The id is "sha256:" and the 64 hexadecimal digits of the text in UTF-8, as in "Persisted Documents":
https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md

Known are our own client's documents (schema/documents.json), those of ZAIDE_TRUSTED_DOCUMENTS, and
what callers register: kept in this process, and in Redis for the others. What is lost there is
registered again by whoever asks next. With ZAIDE_DOCUMENTS=trusted the first two are all that runs,
whether by hash or by text, and nothing is registered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from domain import broker
from domain.embedded import StartFailed
from domain.settings import ROOT, settings
from domain.words import hint, say
from schema import parsing
from schema.context import Context
from schema.errors import refusal
from schema.parsing import KEPT, KEPT_LENGTH, Refused, usable
from schema.request import Asked

OURS = ROOT / "schema" / "documents.json"
_ID = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A document that may always run, and the file that says so."""

    id: str
    text: str
    file: Path

    @property
    def names(self) -> list[str]:
        """The names of its operations; an empty one for an operation without."""
        operations = parsing.read(self.text).operations
        return [each.name.value if each.name else "" for each in operations]


def identifier(text: str) -> str:
    """The id of a document's text, which has no half characters."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def manifest(texts: Iterable[str]) -> str:
    """The JSON of a manifest: each text under its id."""
    found = {identifier(text): text for text in texts}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


async def known(given: Asked, context: Context) -> Asked:
    """The request with its document's text, ready to run. Raises Refused.

    Registers the document where the request has both its id and its text.
    """
    trusting = settings().documents == "trusted"
    id = given.document_id
    if id is None and not trusting:
        return given
    if id is not None and not _ID.fullmatch(id):
        raise _refused("invalid_document_id", context)
    if id is not None and given.query and identifier(given.query) != id:
        raise _refused("document_mismatch", context)
    text = _trusted_text(given)
    if text is None and trusting:
        raise _refused("document_untrusted", context)
    if text is None and id is not None:
        text = given.query or await registered.find(id)
        if text is None:
            raise _refused("document_unknown", context)
        if given.query and context.actor is not None:
            await registered.add(id, text)
    return replace(given, query=text or given.query, document_id=None)


def _trusted_text(given: Asked) -> str | None:
    id = given.document_id or identifier(given.query)
    found = trusted().get(id)
    return found.text if found is not None else None


def _refused(code: str, context: Context) -> Refused:
    advice = {"hint": hint(code, context.locale)}
    return Refused(refusal(code, say(code, context.locale), **advice))


# What callers register


class Registered:
    """The documents that callers registered, those of this process being the latest used."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._texts)

    async def find(self, id: str) -> str | None:
        """The text of a document; None for one that nobody registered lately."""
        text = self._texts.get(id) or await broker.find_document(id)
        if text is None or identifier(text) != id:
            return None
        self._keep(id, text)
        return text

    async def add(self, id: str, text: str) -> None:
        """Keep a document, here and for other processes, unless it is larger than 16 kB.

        Raises Refused for one that is not valid.
        """
        parsing.read(text)
        if len(text.encode()) <= KEPT_LENGTH:
            self._keep(id, text)
            # Always, for Redis may have lost it, or another process's client may miss it.
            await broker.keep_document(id, text)

    def _keep(self, id: str, text: str) -> None:
        self._texts.pop(id, None)
        self._texts[id] = text
        if len(self._texts) > self._most:
            del self._texts[next(iter(self._texts))]


registered = Registered()


# What is trusted


@lru_cache(maxsize=1)
def trusted() -> Mapping[str, Trusted]:
    """Our own documents and those of the folder by their ids, read once per process.

    Raises StartFailed when the folder is missing, or something in it is no valid document.
    """
    ours: dict[str, str] = json.loads(OURS.read_text("utf-8"))
    found = {id: Trusted(id, text, OURS) for id, text in ours.items()}
    for each in _in_folder(settings().trusted_documents):
        found.setdefault(each.id, each)
    return found


def _in_folder(named: str) -> Iterator[Trusted]:
    folder = Path(named)
    if not named:
        return
    if not folder.is_dir():
        raise StartFailed(f"ZAIDE_TRUSTED_DOCUMENTS names {folder}, which is no folder.")
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".graphql", ".json") and file.is_file():
            yield from in_file(file)


def in_file(file: Path) -> Iterator[Trusted]:
    """The document in a *.graphql file, or those in a manifest. Raises StartFailed, as above."""
    try:
        # Not as Python reads texts: the ends of lines are part of what is hashed.
        text = file.read_bytes().decode("utf-8")
        listed = json.loads(text) if file.suffix == ".json" else {identifier(text): text}
    except (OSError, ValueError, RecursionError) as error:
        raise StartFailed(f"{file} cannot be read: {error}.") from error
    if not isinstance(listed, dict) or not all(isinstance(each, str) for each in listed.values()):
        raise StartFailed(f'{file} is no manifest: {{"sha256:...": "text"}}.')
    for id, text in listed.items():
        why = _flaw(id, text)
        if why:
            where = f"{file}, {id[:80]}" if file.suffix == ".json" else file
            raise StartFailed(f"{where} cannot be trusted: {why}")
        yield Trusted(id, text, file)


def _flaw(id: str, text: str) -> str:
    """Why a document cannot run under this id; empty if it can."""
    if not usable(text):
        return "the text holds NUL or half a character."
    if identifier(text) != id:
        return "this is not the hash of its text."
    try:
        parsing.read(text)
    except Refused as refused:
        first = refused.errors[0]
        place = f"line {first.locations[0].line}: " if first.locations else ""
        return f"{place}{first.message}"
    return ""
