"""Who asks, and what they may see.

An `Actor` is one person, token or customer acting in one shop. Its `Scope` is the small frozen
part that decides visibility: equal scopes see the same rows, share a live frame and a cache line.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What somebody is in one shop. `admin` runs the installation and sees no shop's business."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    MERCHANT_OWNER = "merchant_owner"
    MERCHANT_STAFF = "merchant_staff"
    PARTNER = "partner"
    CUSTOMER = "customer"
    SYSTEM = "system"


STAFF = frozenset({Role.SUPERVISOR, Role.AGENT})
MERCHANTS = frozenset({Role.MERCHANT_OWNER, Role.MERCHANT_STAFF})


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: a shop, as a role, narrowed to a merchant or a customer.

    `reads` are the nouns a token was granted, sorted; `None` means all that the role may see.
    """

    shop_id: UUID | None
    role: Role
    merchant_id: UUID | None = None
    customer_id: UUID | None = None
    reads: tuple[str, ...] | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF or self.role is Role.SYSTEM

    @property
    def kind(self) -> Hashable:
        """All of it but whose it is: scopes of one kind read by the same statements."""
        bound = (self.shop_id is None, self.merchant_id is None, self.customer_id is None)
        return self.role, self.reads, bound

    def may_hear(
        self, shop_id: UUID, customers: tuple[UUID, ...], merchants: tuple[UUID, ...]
    ) -> bool:
        """Whether an event of that shop, about those customers and merchants, is theirs to know."""
        if shop_id != self.shop_id:
            return False
        if self.customer_id is not None:
            return self.customer_id in customers
        if self.merchant_id is not None:
            return self.merchant_id in merchants
        return self.is_staff or self.role is Role.PARTNER


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `id` is the grant, token or customer; `person_id` the human behind it.

    `as_of` is the state of the database in which they were looked up, '' where none was noted: two
    equal ones have seen the same transactions commit.
    """

    role: Role
    shop_id: UUID | None
    id: UUID
    name: str = ""
    person_id: UUID | None = None
    merchant_id: UUID | None = None
    customer_id: UUID | None = None
    team_ids: frozenset[UUID] = field(default_factory=frozenset)
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    locale: str = "zh"
    as_of: str = field(default="", compare=False)

    @property
    def scope(self) -> Scope:
        """The visibility of this actor."""
        reads = None
        if self.scopes is not None:
            reads = tuple(sorted(s[:-5] for s in self.scopes if s.endswith(":read")))
        return Scope(self.shop_id, self.role, self.merchant_id, self.customer_id, reads)

    @property
    def ref(self) -> str:
        """How events name this actor: `agent:<id>`."""
        return f"{self.role.value}:{self.id}"

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF or self.role is Role.SYSTEM

    @property
    def shop(self) -> UUID:
        """The shop acted in; only an installation admin has none, and no business verb either."""
        assert self.shop_id is not None
        return self.shop_id

    def may(self, scope: str) -> bool:
        """Whether a token carries `scope` (people, who have no scopes, are ruled by policies)."""
        return self.scopes is None or scope in self.scopes


def system(shop_id: UUID) -> Actor:
    """The installation itself at work in a shop: the bot, routing, deadlines."""
    return Actor(role=Role.SYSTEM, shop_id=shop_id, id=shop_id, name="Zaide")
