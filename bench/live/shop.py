"""The shop that the live figures are about: who follows it, and what happens in it.

It is made of rows directly, as tests' factories do; what happens afterwards happens by real verbs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import chain, combinations
from typing import Any
from uuid import UUID

from domain import db
from domain.actors import Actor, Role, system
from domain.channels.actions import add_channel
from domain.clock import now
from domain.conversations.messages.actions import write
from domain.conversations.models import Author, Conversation, Holder, Timeline
from domain.people import actions as people
from domain.people import rules
from domain.people.models import Customer, Grant, Person, Session
from domain.people.queries import actor_of_session, actor_of_token
from domain.rows import new_id
from domain.shops.actions import create_shop
from schema.scalars import opaque

AGENTS = 200
SCOPES = 50
FOLLOWED = 200
"""Conversations that somebody follows on a page of their own; an agent has each."""
WAITING = 60
"""Conversations that wait in the queue: as many as the console's page shows."""
READS = tuple(
    f"{noun}:read"
    for noun in ("customers", "knowledge", "merchants", "metrics", "orders", "tickets")
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who may follow: by a log-in's cookie or by a token, and as the peers know them."""

    token: str
    cookie: str
    scope: dict[str, Any]

    @property
    def raw(self) -> str:
        """The secret itself, which is what the peers take."""
        return self.token or self.cookie.partition("=")[2]


@dataclass(slots=True)
class Shop:
    """What the load needs to know of the shop."""

    id: str
    agents: list[Viewer] = field(default_factory=list)
    viewers: list[Viewer] = field(default_factory=list)
    """One of each of `SCOPES` scopes. All of them may hear of every conversation."""
    followed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def conversations(self) -> list[str]:
        """The followed ones as GraphQL names them."""
        return [opaque("Conversation", UUID(id)) for id in self.followed]

    def as_data(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Shop:
        """From JSON."""
        viewers = {name: [Viewer(**v) for v in data[name]] for name in ("agents", "viewers")}
        return cls(**{**data, **viewers})


async def opened() -> tuple[Shop, Actor]:
    """A new shop with its people and conversations, and the supervisor who will answer there."""
    root = Actor(role=Role.ADMIN, shop_id=None, id=UUID(int=0), name="bench")
    row = await create_shop(root, f"bench-{secrets.token_hex(4)}", "星卡小铺")
    teams = await people.create_default_teams(system(row.id))
    channel = await add_channel(row.id, "webchat", "网页客服")
    shop = Shop(str(row.id))
    _, dana = await _staff(row.id, "Dana 高悦", Role.SUPERVISOR)
    for n in range(AGENTS):
        viewer, _ = await _staff(row.id, f"坐席 {n:03d}", Role.AGENT)
        shop.agents.append(viewer)
    shop.viewers = [viewer async for viewer in _viewers(row.id, shop.agents[0])]
    for n in range(FOLLOWED + WAITING):
        waits = n >= FOLLOWED
        id = await _conversation(dana, channel.id, teams[n % len(teams)].id, n, waits=waits)
        (shop.waiting if waits else shop.followed).append(str(id))
    return shop, dana


async def _viewers(shop: UUID, agent: Viewer) -> Any:
    """An agent, a supervisor, and partners who were granted to read different things."""
    yield agent
    supervisor, _ = await _staff(shop, "Erin", Role.SUPERVISOR)
    yield supervisor
    for n, reads in zip(range(SCOPES - 2), _granted(), strict=False):
        actor = system(shop)
        _, raw = await people.issue_token(
            actor, f"partner {n}", Role.PARTNER, None, ["conversations:read", *reads]
        )
        found = await actor_of_token(raw)
        assert found is not None
        yield Viewer(raw, "", _scope(found))


def _granted() -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(READS, n) for n in range(len(READS) + 1))


async def _staff(shop: UUID, name: str, role: Role) -> tuple[Viewer, Actor]:
    """Somebody with an open session. Nobody logs in by password here: Argon2id takes its time."""
    at, raw = now(), secrets.token_urlsafe(32)
    person = await Person.create(
        login=f"bench-{secrets.token_hex(6)}", name=name, password_hash="!", created_at=at
    )
    grant = await Grant.create(
        shop_id=shop, person_id=person.id, role=role.value, presence="offline", created_at=at
    )
    await Session.create(
        person_id=person.id,
        grant_id=grant.id,
        token_hash=rules.digest(raw),
        created_at=at,
        expires_at=at + timedelta(hours=12),
    )
    actor = await actor_of_session(raw)
    assert actor is not None
    return Viewer("", f"zaide_session={raw}", _scope(actor)), actor


def _scope(actor: Actor) -> dict[str, Any]:
    scope = actor.scope
    return {
        "shop": str(scope.shop_id),
        "role": scope.role.value,
        "merchant": None,
        "customer": None,
        "reads": list(scope.reads) if scope.reads is not None else None,
    }


async def _conversation(dana: Actor, channel: UUID, team: UUID, n: int, *, waits: bool) -> UUID:
    at = now()
    customer = await Customer.create(
        shop_id=dana.shop, name=f"买家 {n:03d}", is_anonymous=False, created_at=at
    )
    timeline = await Timeline.create(shop_id=dana.shop, customer_id=customer.id)
    held: dict[str, Any] = {"holder": Holder.AGENT.value, "agent_id": dana.id, "answered_at": at}
    queued: dict[str, Any] = {"holder": Holder.QUEUE.value, "queued_at": at, "priority": n % 4}
    async with db.unit_of_work():
        conversation = await Conversation.create(
            id=new_id(),
            shop_id=dana.shop,
            timeline_id=timeline.id,
            customer_id=customer.id,
            channel_id=channel,
            team_id=team,
            opened_at=at,
            last_message_at=at,
            **(queued if waits else held),
        )
        await write(conversation, Author.CUSTOMER, "卡密提示无效,请帮我看看是什么原因,谢谢")
        await conversation.save(update_fields=["last_seq"])
    return conversation.id
