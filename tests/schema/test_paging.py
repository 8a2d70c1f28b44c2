"""Pages: nothing skipped, nothing twice, whichever way one turns them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.conversations import actions as conversations
from domain.conversations.models import Conversation
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from tests import factories
from tests.people import House
from tests.schema.asking import ask, codes, data

ORDERS = """query($first: Int, $after: String, $last: Int, $before: String,
    $order: OrderSort! = NEWEST) {
  orders(first: $first, after: $after, last: $last, before: $before, order: $order) {
    edges { cursor node { number } } nodes { number } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def numbers(house: House, **page: Any) -> list[str]:
    """The order numbers on a page."""
    return [n["number"] for n in (await data(house.dana, ORDERS, **page))["orders"]["nodes"]]


@pytest.fixture
async def shelf(house: House) -> list[str]:
    """Nine orders, three of them placed at the very same moment; newest first."""
    rows = [*house.orders.values()]
    for n in range(7):
        rows.append(await factories.order(house.shop, house.eve, number=f"N{n}"))
    moment = rows[4].placed_at
    for row in rows[4:7]:
        row.placed_at = moment
        await row.save()
    return [r.number for r in sorted(rows, key=lambda r: (r.placed_at, r.id), reverse=True)]


@pytest.mark.parametrize("size", [1, 2, 4, 100])
async def test_turning_pages_forwards_shows_everything_once(
    house: House, shelf: list[str], size: int
) -> None:
    seen, after = [], None
    while True:
        page = (await data(house.dana, ORDERS, first=size, after=after))["orders"]
        seen += [node["number"] for node in page["nodes"]]
        assert page["totalCount"] == 9
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == shelf


@pytest.mark.parametrize("size", [1, 2, 4])
async def test_turning_pages_backwards_shows_everything_once(
    house: House, shelf: list[str], size: int
) -> None:
    seen: list[str] = []
    before = None
    while True:
        page = (await data(house.dana, ORDERS, last=size, before=before))["orders"]
        seen = [node["number"] for node in page["nodes"]] + seen
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    assert seen == shelf


@pytest.mark.parametrize("size", [0, 1, 4, 8, 9, 100])
@pytest.mark.parametrize("which", ["first", "last"])
async def test_the_ends_of_a_page_are_told_alike_with_and_without_its_edges(
    house: House, shelf: list[str], which: str, size: int
) -> None:
    edges = (await data(house.dana, ORDERS, **{which: size}))["orders"]["edges"]
    alone = ORDERS.replace("edges { cursor node { number } }", "")
    info = (await data(house.dana, alone, **{which: size}))["orders"]["pageInfo"]
    ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
    assert (info["startCursor"], info["endCursor"]) == ends


async def test_a_row_that_comes_between_two_pages_repeats_nothing(
    house: House, shelf: list[str]
) -> None:
    page = (await data(house.dana, ORDERS, first=3))["orders"]
    await factories.order(house.shop, house.eve, number="NEW")
    rest = await numbers(house, after=page["pageInfo"]["endCursor"])
    assert rest == shelf[3:]


async def test_oldest_first_is_the_same_list_turned_round(house: House, shelf: list[str]) -> None:
    assert await numbers(house, order="OLDEST") == shelf[::-1]


async def test_between_two_cursors_lies_what_lies_between(house: House, shelf: list[str]) -> None:
    edges = (await data(house.dana, ORDERS))["orders"]["edges"]
    between = await numbers(house, after=edges[1]["cursor"], before=edges[5]["cursor"])
    assert between == shelf[2:5]


async def test_urgent_tickets_page_by_priority_and_then_by_age(house: House) -> None:
    made = []
    for n, priority in enumerate((0, 3, 3, 1, 3)):
        buyer = await factories.customer(house.shop, f"T{n}", user=f"t-{n}")
        message = await conversations.receive(buyer, "退款")
        conversation = await Conversation.get(id=message.conversation_id)
        ticket = await tickets.open(house.dana, conversation.id, "refund_request")
        await Ticket.filter(id=ticket.id).update(
            priority=priority, opened_at=ticket.opened_at + timedelta(seconds=n)
        )
        made.append((priority, n, ticket.number))
    query = """query($a: String) { tickets(order: URGENT, first: 2, after: $a) {
      nodes { number } pageInfo { endCursor hasNextPage } } }"""
    seen: list[str] = []
    page = (await data(house.dana, query))["tickets"]
    seen += [node["number"] for node in page["nodes"]]
    while page["pageInfo"]["hasNextPage"]:
        page = (await data(house.dana, query, a=page["pageInfo"]["endCursor"]))["tickets"]
        seen += [node["number"] for node in page["nodes"]]
    assert seen == [number for _, _, number in sorted(made, key=lambda m: (-m[0], m[1]))]


async def test_the_last_messages_of_a_conversation_are_its_last_page(house: House) -> None:
    for n in range(5):
        message = await conversations.receive(house.eve, f"第 {n} 句")
    assert message.seq == 5
    query = """{ conversations { nodes { messages(last: 2) { nodes { seq }
      pageInfo { hasPreviousPage } } } } }"""
    found = (await data(house.eve, query))["conversations"]["nodes"][0]["messages"]
    assert [node["seq"] for node in found["nodes"]] == [4, 5]
    assert found["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize(
    "page",
    [{"first": -1}, {"first": 101}, {"last": 101}, {"first": 1, "last": 1}, {"last": -5}],
)
async def test_an_impossible_page_is_refused(house: House, page: dict[str, int]) -> None:
    assert codes(await ask(house.dana, ORDERS, **page)) == ["invalid"]


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "💥", "W10", "bnVsbA", "A" * 2000, "WyJwbGFjZWQtIl0",
        "WyJwbGFjZWQtIiwiMjAyNiIsMV0", "WyJwbGFjZWQtIiwiJzsgRFJPUCIsIngiXQ",
        "WyJvcGVuZWQtIiwiMjAyNi0wMS0wMVQwMDowMDowMFoiLCJ4Il0",
    ],
)  # fmt: skip
async def test_a_bad_cursor_has_a_code_of_its_own(house: House, cursor: str) -> None:
    assert codes(await ask(house.dana, ORDERS, after=cursor)) == ["bad_cursor"]
    assert codes(await ask(house.dana, ORDERS, before=cursor)) == ["bad_cursor"]


async def test_a_cursor_of_another_order_is_a_bad_cursor(house: House, shelf: list[str]) -> None:
    cursor = (await data(house.dana, ORDERS))["orders"]["pageInfo"]["endCursor"]
    assert codes(await ask(house.dana, ORDERS, after=cursor, order="OLDEST")) == ["bad_cursor"]


async def test_a_page_of_nothing_is_empty_and_knows_that_there_is_more(
    house: House, shelf: list[str]
) -> None:
    page = (await data(house.dana, ORDERS, first=0))["orders"]
    assert page["nodes"] == []
    assert page["pageInfo"]["hasNextPage"] is True
