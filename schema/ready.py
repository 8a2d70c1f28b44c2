"""A request made ready to run: parsed, checked, weighed and planned once for all who send it.

Most requests are the same bytes again and again: a console asks for its queue, a program for its
tickets. What those bytes ask does not depend on who sends them, and is kept by the bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from graphql import OperationDefinitionNode, OperationType

from domain.settings import settings
from schema import parsing
from schema.compiled.plan import Plan, planned
from schema.compiled.reading import Variables
from schema.parsing import KEPT, Document
from schema.request import Asked

MOST = 4096
"""Bytes of a request that is kept."""


@dataclass(eq=False)
class Ready:
    """A document, the operation to run of it and its variables, all within the limits."""

    document: Document
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    _plans: dict[bool, tuple[Plan, Variables]] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation

    @cached_property
    def key(self) -> Hashable:
        """What makes two of them ask the same."""
        name = self.operation.name.value if self.operation.name else ""
        return self.document, name, orjson.dumps(self.variables)

    def plan(self, staff: bool) -> tuple[Plan, Variables]:
        """Its plan and coerced variables, for staff or for others. Raises Unknown."""
        found = self._plans.get(staff)
        if found is None:
            found = planned(self.document, self.operation, self.variables, staff)
            self._plans[staff] = found
        return found


def ready(given: Asked) -> Ready:
    """A request whose document's text is known. Raises Refused for a bad or too large one."""
    document = parsing.read(given.query)
    operation = document.operation(given.operation_name)
    parsing.weigh(document, operation, given.variables)
    return Ready(document, operation, given.variables)


class Requests:
    """Requests by their bytes, the `most` used last, of at most 4 kB each."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[bytes, bool], Ready] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, raw: bytes) -> Ready | None:
        """What these bytes ask, if they were sent before."""
        here = settings()
        if here.documents == "trusted":
            return None
        key = raw, here.development
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, raw: bytes, made: Ready) -> None:
        """Remember what these bytes ask. Not where only some documents are trusted: those are
        looked up each time, and whatever has a hash and a text is to be registered each time."""
        here = settings()
        if here.documents == "trusted" or len(raw) > MOST:
            return
        self._kept[raw, here.development] = made
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


requests = Requests()
