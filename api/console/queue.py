"""The queue: which conversations there are, who waits, and who has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console.live import Partial
from api.console.pages import at_work, draw, page, render
from domain import db
from domain.actors import Actor
from domain.conversations.models import Conversation, Message
from domain.events import Happened, Kind
from domain.live import reader
from domain.orders import queries as orders
from domain.people import queries as people
from domain.people.models import Customer

MOST = 60
OPEN = ("t.state = 'open'", ...)
TABS = ("waiting", "mine", "bot", "all", "closed")
MERCHANT_TABS = ("all", "closed")
URGENT = "t.priority DESC, t.queued_at, t.id"
LATEST = "t.last_message_at DESC, t.id DESC"
QUIET = frozenset({Kind.GRANT_CHANGED, Kind.SESSION_ENDED, Kind.SHOP_SWITCHED, Kind.TOKEN_REVOKED})


@page
async def index(request: Request, actor: Actor) -> Response:
    """GET /console: the live queue."""
    at_work(actor)
    position, tab = reader.position, tab_of(actor, request.query_params.get("tab", ""))
    return render(
        request,
        "queue/index.html",
        actor,
        position=position,
        tab=tab,
        tabs=await draw_tabs(actor, tab),
        list=await draw_list(actor, tab),
    )


def parts(actor: Actor, tab: str) -> list[Partial]:
    """What lives on this page. Only how many are one's own, and their list, depend on who looks."""
    own = actor.id if tab == "mine" else None
    return [
        Partial("tabs", tab, hears, lambda: read_tabs(actor, tab), lambda tabs: tabs.of(actor)),
        Partial("list", (own, tab), hears, lambda: draw_list(actor, tab)),
    ]


def hears(event: Happened) -> bool:
    """Whether an event may change the list: anything that happened to a conversation."""
    return event.kind not in QUIET and (
        event.conversation_id is not None or event.kind == Kind.ORDER_CHANGED
    )


def tab_of(actor: Actor, asked: str) -> str:
    """The tab asked for, if the actor has it, else their first."""
    tabs = TABS if actor.is_staff else MERCHANT_TABS
    return asked if asked in tabs else tabs[0]


async def draw_tabs(actor: Actor, tab: str) -> str:
    """The tabs with how many are in each that is worth counting."""
    return (await read_tabs(actor, tab)).of(actor)


async def read_tabs(actor: Actor, tab: str) -> Tabs:
    """The counts for everybody of the actor's scope, in three statements however many they are."""
    if not actor.is_staff:
        return Tabs(tab, actor.locale, MERCHANT_TABS)
    counts = {
        name: await db.count(Conversation, actor.scope, _where(actor, name))
        for name in ("waiting", "bot")
    }
    held = await db.select(
        Conversation,
        actor.scope,
        [("t.holder = 'agent'", ...), OPEN],
        order="t.agent_id",
        columns="DISTINCT t.agent_id, count(*) OVER (PARTITION BY t.agent_id) AS n",
    )
    return Tabs(tab, actor.locale, TABS, counts, {row["agent_id"]: row["n"] for row in held})


@dataclass(frozen=True, slots=True)
class Tabs:
    """The tabs of one scope as of one moment: what all see, and how many each agent has."""

    tab: str
    locale: str
    names: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    mine: dict[UUID, int] = field(default_factory=dict)
    _drawn: dict[int, str] = field(default_factory=dict, init=False)

    def of(self, actor: Actor) -> str:
        """One viewer's tabs; whoever has as many sees the same text."""
        mine = self.mine.get(actor.id, 0)
        html = self._drawn.get(mine)
        if html is None:
            counts = {**self.counts, "mine": mine}
            html = self._drawn[mine] = draw(
                "queue/_tabs.html", self.locale, tab=self.tab, tabs=self.names, counts=counts
            )
        return html


async def draw_list(actor: Actor, tab: str) -> str:
    """The conversations of a tab, most urgent or newest first."""
    found = await rows(actor, _where(actor, tab), URGENT if tab == "waiting" else LATEST)
    return draw("queue/_list.html", actor.locale, tab=tab, rows=found, staff=actor.is_staff)


def _where(actor: Actor, tab: str) -> list[tuple[str, Any]]:
    match tab:
        case "waiting":
            return [("t.holder = 'queue'", ...), OPEN]
        case "mine":
            return [("t.holder = 'agent'", ...), ("t.agent_id = {}", actor.id), OPEN]
        case "bot":
            return [("t.holder = 'bot'", ...), OPEN]
        case "closed":
            return [("t.state = 'closed'", ...)]
    return [OPEN]


async def rows(actor: Actor, where: list[tuple[str, Any]], order: str) -> list[dict[str, Any]]:
    """Conversations with what a row shows of their customer, order, holder and last message."""
    found = await db.select(Conversation, actor.scope, where, order=order, limit=MOST)
    ids = [row["id"] for row in found]
    customers = await _by_id(actor, Customer, [row["customer_id"] for row in found])
    bought = await orders.by_ids(actor.scope, [r["order_id"] for r in found if r["order_id"]])
    order_of, names = {row["id"]: row for row in bought}, await names_of_agents(actor)
    last = await _last_words(actor, ids)
    return [
        {
            **row,
            "customer": customers.get(row["customer_id"]),
            "order": order_of.get(row["order_id"]),
            "agent": names.get(row["agent_id"], ""),
            "last": last.get(row["id"], ""),
            "reasons": db.json(row["reasons"]),
        }
        for row in found
    ]


async def names_of_agents(actor: Actor) -> dict[UUID, str]:
    """The staff's names by grant; empty for those who may not see them."""
    return {row["id"]: row["name"] for row in await people.agents(actor)}


async def _by_id(actor: Actor, model: type[Customer], ids: list[UUID]) -> dict[UUID, db.Row]:
    found = await db.select(model, actor.scope, [("t.id = ANY({})", list(set(ids)))])
    return {row["id"]: row for row in found}


async def _last_words(actor: Actor, ids: list[UUID]) -> dict[UUID, str]:
    """What the customer said last in each: that, and not our answer, is what waits."""
    found = await db.select(
        Message,
        actor.scope,
        [("t.conversation_id = ANY({})", ids), ("t.author = 'customer'", ...)],
        order="t.conversation_id, t.seq DESC",
        columns="DISTINCT ON (t.conversation_id) t.conversation_id, left(t.text, 120) AS text",
    )
    return {row["conversation_id"]: row["text"] for row in found}
