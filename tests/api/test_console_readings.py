"""Correcting a reading at the console: one click in the page, and the same without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from api import console
from api.app import create_app
from domain.actors import Actor
from domain.conversations import actions as talk
from domain.understanding import actions
from domain.understanding.classifier import Guess
from domain.understanding.intents import INTENTS
from domain.understanding.models import Correction, Reading
from tests.people import House
from tests.schema.doors import logged_in

HTMX = {"HX-Request": "true"}


@asynccontextmanager
async def at_the_console(who: Actor) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who is logged in."""
    transport = httpx.ASGITransport(app=create_app(console.routes), client=("203.0.113.9", 1))
    headers = {"Cookie": await logged_in(who), "Sec-Fetch-Site": "same-origin"}
    base = "http://zaide.test"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as browser:
        yield browser


async def read(house: House) -> Reading:
    """Eve asks about the order that Mei sold, and the model is nearly right."""
    number = house.orders["mei"].number
    message = await talk.receive(house.eve, f"卡密用不了 {number}")
    guess = Guess("card_used", 0.8, "neutral", 0.9, ("usage_restricted",), "old-1")
    await actions.note(await actions.unread([message.id]), [guess])
    return await Reading.get(message_id=message.id)


def csrf(html: str) -> str:
    """The token that stands in a form."""
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]


async def test_an_agents_click_is_kept_and_shown_where_it_was_made(house: House) -> None:
    reading = await read(house)
    where = f"/console/readings/{reading.id}/correction"
    async with at_the_console(house.alice) as browser:
        menu = (await browser.get(where, headers=HTMX)).text
        assert "<html" not in menu
        offered = re.findall(r'name="intent" value="(\w+)"', menu)
        assert offered[0] == "usage_restricted"
        assert sorted(offered) == sorted(INTENTS)
        done = await browser.post(
            where, headers={**HTMX, "X-CSRF-Token": csrf(menu)}, data={"intent": "card_invalid"}
        )
    assert done.status_code == 200
    assert 'hx-target="#messages"' in done.text
    shown = re.sub(r"\s+", " ", done.text)
    assert re.search(r'chip said">.{0,200}卡密无效</span>', shown)
    assert re.search(r'class="chip wrong" title="old-1">卡密已被使用', shown.replace("  ", " "))
    said = await Correction.get(reading_id=reading.id)
    assert (said.intent, said.agent_id) == ("card_invalid", house.alice.id)


@pytest.mark.parametrize(
    ("confidence", "in_context", "chips"),
    [
        (0.8, False, []),
        (0.5, False, ["不确定"]),
        (0.1, False, ["没读懂"]),
        (0.8, True, ["承接上文"]),
    ],
)
async def test_what_is_unsure_or_taken_from_the_talk_is_told(
    house: House, confidence: float, in_context: bool, chips: list[str]
) -> None:
    message = await talk.receive(house.eve, "卡密用不了")
    guess = Guess("card_used", confidence, "neutral", 0.9, (), "old-1", 0.0, in_context)
    await actions.note(await actions.unread([message.id]), [guess])
    reading = await Reading.get(message_id=message.id)
    page = f"/console/conversations/{reading.conversation_id}"
    async with at_the_console(house.alice) as browser:
        shown = re.findall(r"不确定|没读懂|承接上文", (await browser.get(page)).text)
        assert shown == chips
    await actions.correct(house.alice, reading.id, "card_invalid")
    async with at_the_console(house.alice) as browser:
        assert not re.search(r"不确定|没读懂|承接上文", (await browser.get(page)).text)


async def test_without_a_script_a_page_with_a_form_does_the_same(house: House) -> None:
    reading = await read(house)
    conversation = f"/console/conversations/{reading.conversation_id}"
    where = f"/console/readings/{reading.id}/correction"
    async with at_the_console(house.bob) as browser:
        assert f'<a href="{where}">' in (await browser.get(conversation)).text
        page = (await browser.get(where)).text
        assert "<html" in page
        form = re.search(rf'<form class="choice" method="post" action="{where}"', page)
        assert form is not None
        done = await browser.post(where, data={"csrf": csrf(page), "sentiment": "negative"})
        assert (done.status_code, done.headers["location"]) == (303, conversation)
        assert 'class="chip said negative"' in (await browser.get(conversation)).text
    said = await Correction.get(reading_id=reading.id)
    assert (said.intent, said.sentiment) == (None, "negative")


async def test_a_form_of_somebody_elses_page_corrects_nothing(house: House) -> None:
    reading = await read(house)
    where = f"/console/readings/{reading.id}/correction"
    async with at_the_console(house.alice) as browser:
        forged = await browser.post(where, data={"intent": "other"})
    assert forged.status_code == 403
    assert not await Correction.filter(reading_id=reading.id).exists()


@pytest.mark.parametrize(("who", "status"), [("mei", 403), ("nora", 404)])
async def test_a_merchant_is_offered_nothing(house: House, who: str, status: int) -> None:
    reading = await read(house)
    where = f"/console/readings/{reading.id}/correction"
    async with at_the_console(getattr(house, who)) as browser:
        assert (await browser.get(where)).status_code == status
        page = await browser.get("/console/orders")
        refused = await browser.post(where, data={"csrf": csrf(page.text), "intent": "other"})
    assert refused.status_code == status
    assert not await Correction.filter(reading_id=reading.id).exists()
