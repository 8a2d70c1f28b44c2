"""Live equals reload: what was fetched, with the updates since, is what would be fetched now.

For every subscription, every verb and everybody who may look. A subscription or a verb of the
schema that is not named here fails the tests at the end, and so does a kind of event that no
verb here makes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import db, events
from domain.actors import Actor, system
from domain.bot import actions as bot
from domain.clock import travel
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation
from domain.db import unit_of_work
from domain.deadlines import actions as deadlines
from domain.delivery import actions as delivery
from domain.events import Kind, record
from domain.orders import actions as orders
from domain.orders.connectors.base import ShopOrder
from domain.orders.models import Order
from domain.orders.verdict import OrderFacts
from domain.people import actions as people
from domain.people.models import Customer
from domain.routing import actions as routing
from domain.tickets import actions as tickets
from domain.understanding import actions as understanding
from domain.understanding.classifier import Guess
from domain.understanding.models import Reading
from schema.parsing import core
from schema.scalars import opaque
from tests import factories
from tests.hands import Hands
from tests.people import House
from tests.schema import reloading
from tests.schema.conftest import Wire
from tests.schema.reloading import Open, Screen, opened

PRIORITIES = ("URGENT", "HIGH", "NORMAL", "LOW")


@dataclass
class World:
    """A shop in the middle of a day.

    Eve asked about Mei's order: it waits for the technical team, with a ticket. Frank talks with
    Alice, and a visitor with the bot.
    """

    house: House
    hands: Hands
    visitor: Actor
    eves: UUID
    franks: UUID
    visitors: UUID
    ticket: UUID

    @property
    def alice(self) -> Actor:
        """Who has Frank's talk."""
        return self.house.alice

    def everyone(self) -> dict[str, Actor]:
        """All who look."""
        return {**self.house.everyone(), "visitor": self.visitor}

    def screens(self) -> list[Screen]:
        """All screens, on what there is in this shop."""
        return [replace(screen, given=given(self)) for screen, given in SCREENS]


def _id(kind: str, id: UUID) -> str:
    return f'"{opaque(kind, id)}"'


def _named(kind: str, id: UUID) -> dict[str, str]:
    return {"id": _id(kind, id)}


def _as_queued(item: dict[str, str]) -> tuple[int, str, str]:
    """Most urgent first, then oldest."""
    return PRIORITIES.index(item["priority"]), item["queuedAt"], item["id"]


def _talk(name: str, **more: Any) -> Screen:
    return Screen(name, "conversation", "ConversationChanged", reloading.CONVERSATION, **more)


def _work(name: str, **more: Any) -> Screen:
    return Screen(name, "ticket", "TicketChanged", reloading.TICKET, **more)


SCREENS: tuple[tuple[Screen, Callable[[World], dict[str, str]]], ...] = (
    (_talk("conversation"), lambda w: _named("Conversation", w.eves)),
    (_talk("conversation"), lambda w: _named("Conversation", w.visitors)),
    (_talk("conversations", listed=True), lambda w: {}),
    (_talk("queue", listed=True, sort=_as_queued), lambda w: {}),
    (
        _talk("queue", listed=True, sort=_as_queued),
        lambda w: {"teamId": _id("Team", w.house.teams["technical"].id)},
    ),
    (_work("ticket"), lambda w: _named("Ticket", w.ticket)),
    (_work("tickets", listed=True), lambda w: {}),
    (
        Screen("order", "order", "OrderChanged", reloading.ORDER),
        lambda w: _named("Order", w.house.orders["mei"].id),
    ),
    (
        Screen("order", "order", "OrderChanged", reloading.ORDER),
        lambda w: _named("Order", w.house.orders["nora"].id),
    ),
    (Screen("orders", "order", "OrderChanged", reloading.ORDER, listed=True), lambda w: {}),
    (Screen("metrics", "metrics", "MetricsChanged", reloading.METRICS), lambda w: {}),
)


@pytest.fixture
async def world(house: House, hands: Hands) -> World:
    """The middle of a day."""
    visitor = await factories.customer(house.shop, "Visitor")
    eves = await conversations.receive(house.eve, f"卡密无效 {house.orders['mei'].number}")
    franks = await conversations.receive(house.frank, "你好")
    visitors = await conversations.receive(visitor, "在吗")
    (row,) = await db.select(Order, house.alice.scope, [("t.id = {}", house.orders["mei"].id)])
    async with unit_of_work():
        conversation = await Conversation.get(id=eves.conversation_id)
        await conversations.link_order(conversation, eves.id, row)
        await conversations.hand_over(
            conversation, house.teams["technical"].id, ["asked"], timedelta(minutes=1)
        )
        ticket = await tickets.open_for(conversation, "card_invalid", system(house.id))
    await conversations.claim(house.alice, franks.conversation_id)
    return World(
        house, hands, visitor, eves.conversation_id, franks.conversation_id,
        visitors.conversation_id, ticket.id,
    )  # fmt: skip


