"""Deadlines: marked once each, warned then breached, met by an answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db
from domain.actors import system
from domain.conversations import actions as talk
from domain.conversations.models import Conversation
from domain.deadlines import actions
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from tests import factories
from tests.people import House


async def waiting(house: House) -> Conversation:
    """Eve waits for a person, due within a minute."""
    message = await talk.receive(house.eve, "人工")
    async with db.unit_of_work():
        conversation = await db.lock(Conversation, system(house.id).scope, message.conversation_id)
        await talk.hand_over(
            conversation, house.teams["general"].id, ["requested"], timedelta(minutes=1)
        )
    return conversation


async def marks(house: House) -> list[str]:
    """The deadline events of a shop."""
    rows = await db.sql(
        "SELECT kind FROM events WHERE shop_id = $1 AND kind LIKE 'Deadline%' ORDER BY id", house.id
    )
    return [row["kind"] for row in rows]


async def test_a_deadline_is_warned_when_due_and_breached_at_the_alarm(house: House) -> None:
    conversation = await waiting(house)
    await actions.tick()
    assert await marks(house) == []
    with clock.travel(timedelta(seconds=61)):
        await actions.tick()
        await actions.tick()
    assert await marks(house) == ["DeadlineWarned"]
    with clock.travel(timedelta(minutes=6)):
        await asyncio.gather(*(actions.tick() for _ in range(4)))
    assert await marks(house) == ["DeadlineWarned", "DeadlineBreached"]
    assert (await Conversation.get(id=conversation.id)).deadline == "breached"


async def test_an_answer_in_time_meets_the_deadline(house: House) -> None:
    conversation = await waiting(house)
    await talk.reply(house.alice, conversation.id, "在的")
    with clock.travel(timedelta(hours=1)):
        await actions.tick()
    assert await marks(house) == []
    assert (await Conversation.get(id=conversation.id)).deadline == "met"


async def test_a_late_answer_is_a_breach_that_stays_one(house: House) -> None:
    conversation = await waiting(house)
    with clock.travel(timedelta(minutes=3)):
        await talk.reply(house.alice, conversation.id, "抱歉久等")
    assert (await Conversation.get(id=conversation.id)).deadline == "breached"


async def test_a_ticket_breaches_its_resolution(house: House) -> None:
    message = await talk.receive(house.eve, "卡密无效")
    ticket = await tickets.open(house.alice, message.conversation_id, "card_invalid")
    with clock.travel(timedelta(hours=8, minutes=1)):
        await actions.tick()
    assert (await Ticket.get(id=ticket.id)).deadline == "warned"
    with clock.travel(timedelta(hours=9)):
        await actions.tick()
    assert (await Ticket.get(id=ticket.id)).deadline == "breached"


async def test_a_ticket_in_its_grace_stands_in_nobodys_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 1)
    found = []
    for number, hours in enumerate((8, 9)):
        buyer = await factories.customer(house.shop, f"T{number}", user=f"t-{number}")
        message = await talk.receive(buyer, "卡密无效")
        ticket = await tickets.open(house.alice, message.conversation_id, "card_invalid")
        due = ticket.opened_at + timedelta(hours=hours)
        await Ticket.filter(id=ticket.id).update(due_at=due, deadline="running")
        found.append(ticket)
    for minutes in (8 * 60 + 1, 8 * 60 + 2, 9 * 60 + 1):
        with clock.travel(timedelta(minutes=minutes)):
            await actions.tick()
    later = await Ticket.get(id=found[1].id)
    assert later.deadline == "warned"


async def test_a_shop_sets_its_own_times(house: House) -> None:
    house.shop.settings = {"deadlines": {"resolution_2": 60}}
    await house.shop.save()
    message = await talk.receive(house.eve, "卡密无效")
    ticket = await tickets.open(house.alice, message.conversation_id, "card_invalid")
    assert ticket.due_at is not None
    assert ticket.due_at - ticket.opened_at <= timedelta(seconds=61)
