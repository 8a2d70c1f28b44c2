"""The console's "why?": a message with what moved its reading, by shade and by number."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from api.console.why import Part, shaded
from domain import db
from domain.conversations import actions as talk
from domain.conversations.models import Message
from domain.understanding import reasons
from domain.understanding.classifier import Piece
from tests import factories
from tests.hands import Hands, explaining
from tests.people import House
from tests.schema.doors import logged_in
from tests.schema.hostile import door
from workers.classifier import OnnxClassifier

TEXT = "卡密用不了 <b>提示</b> 无效"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the whole application."""
    async with door() as found:
        yield found


@pytest.fixture
async def message(house: House, hands: Hands) -> Message:
    """What Eve said about an order of Mei's, and how it was read."""
    said = await talk.receive(house.eve, f"{TEXT} {house.orders['mei'].number}")
    await hands.work()
    return said


def why(message: Message) -> str:
    """Where a message's reading is explained."""
    return f"/console/messages/{message.id}/explanation"


async def accesses(house: House) -> list[str]:
    """What people of a shop opened, as it was noted."""
    rows = await db.sql("SELECT kind FROM accesses WHERE shop_id = $1 ORDER BY at", house.id)
    return [row["kind"] for row in rows]


async def test_an_agent_sees_the_text_shaded_and_the_numbers(
    client: httpx.AsyncClient, house: House, message: Message, classifier: OnnxClassifier
) -> None:
    browser = {"cookie": await logged_in(house.alice), "accept": "text/html"}
    async with explaining(classifier):
        page = await client.get(f"{why(message)}?lang=en", headers=browser)
    assert page.status_code == 200
    assert "<title>Why it was read so" in page.text
    assert f'href="/console/conversations/{message.conversation_id}"' in page.text
    (shown,) = re.findall(r'<p class="weighed">(.*?)</p>', page.text)
    plain = re.sub(r"</?span[^>]*>", "", shown)
    assert plain == message.text.replace("<", "&lt;").replace(">", "&gt;")
    assert re.search(r'<span class="speaks shade-4" title="[+][0-9]+%">', shown)
    # Each shade has its number in words, for those who do not see it.
    for number in re.findall(r'title="([−+][0-9]+%)"', shown):
        assert f'<td class="sum">{number}</td>' in page.text
    assert await accesses(house) == ["explain_message"]


async def test_a_link_in_the_conversation_asks_for_the_part_alone(
    client: httpx.AsyncClient, house: House, message: Message, classifier: OnnxClassifier
) -> None:
    browser = {"cookie": await logged_in(house.alice), "accept": "text/html"}
    page = await client.get(f"/console/conversations/{message.conversation_id}", headers=browser)
    assert (
        f'href="{why(message)}" hx-get="{why(message)}" hx-target="#why-{message.id}"' in page.text
    )
    assert f'<div id="why-{message.id}" class="whyso" hx-morph-skip></div>' in page.text
    async with explaining(classifier):
        part = await client.get(why(message), headers={**browser, "hx-request": "true"})
    assert part.status_code == 200
    assert "weighed" in part.text
    assert "<html" not in part.text


@pytest.mark.parametrize(
    ("language", "said", "advice"),
    [
        ("zh", "现在无法说明为什么这样识别。", "请稍后再试"),
        ("en", "Why it was read so cannot be told right now.", "Try again shortly"),
    ],
)
@pytest.mark.parametrize("part", [{}, {"hx-request": "true"}])
async def test_without_a_worker_it_is_said_what_to_do(
    client: httpx.AsyncClient,
    house: House,
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    said: str,
    advice: str,
    part: dict[str, str],
) -> None:
    monkeypatch.setattr(reasons, "WITHIN", 0.05)
    browser = {"cookie": await logged_in(house.alice), "accept": "text/html", **part}
    page = await client.get(f"{why(message)}?lang={language}", headers=browser)
    assert page.status_code == 503
    assert said in page.text
    assert advice in page.text
    assert f'href="{why(message)}"' in page.text
    assert ("<html" in page.text) == (not part)
    assert await accesses(house) == []


async def test_a_merchant_is_refused_and_does_not_see_the_link(
    client: httpx.AsyncClient, house: House, message: Message, classifier: OnnxClassifier
) -> None:
    browser = {"cookie": await logged_in(house.mei), "accept": "text/html"}
    async with explaining(classifier):
        assert (await client.get(why(message), headers=browser)).status_code == 403
    page = await client.get(f"/console/conversations/{message.conversation_id}", headers=browser)
    assert page.status_code == 200
    assert why(message) not in page.text


async def test_who_may_not_see_the_message_does_not_find_it(
    client: httpx.AsyncClient, house: House, message: Message, classifier: OnnxClassifier
) -> None:
    other = await factories.house()
    async with explaining(classifier):
        for who in (house.nora, other.alice, other.dana):
            browser = {"cookie": await logged_in(who), "accept": "text/html"}
            assert (await client.get(why(message), headers=browser)).status_code == 404
        assert (await client.get(why(message))).status_code == 303
    assert await accesses(house) == []


def test_a_text_is_shaded_beside_what_weighs_most() -> None:
    pieces = [Piece(0, 2, 6.0), Piece(2, 4, -1.5), Piece(5, 6, 0.0)]
    assert shaded("卡密无效 吗？", pieces) == [
        Part("卡密", 0.8, 4), Part("无效", -0.2, 1), Part(" "), Part("吗", 0.0, 0), Part("？"),
    ]  # fmt: skip
    assert shaded("", []) == []
    assert shaded("你好", []) == [Part("你好")]


def test_a_number_says_what_a_piece_counts_for() -> None:
    assert [Part("x", share).counts for share in (0.32, -0.05)] == ["+32%", "−5%"]
