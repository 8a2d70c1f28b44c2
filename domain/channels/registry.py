"""Which outside worlds there are."""

from __future__ import annotations

from domain.channels.api import Api
from domain.channels.base import Outside
from domain.channels.webchat import Webchat
from domain.errors import NotFound

OUTSIDES: dict[str, Outside] = {outside.kind: outside for outside in (Webchat(), Api())}


def outside(kind: str) -> Outside:
    """The outside world of a kind. Raises NotFound."""
    found = OUTSIDES.get(kind)
    if found is None:
        raise NotFound(noun="channel")
    return found
