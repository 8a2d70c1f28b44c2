"""A request's parameters, whichever door they came by: each of its right type, and storable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.errors import refusal
from schema.parsing import Refused, usable


class Malformed(Refused):
    """The parameters are not those of a GraphQL request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A document, which of its operations, and its variables.

    `query` is empty while only the document's hash is known: schema/documents.py finds the text.
    """

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None


def asked(body: Mapping[str, Any]) -> Asked:
    """The parameters in a JSON object. Raises Malformed for wrong types, Refused for bad texts."""
    query, id, name = body.get("query"), body.get("documentId"), body.get("operationName")
    if not isinstance(id, str | None):
        raise _wrong("documentId", "a text")
    if query is None and id is not None:
        query = ""
    elif not isinstance(query, str) or not query:
        raise _wrong("query", "a text")
    if not isinstance(name, str | None):
        raise _wrong("operationName", "a text")
    for each in ("variables", "extensions"):
        if not isinstance(body.get(each), dict | None):
            raise _wrong(each, "an object")
    variables = body.get("variables") or {}
    for text in (query, name or "", *_texts(variables)):
        if not usable(text):
            raise Refused(refusal("invalid_text", "A text holds NUL or half a character."))
    return Asked(query, name, variables, id)


def _wrong(name: str, kind: str) -> Malformed:
    return Malformed(refusal("malformed_request", f"{name} is not {kind}.", field=name))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names too, without recursion."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