# What happens. What stands before the yield has happened before anybody looks.

Happening = Callable[[World], AsyncIterator[None]]
HAPPENINGS: dict[str, Happening] = {}


def happening(told: Happening) -> Happening:
    """Take part in the test below."""
    HAPPENINGS[told.__name__] = told
    return told


@happening
async def a_customer_opens_a_talk(w: World) -> AsyncIterator[None]:
    newcomer = await factories.customer(w.house.shop, "Newcomer")
    yield
    await conversations.receive(newcomer, "在吗")


@happening
async def a_customer_goes_on(w: World) -> AsyncIterator[None]:
    yield
    await conversations.receive(w.house.eve, "还在吗，我的卡密是 ABCD-EFGH-1234-WXYZ")


async def _eve_names_noras_order(w: World) -> None:
    said = await conversations.receive(w.house.eve, f"还有 {w.house.orders['nora'].number}")
    (row,) = await db.select(Order, w.alice.scope, [("t.id = {}", w.house.orders["nora"].id)])
    async with unit_of_work():
        conversation = await db.lock(Conversation, w.alice.scope, w.eves)
        await conversations.link_order(conversation, said.id, row)


@happening
async def a_customer_names_another_merchants_order(w: World) -> AsyncIterator[None]:
    yield
    await _eve_names_noras_order(w)


@happening
async def a_customer_goes_on_about_another_merchants_order(w: World) -> AsyncIterator[None]:
    await _eve_names_noras_order(w)
    yield
    await conversations.receive(w.house.eve, "还在吗")


@happening
async def a_person_answers_first_about_another_merchants_order(w: World) -> AsyncIterator[None]:
    await _eve_names_noras_order(w)
    await conversations.claim(w.alice, w.eves)
    yield
    await conversations.reply(w.alice, w.eves, "在的")


@happening
async def an_order_is_named_after_the_ticket_was_opened(w: World) -> AsyncIterator[None]:
    said = await conversations.receive(w.house.frank, "帮我看看")
    await tickets.open(w.alice, w.franks, "refund_request")
    order = await factories.order(w.house.shop, w.house.frank, w.house.merchants["nora"])
    (row,) = await db.select(Order, w.alice.scope, [("t.id = {}", order.id)])
    yield
    async with unit_of_work():
        conversation = await db.lock(Conversation, w.alice.scope, w.franks)
        await conversations.link_order(conversation, said.id, row)
        await tickets.relink(conversation)


@happening
async def the_bot_answers(w: World) -> AsyncIterator[None]:
    newcomer = await factories.customer(w.house.shop, "Newcomer", user="u-new")
    order = await factories.order(w.house.shop, newcomer, w.house.merchants["mei"])
    yield
    await conversations.receive(newcomer, f"卡密无效 {order.number}")
    await w.hands.work()


@happening
async def the_bot_hands_over(w: World) -> AsyncIterator[None]:
    yield
    await conversations.receive(w.visitor, "我要人工客服")
    await w.hands.work()


@happening
async def an_agent_replies(w: World) -> AsyncIterator[None]:
    yield
    await conversations.reply(w.alice, w.eves, "您好，我来处理")


@happening
async def an_agent_replies_to_a_talk_of_the_bot(w: World) -> AsyncIterator[None]:
    yield
    await conversations.reply(w.alice, w.visitors, "您好")


@happening
async def an_agent_replies_late(w: World) -> AsyncIterator[None]:
    yield
    with travel(timedelta(hours=1)):
        await conversations.reply(w.alice, w.eves, "抱歉，让您久等了")


@happening
async def an_agent_writes_a_note(w: World) -> AsyncIterator[None]:
    yield
    await conversations.note(w.alice, w.eves, "小心，这位客户很急")


async def _read(w: World, talk: UUID) -> UUID:
    """What was said in a talk is read as that the card is invalid; the last reading."""
    said = await db.sql("SELECT id FROM messages WHERE conversation_id = $1", talk)
    guess = Guess("card_invalid", 0.8, "neutral", 0.9, (), "old-1")
    unread = await understanding.unread([row["id"] for row in said])
    await understanding.note(unread, [guess] * len(unread))
    reading = await Reading.filter(conversation_id=talk).order_by("-id").first()
    assert reading is not None
    return reading.id


