"""The parts of the chat page, drawn the same way for the first look and live."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from api.console import pages
from domain import db, words
from domain.actors import Actor, system
from domain.conversations import queries
from domain.conversations.models import Conversation
from domain.events import Kind
from domain.orders import queries as orders
from domain.people.models import Grant
from domain.tickets import queries as tickets

HERE = Path(__file__).parent
MOST = 60
SAID = frozenset({Kind.MESSAGE_RECEIVED, Kind.MESSAGE_SENT})


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The widget's templates."""
    return pages.environment(HERE / "templates")


def draw(name: str, locale: str, **values: Any) -> str:
    """A template as text."""
    _ = words.translator(locale)
    return templates().get_template(name).render(_=_, locale=locale, **values)


def draw_message(row: db.Row, locale: str) -> str:
    """One message."""
    return draw("_message.html", locale, message=row)


async def history(actor: Actor) -> list[db.Row]:
    """The newest messages of the customer's whole timeline, in order."""
    return await queries.said_to_customer(actor.scope, actor.id, MOST)


async def draw_history(actor: Actor, locale: str) -> str:
    """All of them, as the page's first look has them."""
    return "".join(draw_message(row, locale) for row in await history(actor))


async def current(actor: Actor) -> Conversation | None:
    """The customer's open conversation."""
    row = await queries.open_of_customer(actor.scope, actor.id)
    return db.hydrate(Conversation, row) if row else None


async def draw_status(actor: Actor, locale: str) -> str:
    """Who has the talk, the place in the queue, the order it is about and its ticket's number."""
    talk = await current(actor)
    linked = await orders.by_ids(actor.scope, [talk.order_id]) if talk and talk.order_id else []
    numbers = await tickets.of_conversation(actor.scope, talk.id) if talk else []
    return draw(
        "_status.html",
        locale,
        holder=talk.holder if talk else "",
        agent=await _agent(talk) if talk else "",
        ahead=await _ahead(talk) if talk and talk.holder == "queue" else 0,
        order={**linked[0], "evidence": db.json(linked[0]["evidence"])} if linked else None,
        ticket=numbers[0] if numbers else None,
    )


async def _agent(talk: Conversation) -> str:
    """The name of who has it: the one thing of an agent that a customer learns."""
    if talk.agent_id is None:
        return ""
    found = await db.select(
        Grant,
        system(talk.shop_id).scope,
        [("t.id = {}", talk.agent_id)],
        columns="(SELECT p.name FROM people p WHERE p.id = t.person_id) AS name",
    )
    return str(found[0]["name"]) if found else ""


async def _ahead(talk: Conversation) -> int:
    return await queries.waiting_before(system(talk.shop_id).scope, talk)
