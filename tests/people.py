"""The people of the tests, as one learns to know them.

Alice is an agent of the technical team, Bob her team mate, Charlie of finance, Dana the
supervisor, Mei the owner of a merchant, Nora the owner of another, Eve a customer with orders at
both, Frank another customer, and Pat a partner with an API token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.actors import Actor
from domain.channels.models import Channel
from domain.orders.models import Order
from domain.people.models import Merchant, Team
from domain.shops.models import Shop


@dataclass
class House:
    """One shop with its people. `orders` are Eve's: `mei` sold by Mei's merchant, and so on."""

    shop: Shop
    alice: Actor
    bob: Actor
    charlie: Actor
    dana: Actor
    mei: Actor
    nora: Actor
    eve: Actor
    frank: Actor
    pat: Actor
    webchat: Channel
    api: Channel
    teams: dict[str, Team]
    merchants: dict[str, Merchant]
    orders: dict[str, Order]
    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The shop's id."""
        return self.shop.id

    def everyone(self) -> dict[str, Actor]:
        """All actors by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Actor)}