@happening
async def an_agent_corrects_a_reading(w: World) -> AsyncIterator[None]:
    reading = await _read(w, w.eves)
    yield
    await understanding.correct(w.alice, reading, "card_used", "negative")


@happening
async def what_a_corrected_talk_is_about_goes_to_another_team(w: World) -> AsyncIterator[None]:
    reading = await _read(w, w.eves)
    yield
    await understanding.correct(w.alice, reading, "refund_status")
    await bot.reconsider(w.house.id, w.eves)


@happening
async def an_agent_claims_a_talk(w: World) -> AsyncIterator[None]:
    yield
    await conversations.claim(w.alice, w.eves)
    await tickets.own(w.house.id, w.eves)


@happening
async def routing_gives_a_talk_away(w: World) -> AsyncIterator[None]:
    await routing.set_presence(w.house.bob, "online")
    yield
    await routing.drain(w.house.id)


@happening
async def an_agent_comes_on_shift(w: World) -> AsyncIterator[None]:
    yield
    await routing.set_presence(w.house.bob, "online")


@happening
async def an_agent_hands_a_talk_to_another_team(w: World) -> AsyncIterator[None]:
    yield
    await conversations.transfer(w.alice, w.eves, w.house.teams["finance"].id, "退款归财务")


@happening
async def an_agent_gives_a_talk_back(w: World) -> AsyncIterator[None]:
    yield
    await conversations.give_back(w.alice, w.eves)


@happening
async def an_agent_closes_a_talk(w: World) -> AsyncIterator[None]:
    yield
    await conversations.close(w.alice, w.eves)


@happening
async def a_talk_goes_idle_and_another_begins(w: World) -> AsyncIterator[None]:
    yield
    with travel(timedelta(hours=25)):
        await conversations.receive(w.house.eve, "我又来了")


@happening
async def an_agent_shows_a_message_whole(w: World) -> AsyncIterator[None]:
    said = await conversations.receive(w.house.frank, "我的手机 13812345678")
    yield
    await conversations.reveal(w.alice, said.id, "核对身份")


@happening
async def what_a_waiting_customer_says_is_more_urgent(w: World) -> AsyncIterator[None]:
    yield
    async with unit_of_work():
        conversation = await db.lock(Conversation, w.alice.scope, w.eves)
        await conversations.understood(conversation, "account_stolen", "negative", 3, ["stolen"])


@happening
async def what_a_waiting_customer_wants_changes(w: World) -> AsyncIterator[None]:
    yield
    async with unit_of_work():
        conversation = await db.lock(Conversation, w.alice.scope, w.eves)
        await conversations.understood(conversation, "refund_request", "neutral", 0, [])


@happening
async def a_ticket_is_opened(w: World) -> AsyncIterator[None]:
    yield
    await tickets.open(w.alice, w.franks, "refund_request")


@happening
async def a_ticket_is_claimed(w: World) -> AsyncIterator[None]:
    yield
    await tickets.claim(w.alice, w.ticket)


@happening
async def a_ticket_is_solved(w: World) -> AsyncIterator[None]:
    yield
    await tickets.solve(w.alice, w.ticket)


@happening
async def a_ticket_is_closed(w: World) -> AsyncIterator[None]:
    yield
    await tickets.close(w.alice, w.ticket)


@happening
async def a_ticket_is_reopened(w: World) -> AsyncIterator[None]:
    await tickets.close(w.alice, w.ticket)
    yield
    await tickets.reopen(w.alice, w.ticket)


@happening
async def deadlines_are_due(w: World) -> AsyncIterator[None]:
    yield
    # Past the first answer's and the ticket's deadline, before either's grace is over.
    with travel(timedelta(minutes=2)):
        while await deadlines.tick():
            pass


@happening
async def deadlines_are_breached(w: World) -> AsyncIterator[None]:
    yield
    with travel(timedelta(hours=100)):
        while await deadlines.tick():
            pass


@happening
async def a_tickets_deadline_is_warned(w: World) -> AsyncIterator[None]:
    rows = await db.sql("SELECT due_at, now() AS at FROM tickets WHERE id = $1", w.ticket)
    yield
    with travel(rows[0]["due_at"] - rows[0]["at"] + timedelta(minutes=1)):
        while await deadlines.tick():
            pass


@happening
async def an_order_changes(w: World) -> AsyncIterator[None]:
    yield
    await orders.mirror(w.house.id, [_as_the_shop_has(w.house.orders["mei"])], {})


