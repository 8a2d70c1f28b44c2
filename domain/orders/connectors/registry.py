"""Which kinds of shop systems there are, and how a connector to one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.errors import Invalid
from domain.orders.connectors.base import Connector
from domain.orders.connectors.demo import Demo

Factory = Callable[[Mapping[str, str]], Connector]

CONNECTORS: dict[str, Factory] = {"demo": Demo}


def connector(kind: str, config: Mapping[str, str]) -> Connector:
    """A connector of `kind` with a shop's own settings. Raises `Invalid` for an unknown kind."""
    factory = CONNECTORS.get(kind)
    if factory is None:
        raise Invalid(field="connector")
    return factory(config)
