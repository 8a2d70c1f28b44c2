"""One conversation: what was said and understood, whom it is about, and the verbs on it."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.console import about, queue
from api.console.live import Partial
from api.console.pages import at_work, draw, field, id_of, moved, page, render, swapped
from domain import db
from domain.actors import Actor
from domain.conversations import actions, policy, queries
from domain.conversations.models import Conversation
from domain.errors import Invalid
from domain.events import Happened, Kind
from domain.live import reader
from domain.people import actions as people
from domain.tickets import actions as tickets
from domain.understanding import queries as understanding

MOST = 200


@page
async def show(request: Request, actor: Actor) -> Response:
    """GET /console/conversations/{id}."""
    at_work(actor)
    position, id = reader.position, id_of(request)
    conversation = await db.find(Conversation, actor.scope, id)
    tab = queue.tab_of(actor, request.query_params.get("tab", "all"))
    drawn = {part.id: await part.draw() for part in parts(actor, id, tab)}
    if actor.is_staff:
        await people.note_accesses([people.access(actor, "open_conversation", id)])
    return render(
        request,
        "conversations/show.html",
        actor,
        position=position,
        conversation=conversation,
        tab=tab,
        parts=drawn,
    )


def parts(actor: Actor, id: UUID, tab: str) -> list[Partial]:
    """What lives on this page: the list beside it, and the conversation in five parts."""

    def its(event: Happened) -> bool:
        return event.conversation_id == id and event.kind not in queue.QUIET

    def about_it(event: Happened) -> bool:
        return its(event) or event.kind in (Kind.ORDER_CHANGED, Kind.CUSTOMER_MERGED)

    own = [
        Partial("head", (actor.id, id), its, lambda: draw_head(actor, id)),
        Partial("messages", (actor.id, id), its, lambda: draw_messages(actor, id)),
        Partial("side", (actor.id, id), about_it, lambda: about.draw_side(actor, id)),
    ]
    if actor.is_staff:
        own.append(Partial("phrases", (actor.id, id), its, lambda: about.draw_phrases(actor, id)))
    return [*queue.parts(actor, tab), *own]


async def draw_head(actor: Actor, id: UUID) -> str:
    """Who it is with, how it stands, and what the viewer may do about it."""
    (row,) = await queue.rows(actor, [("t.id = {}", id)], "t.id")
    conversation = await db.find(Conversation, actor.scope, id)
    return draw(
        "conversations/_head.html",
        actor.locale,
        row=row,
        mine=row["agent_id"] == actor.id,
        staff=actor.is_staff,
        may_reply=policy.may_reply(actor, conversation),
        teams=await about.teams(actor),
    )


async def draw_messages(actor: Actor, id: UUID) -> str:
    """What was said, each of the customer's messages with how it was read."""
    conversation = await db.find(Conversation, actor.scope, id)
    return draw(
        "conversations/_messages.html",
        actor.locale,
        messages=await queries.last_said(actor.scope, id, MOST),
        readings=await understanding.of_conversation(actor.scope, id),
        may_reveal=policy.may_reveal(actor, conversation),
        staff=actor.is_staff,
    )


# Verbs


@page
async def say(request: Request, actor: Actor) -> Response:
    """POST …/messages: a reply to the customer, or a note to colleagues."""
    id, text = id_of(request), await field(request, "text")
    if await field(request, "kind") == "note":
        await actions.note(actor, id, text)
    else:
        await actions.reply(actor, id, text, await field(request, "client_id") or None)
    return swapped(
        ("messages", await draw_messages(actor, id)), ("head", await draw_head(actor, id))
    )


async def _changed(actor: Actor, id: UUID) -> Response:
    """The parts that a change of holder or state shows in."""
    return swapped(("head", await draw_head(actor, id)), ("side", await about.draw_side(actor, id)))


@page
async def claim(request: Request, actor: Actor) -> Response:
    """POST …/claim: take it."""
    await actions.claim(actor, id_of(request))
    return await _changed(actor, id_of(request))


@page
async def give_back(request: Request, actor: Actor) -> Response:
    """POST …/return: give it back to the bot."""
    await actions.give_back(actor, id_of(request))
    return await _changed(actor, id_of(request))


@page
async def transfer(request: Request, actor: Actor) -> Response:
    """POST …/transfer: to another team's queue, with a reason."""
    try:
        team = UUID(await field(request, "team"))
    except ValueError:
        raise Invalid(field="team") from None
    await actions.transfer(actor, id_of(request), team, await field(request, "reason"))
    return await _changed(actor, id_of(request))


@page
async def close(request: Request, actor: Actor) -> Response:
    """POST …/closure: end the episode."""
    await actions.close(actor, id_of(request))
    return moved(request, "/console?tab=mine")


@page
async def open_ticket(request: Request, actor: Actor) -> Response:
    """POST …/tickets: open one, or show the one that is open."""
    await tickets.open(actor, id_of(request))
    return await _changed(actor, id_of(request))


@page
async def reveal(request: Request, actor: Actor) -> Response:
    """POST /console/messages/{id}/reveal: as it was typed; who looked, and why, is kept."""
    text = await actions.reveal(actor, id_of(request), await field(request, "reason"))
    return HTMLResponse(draw("conversations/_revealed.html", actor.locale, text=text))