@happening
async def an_order_is_new(w: World) -> AsyncIterator[None]:
    yield
    order = replace(_as_the_shop_has(w.house.orders["mei"]), number="DJ202611201200000001")
    owners = {order.number: orders.Owners(w.house.merchants["mei"].id, "u-frank")}
    await orders.mirror(w.house.id, [order], owners)


@happening
async def an_order_is_new_and_its_buyer_comes(w: World) -> AsyncIterator[None]:
    yield
    order = replace(_as_the_shop_has(w.house.orders["mei"]), number="DJ202611201200000002")
    owners = {order.number: orders.Owners(w.house.merchants["mei"].id, "u-frank")}
    await orders.mirror(w.house.id, [order], owners)
    await orders.claim_for(w.house.id, w.house.frank.id)


@happening
async def an_order_turns_out_to_be_somebody_elses(w: World) -> AsyncIterator[None]:
    order = w.house.orders["nora"]
    hashed = await db.sql(
        "SELECT value_hash FROM identities WHERE customer_id = $1 AND kind = 'user'",
        w.house.frank.id,
    )
    await Order.filter(id=order.id).update(user_hash=hashed[0]["value_hash"])
    yield
    await orders.claim_for(w.house.id, w.house.frank.id)


@happening
async def a_visitor_signs_in(w: World) -> AsyncIterator[None]:
    await tickets.open(w.alice, w.visitors, "refund_request")
    yield
    await people.adopt(await Customer.get(id=w.visitor.id), await Customer.get(id=w.house.frank.id))


@happening
async def a_visitor_signs_in_who_has_another_talk(w: World) -> AsyncIterator[None]:
    yield
    await people.adopt(await Customer.get(id=w.visitor.id), await Customer.get(id=w.house.eve.id))


@happening
async def an_agent_is_let_go(w: World) -> AsyncIterator[None]:
    yield
    await people.revoke_grant(w.house.dana, w.alice.id)
    await routing.drain(w.house.id)


@happening
async def an_agent_joins_a_team(w: World) -> AsyncIterator[None]:
    yield
    await people.join_team(w.house.dana, w.house.teams["finance"].id, w.alice.id)


@happening
async def a_message_cannot_be_delivered(w: World) -> AsyncIterator[None]:
    unheard = await factories.customer(w.house.shop, "Far")
    w.house.api.settings = {"callback": "http://127.0.0.1:9/nobody"}
    await w.house.api.save()
    said = await conversations.receive(unheard, "在吗", None, w.house.api.id)
    answer = await conversations.reply(w.alice, said.conversation_id, "在的")
    sending = await delivery.enqueue(answer.id)
    assert sending is not None
    yield
    for _ in range(delivery.TRIES):
        with travel(timedelta(days=1)):
            await db.sql("UPDATE deliveries SET due_at = now() WHERE id = $1", sending.id)
            await delivery.hand_over(sending.id)


@happening
async def a_message_cannot_be_handled(w: World) -> AsyncIterator[None]:
    yield
    await bot.give_up(w.visitors)
    async with unit_of_work():
        record(
            Kind.HANDLING_FAILED, shop=w.house.id, by="system", conversation=w.visitors,
            consumer="respond", failed=1,
        )  # fmt: skip


def _as_the_shop_has(order: Order) -> ShopOrder:
    """The order, refunded."""
    facts = OrderFacts(
        number=order.number,
        status="refunded",
        amount=order.amount,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        refunded=order.amount,
    )
    return ShopOrder(
        number=order.number,
        product=order.product,
        quantity=order.quantity,
        amount=order.amount,
        created_at=order.placed_at,
        facts=facts,
        paid_at=order.paid_at,
        delivered_at=order.delivered_at,
    )


@pytest.mark.parametrize("name", HAPPENINGS)
async def test_what_is_shown_is_what_a_reload_would_show(
    name: str, world: World, wire: Wire
) -> None:
    steps = HAPPENINGS[name](world)
    await anext(steps)
    await wire.carry()
    screens, before = await _all_open(world, wire), wire.hub.position
    async for _ in steps:
        raise AssertionError("one yield in each")
    await wire.told(*(screen.listening for screen in screens))
    wrong = [await screen.differs() for screen in screens]
    assert not any(wrong), "\n".join(filter(None, wrong))
    happened = {event.kind for event in await events.since(before, world.house.id, 1000)}
    assert {kind.value for kind, by in KINDS.items() if by == name} <= happened


