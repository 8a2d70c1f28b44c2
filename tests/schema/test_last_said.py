"""When something was said last, or answered: to a merchant, of what is about its own orders.

That Eve wrote again about another merchant's order is not Mei's to know: not by the moment, not by
the order of a list, and not by a cursor.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from api.console import queue
from domain import db
from domain.actors import Actor, Role
from domain.conversations import actions as talk
from domain.conversations.models import Conversation, Message
from schema import execution, parsing
from schema.context import Context
from schema.ready import Ready
from schema.scalars import opaque
from tests import factories
from tests.people import House

LISTED = """query($order: ConversationSort!, $first: Int, $after: String) {
  conversations(order: $order, first: $first, after: $after) { pageInfo { hasNextPage }
    edges { cursor node { id lastMessageAt answeredAt lastMessage { createdAt } } } } }"""
WAYS = {"compiled": execution.compiled, "interpreted": execution.interpreted}
Way = Callable[..., Any]


@dataclass
class Talks:
    """Eve spoke of Mei's order, then Frank of his at Mei's, then Eve of Nora's."""

    house: House
    of_mei: Message
    franks: Message
    of_nora: Message

    @property
    def both(self) -> list[str]:
        """Eve's talk and Frank's, by their ids as shown."""
        return [opaque("Conversation", m.conversation_id) for m in (self.of_mei, self.franks)]


@pytest.fixture
async def talks(house: House) -> Talks:
    """Two talks that Mei sees."""
    sold = await factories.order(house.shop, house.frank, house.merchants["mei"])
    return Talks(
        house,
        await talk.receive(house.eve, f"卡密无效 {house.orders['mei'].number}"),
        await talk.receive(house.frank, f"卡密无效 {sold.number}"),
        await talk.receive(house.eve, f"还有这个 {house.orders['nora'].number}"),
    )


async def listed(way: Way, who: Actor, **variables: Any) -> dict[str, Any]:
    """The list as somebody gets it."""
    document, context = parsing.read(LISTED), Context(actor=who)
    given = {"order": "LATEST", "first": 20, **variables}
    result = await way(Ready(document, document.operation(None), given), context)
    answer = orjson.loads(execution.encode(result, context))
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]["conversations"]
    return found


async def moments(way: Way, who: Actor) -> dict[str, str]:
    """When something was said last in each talk of the list, in its order."""
    edges = (await listed(way, who))["edges"]
    return {edge["node"]["id"]: edge["node"]["lastMessageAt"] for edge in edges}


def as_token(merchant: Actor) -> Actor:
    """A partner's token that is bound to a merchant."""
    reads = frozenset({"conversations:read"})
    return replace(merchant, role=Role.PARTNER, person_id=None, scopes=reads)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_each_is_told_of_the_last_message_they_may_see(talks: Talks, way: Way) -> None:
    house, (eves, franks) = talks.house, talks.both
    of_mei, of_nora = (m.created_at.isoformat() for m in (talks.of_mei, talks.of_nora))
    for who, when in (
        (house.mei, of_mei), (as_token(house.mei), of_mei), (house.nora, of_nora),
        (house.alice, of_nora), (house.eve, of_nora), (house.pat, of_nora),
    ):  # fmt: skip
        assert (await moments(way, who))[eves] == when, who.name
    assert (await moments(way, house.mei))[franks] == talks.franks.created_at.isoformat()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_merchants_list_is_in_the_order_of_what_it_may_see(talks: Talks, way: Way) -> None:
    eves, franks = talks.both
    assert list(await moments(way, talks.house.alice)) == [eves, franks]
    assert list(await moments(way, talks.house.mei)) == [franks, eves]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_cursor_says_no_more_than_the_moment_shown_and_leads_on(
    talks: Talks, way: Way
) -> None:
    mei = talks.house.mei
    for order, expected in (("LATEST", talks.both[::-1]), ("EARLIEST", talks.both)):
        seen, after = [], None
        for _ in expected:
            page = await listed(way, mei, order=order, first=1, after=after)
            (edge,) = page["edges"]
            seen.append(edge["node"]["id"])
            after = edge["cursor"]
            _, at, _ = orjson.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
            assert at == edge["node"]["lastMessageAt"] == edge["node"]["lastMessage"]["createdAt"]
        assert (seen, page["pageInfo"]["hasNextPage"]) == (expected, False)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_the_next_message_about_its_order_moves_a_merchants_talk_up(
    talks: Talks, way: Way
) -> None:
    house, (eves, franks) = talks.house, talks.both
    again = await talk.receive(house.eve, f"还是不行 {house.orders['mei'].number}")
    edges = (await listed(way, house.mei))["edges"]
    assert [edge["node"]["id"] for edge in edges] == [eves, franks]
    assert edges[0]["node"]["lastMessageAt"] == again.created_at.isoformat()


async def test_what_others_say_later_changes_nothing_that_a_merchant_sees(talks: Talks) -> None:
    house = talks.house
    before = await listed(execution.compiled, house.mei)
    await talk.receive(house.eve, f"还是 {house.orders['nora'].number}")
    await talk.note(house.alice, talks.of_mei.conversation_id, "这位客户很急")
    assert await listed(execution.compiled, house.mei) == before


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_merchant_learns_of_the_first_answer_about_its_own_order(
    talks: Talks, way: Way
) -> None:
    """Alice answers Eve about Nora's order, then about Mei's."""
    house, id, answers = talks.house, talks.of_mei.conversation_id, []
    for seller in ("nora", "mei"):
        assert (await listed(way, house.mei))["edges"][-1]["node"]["answeredAt"] is None
        await Conversation.filter(id=id).update(order_id=house.orders[seller].id)
        answers.append(await talk.reply(house.alice, id, "在的"))
    shown = [(await listed(way, who))["edges"] for who in (house.mei, house.nora, house.alice)]
    by_mei, by_nora, by_staff = (
        next(e["node"]["answeredAt"] for e in edges if e["node"]["id"] == talks.both[0])
        for edges in shown
    )
    assert [by_nora, by_mei] == [answer.created_at.isoformat() for answer in answers]
    (row,) = await db.sql("SELECT answered_at FROM conversations WHERE id = $1", id)
    assert by_staff == row["answered_at"].isoformat()


async def test_a_note_about_its_order_does_not_move_a_merchants_moment(talks: Talks) -> None:
    house, (_, franks) = talks.house, talks.both
    note = await talk.note(house.alice, talks.franks.conversation_id, "这位客户很急")
    await Message.filter(id=note.id).update(merchant_id=house.merchants["mei"].id)
    for way in WAYS.values():
        assert (await moments(way, house.mei))[franks] == talks.franks.created_at.isoformat()


async def test_the_console_shows_and_orders_by_the_same(talks: Talks) -> None:
    def shown(rows: list[dict[str, Any]]) -> list[tuple[UUID, Any]]:
        return [(row["id"], row["last_message_at"]) for row in rows]

    said = [(m.conversation_id, m.created_at) for m in (talks.franks, talks.of_mei)]
    assert shown(await queue.rows(talks.house.mei, [queue.OPEN], queue.LATEST)) == said
    found = await db.find(Conversation, talks.house.mei.scope, talks.of_mei.conversation_id)
    assert found.last_message_at == talks.of_mei.created_at


async def test_a_verb_reads_what_is_so_that_it_cannot_write_less(talks: Talks) -> None:
    async with db.unit_of_work():
        locked = await db.lock(Conversation, talks.house.mei.scope, talks.of_mei.conversation_id)
    assert locked.last_message_at == talks.of_nora.created_at