async def _all_open(world: World, wire: Wire) -> list[Open]:
    found = [
        await opened(wire.hub, screen, name, who)
        for name, who in world.everyone().items()
        for screen in world.screens()
    ]
    return [screen for screen in found if screen is not None]


# What is missing above

VERBS = {
    "sendMessage": "a_customer_goes_on",
    "replyToConversation": "an_agent_replies",
    "addNote": "an_agent_writes_a_note",
    "claimConversation": "an_agent_claims_a_talk",
    "transferConversation": "an_agent_hands_a_talk_to_another_team",
    "giveBackConversation": "an_agent_gives_a_talk_back",
    "closeConversation": "an_agent_closes_a_talk",
    "revealMessage": "an_agent_shows_a_message_whole",
    "correctReading": "an_agent_corrects_a_reading",
    "openTicket": "a_ticket_is_opened",
    "claimTicket": "a_ticket_is_claimed",
    "solveTicket": "a_ticket_is_solved",
    "closeTicket": "a_ticket_is_closed",
    "reopenTicket": "a_ticket_is_reopened",
    "setPresence": "an_agent_comes_on_shift",
}
ELSEWHERE = {"createToken", "revokeToken"}
"""Verbs after which nobody is shown anything else: whose token ends is let go by the socket."""

KINDS = {
    Kind.CONVERSATION_OPENED: "a_customer_opens_a_talk",
    Kind.MESSAGE_RECEIVED: "a_customer_goes_on",
    Kind.MESSAGE_UNDERSTOOD: "the_bot_answers",
    Kind.MESSAGE_SENT: "an_agent_replies",
    Kind.READING_CORRECTED: "an_agent_corrects_a_reading",
    Kind.NOTE_ADDED: "an_agent_writes_a_note",
    Kind.ORDER_LINKED: "a_customer_names_another_merchants_order",
    Kind.ORDER_ADDED: "an_order_is_new",
    Kind.ORDER_CHANGED: "an_order_changes",
    Kind.CONVERSATION_QUEUED: "the_bot_hands_over",
    Kind.CONVERSATION_ASSIGNED: "routing_gives_a_talk_away",
    Kind.CONVERSATION_RETURNED: "an_agent_gives_a_talk_back",
    Kind.CONVERSATION_RAISED: "what_a_waiting_customer_says_is_more_urgent",
    Kind.CONVERSATION_UNDERSTOOD: "what_a_waiting_customer_wants_changes",
    Kind.CONVERSATION_CLOSED: "an_agent_closes_a_talk",
    Kind.CUSTOMER_MERGED: "a_visitor_signs_in",
    Kind.FIRST_ANSWERED: "an_agent_replies",
    Kind.TICKET_OPENED: "a_ticket_is_opened",
    Kind.TICKET_ASSIGNED: "an_agent_claims_a_talk",
    Kind.TICKET_LINKED: "an_order_is_named_after_the_ticket_was_opened",
    Kind.TICKET_REFILED: "what_a_corrected_talk_is_about_goes_to_another_team",
    Kind.TICKET_SOLVED: "a_ticket_is_solved",
    Kind.TICKET_CLOSED: "a_ticket_is_closed",
    Kind.TICKET_REOPENED: "a_ticket_is_reopened",
    Kind.DEADLINE_WARNED: "deadlines_are_due",
    Kind.DEADLINE_BREACHED: "deadlines_are_breached",
    Kind.DELIVERY_FAILED: "a_message_cannot_be_delivered",
    Kind.PRESENCE_CHANGED: "an_agent_comes_on_shift",
    Kind.GRANT_CHANGED: "an_agent_is_let_go",
    Kind.HANDLING_FAILED: "a_message_cannot_be_handled",
}
SOCKETS = {Kind.SESSION_ENDED, Kind.SHOP_SWITCHED, Kind.TOKEN_REVOKED}
"""What changes who somebody is and nothing of what there is: tests/schema/test_socket.py."""


def test_every_subscription_is_looked_at() -> None:
    subscription = core.subscription_type
    assert subscription is not None
    assert {screen.name for screen, _ in SCREENS} == set(subscription.fields)


def test_every_verb_happens() -> None:
    mutation = core.mutation_type
    assert mutation is not None
    assert VERBS.keys() | ELSEWHERE == set(mutation.fields)
    assert set(VERBS.values()) <= HAPPENINGS.keys()


def test_every_kind_of_event_happens() -> None:
    assert KINDS.keys() | SOCKETS == set(Kind)
    assert set(KINDS.values()) <= HAPPENINGS.keys()
