"""Subscriptions: executed once, told to many, and nobody ever left with a gap."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from tortoise.models import Model

from domain import db, events
from domain.actors import Actor, Scope
from domain.conversations import actions as conversations
from domain.conversations.models import Conversation, Message
from domain.db import unit_of_work
from domain.events import Kind, record
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from domain.understanding import actions as understanding
from domain.understanding.classifier import Guess
from domain.understanding.models import Reading
from schema import live as live_module
from schema import moments, parsing
from schema.feed import MOST_WAITING, Feed, Hello, Lost
from schema.loaders import rows
from schema.scalars import opaque, read_position, show_position
from tests.people import House
from tests.schema.asking import Listening, follow
from tests.schema.conftest import Wire

MARKS = """__typename ... on Subscribed { cursor } ... on Resync { cursor }"""
CHANGED = f"""{MARKS} ... on Removed {{ cursor id }}
  ... on ConversationChanged {{ cursor kind conversation {{ id holder }}
    message {{ seq text }} }}"""
ALL = f"subscription($after: Cursor) {{ conversations(after: $after) {{ {CHANGED} }} }}"
ONE = f"""subscription($id: ID!, $after: Cursor) {{
  conversation(id: $id, after: $after) {{ {CHANGED} }} }}"""
QUEUE = f"subscription($team: ID) {{ queue(teamId: $team) {{ {CHANGED} }} }}"
TICKETS = f"""subscription($after: Cursor) {{ tickets(after: $after) {{ {MARKS}
  ... on Removed {{ cursor id }}
  ... on TicketChanged {{ cursor kind ticket {{ number state }} }} }} }}"""
METRICS = f"""subscription {{ metrics {{ {MARKS}
  ... on MetricsChanged {{ cursor metrics {{ messages }} }} }} }}"""


async def say(actor: Actor, text: str) -> Message:
    """A customer says something."""
    return await conversations.receive(actor, text)


def texts(listening: Listening) -> list[str]:
    """What was said, as it was told."""
    return [f["message"]["text"] for f in listening.frames if f.get("message")]


async def test_the_first_word_is_where_one_stands(house: House, wire: Wire) -> None:
    alice = await follow(wire.hub, house.alice, ALL)
    assert alice.frames == [
        {"__typename": "Subscribed", "cursor": show_position(wire.hub.position)}
    ]
    await say(house.eve, "在吗")
    await wire.told(alice)
    assert alice.kinds() == ["ConversationOpened", "MessageReceived"]
    assert texts(alice) == ["在吗"]
    assert read_position(alice.cursor) == wire.hub.position


async def test_many_who_ask_the_same_share_one_execution_and_one_frame(
    house: House, wire: Wire
) -> None:
    listeners = [await follow(wire.hub, actor, ALL, after=None)
                 for actor in (house.alice, house.bob, house.charlie) * 5]  # fmt: skip
    assert wire.hub.groups == 1
    await say(house.eve, "你好")
    await wire.told(*listeners)
    first = listeners[0].payloads
    for listener in listeners:
        assert all(a is b for a, b in zip(first, listener.payloads, strict=True))
    dana = await follow(wire.hub, house.dana, ALL)
    eve = await follow(wire.hub, house.eve, ALL)
    assert wire.hub.groups == 3
    for listener in (*listeners, dana, eve):
        assert listener.member is not None
        listener.member.leave()
    assert wire.hub.groups == 0


async def test_what_an_event_is_about_is_read_once_for_all_who_see_alike(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(house.eve, "你好")
    await wire.carry()
    read: list[str] = []

    async def noted(scope: Scope, model: type[Model], *more: Any) -> list[db.Row]:
        read.append(model.__name__)
        return await rows(scope, model, *more)

    monkeypatch.setattr(moments, "rows", noted)
    # Two kinds of staff in two languages of asking, and the customer.
    everyone = [
        await follow(wire.hub, actor, query)
        for actor, query in ((house.alice, ALL), (house.dana, ALL), (house.alice, ALL + " "))
    ]
    eve = await follow(wire.hub, house.eve, ALL)
    assert wire.hub.groups > 2
    await say(house.eve, "在吗")
    await wire.told(*everyone, eve)
    assert [texts(listener) for listener in (*everyone, eve)] == [["在吗"]] * 4
    assert sorted(read) == ["Conversation", "Conversation", "Message", "Message"]


async def test_after_in_a_variable_does_not_tell_two_subscribers_apart(
    house: House, wire: Wire
) -> None:
    before = show_position(wire.hub.position)
    await say(house.eve, "一")
    await wire.carry()
    alice = await follow(wire.hub, house.alice, ALL)
    bob = await follow(wire.hub, house.bob, ALL, after=before)
    must = await follow(wire.hub, house.bob, ALL.replace("$after: Cursor)", "$after: Cursor!)"),
                        after=before)  # fmt: skip
    assert wire.hub.groups == 2
    assert texts(alice) == []
    assert texts(bob) == texts(must) == ["一"]
    await say(house.eve, "二")
    await wire.told(alice, bob, must)
    assert texts(alice) == ["二"]
    assert texts(bob) == texts(must) == ["一", "二"]


async def test_whoever_was_away_is_told_exactly_what_was_missed(house: House, wire: Wire) -> None:
    alice = await follow(wire.hub, house.alice, ALL)
    for text in ("一", "二", "三"):
        await say(house.eve, text)
    await wire.told(alice)
    for n, frame in enumerate(alice.frames):
        back = await follow(wire.hub, house.alice, ALL, after=frame["cursor"])
        assert back.frames[0] == {"__typename": "Subscribed", "cursor": frame["cursor"]}
        assert [f["cursor"] for f in back.frames[1:]] == [
            f["cursor"] for f in alice.frames[n + 1 :]
        ]


async def test_a_cursor_that_is_not_ours_or_too_old_means_fetch_anew_and_go_on(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = show_position(wire.hub.position)
    for text in ("一", "二", "三"):
        await say(house.eve, text)
    await wire.carry()
    monkeypatch.setattr("domain.live.MOST_MISSED", 2)
    now = {"__typename": "Resync", "cursor": show_position(wire.hub.position)}
    late = await follow(wire.hub, house.alice, ALL, after=old)
    strange = await follow(wire.hub, house.alice, ALL, after=show_position(10**15))
    assert late.frames == strange.frames == [now]
    await say(house.eve, "四")
    await wire.told(late, strange)
    assert texts(late) == texts(strange) == ["四"]


async def test_a_malformed_cursor_is_refused(house: House, wire: Wire) -> None:
    from domain.errors import BadCursor

    for after in ("", "x", "cA", "MTE", show_position(1) + "=", 7, ["x"]):
        with pytest.raises(BadCursor):
            await follow(wire.hub, house.alice, ALL, after=after)


@pytest.mark.parametrize("seed", range(12))
async def test_joining_at_any_moment_leaves_no_gap_and_repeats_nothing(
    house: House, wire: Wire, seed: int
) -> None:
    """Events, publishing, joins with old cursors and slow executions in random order."""
    chance = random.Random(seed)
    start = wire.hub.position
    reference = await follow(wire.hub, house.alice, ALL)
    joined: list[tuple[int, Listening]] = []
    waiting: list[asyncio.Task[Any]] = []

    async def join(after: int) -> None:
        listening = Listening()
        from schema.questions import Question, resumed

        document = parsing.read(ALL)
        asked = Question(document, document.operation(None), {"after": show_position(after)}, "en")
        question, cursor = resumed(asked)
        listening.member = wire.hub.join(question, house.alice.scope, listening, after=cursor)
        joined.append((after, listening))

    for _ in range(14):
        match chance.randrange(4):
            case 0:
                await say(house.eve, f"第 {len(joined)} 句")
            case 1:
                waiting.append(asyncio.create_task(wire.carry()))
            case 2:
                await join(chance.randint(start, wire.hub.position))
            case _:
                await asyncio.sleep(chance.choice([0, 0, 0.002]))
        if waiting:
            await waiting.pop()
    await say(house.eve, "最后")
    await wire.told(reference, *(listening for _, listening in joined))
    told = [f["cursor"] for f in reference.frames[1:]]
    assert told == sorted(set(told), key=read_position)
    for after, listening in joined:
        expected = [cursor for cursor in told if read_position(cursor) > after]
        assert [f["cursor"] for f in listening.frames[1:]] == expected


async def test_events_during_a_replay_wait_for_its_end(house: House, wire: Wire) -> None:
    before = show_position(wire.hub.position)
    await say(house.eve, "一")
    await wire.carry()
    gate = asyncio.Event()

    class Slow(Listening):
        async def room(self) -> None:
            await gate.wait()

    from schema.questions import Question, resumed

    document = parsing.read(ALL)
    asked = Question(document, document.operation(None), {"after": before}, "en")
    question, after = resumed(asked)
    slow = Slow()
    slow.member = wire.hub.join(question, house.alice.scope, slow, after=after)
    await say(house.eve, "二")
    await wire.carry()
    await asyncio.sleep(0.05)
    assert slow.frames == []
    gate.set()
    await slow.quiet()
    assert texts(slow) == ["一", "二"]


async def test_a_client_that_is_ahead_of_this_process_hears_nothing_twice(
    house: House, wire: Wire
) -> None:
    await say(house.eve, "一")
    await wire.hands.sequence()
    ahead = show_position(await events.head())
    alice = await follow(wire.hub, house.alice, ALL, after=ahead)
    await say(house.eve, "二")
    await wire.told(alice)
    assert alice.frames[0] == {"__typename": "Subscribed", "cursor": ahead}
    assert texts(alice) == ["二"]


async def test_that_a_reading_was_corrected_is_told_to_staff_alone(
    house: House, wire: Wire
) -> None:
    message = await say(house.eve, f"卡密无效 {house.orders['mei'].number}")
    guess = Guess("card_used", 0.8, "neutral", 0.9, (), "old-1")
    await understanding.note(await understanding.unread([message.id]), [guess])
    await wire.carry()
    bob, pat, mei = [await follow(wire.hub, who, ALL) for who in (house.bob, house.pat, house.mei)]
    reading = await Reading.get(message_id=message.id)
    await understanding.correct(house.alice, reading.id, "card_invalid")
    await wire.told(bob, pat, mei)
    assert bob.kinds() == ["ReadingCorrected"]
    assert texts(bob) == [message.text]
    assert pat.kinds() == mei.kinds() == []


async def test_a_customer_hears_neither_notes_nor_the_work_behind_the_counter(
    house: House, wire: Wire
) -> None:
    message = await say(house.eve, "在吗")
    await wire.carry()
    eve = await follow(wire.hub, house.eve, ALL)
    frank = await follow(wire.hub, house.frank, ALL)
    stranger = await follow(wire.hub, house.nora, ALL)
    alice = await follow(wire.hub, house.alice, ALL)
    await conversations.note(house.alice, message.conversation_id, "小心")
    await conversations.reply(house.alice, message.conversation_id, "在的")
    await wire.told(eve, frank, stranger, alice)
    assert "NoteAdded" in alice.kinds()
    assert "FirstAnswered" in alice.kinds()
    assert eve.kinds()[-1] == "MessageSent"
    assert not {"NoteAdded", "FirstAnswered"} & set(eve.kinds())
    assert texts(eve) == ["在的"]
    assert frank.kinds() == stranger.kinds() == []


async def test_a_merchant_hears_of_its_own_orders_only(house: House, wire: Wire) -> None:
    mei = await follow(wire.hub, house.mei, ALL)
    nora = await follow(wire.hub, house.nora, ALL)
    await say(house.eve, f"订单 {house.orders['mei'].number} 无效")
    await say(house.eve, "随便说说")
    await wire.told(mei, nora)
    assert texts(mei) == [f"订单 {house.orders['mei'].number} 无效"]
    assert nora.frames[1:] == []


async def test_what_leaves_a_scope_arrives_as_removed_and_without_content(
    house: House, wire: Wire
) -> None:
    message = await say(house.eve, f"订单 {house.orders['mei'].number}")
    conversation = await Conversation.get(id=message.conversation_id)
    await conversations_linked(conversation, house)
    ticket = await tickets.open(house.alice, conversation.id, "card_invalid")
    await wire.carry()
    mei = await follow(wire.hub, house.mei, TICKETS)
    nora = await follow(wire.hub, house.nora, TICKETS)
    await Ticket.filter(id=ticket.id).update(merchant_id=house.merchants["nora"].id)
    async with unit_of_work():
        record(
            Kind.TICKET_LINKED, shop=house.id, by="system", ticket=ticket.id,
            merchants=[house.merchants["mei"].id, house.merchants["nora"].id],
        )  # fmt: skip
    await wire.told(mei, nora)
    assert mei.frames[1:] == [
        {"__typename": "Removed", "cursor": mei.cursor, "id": opaque("Ticket", ticket.id)}
    ]
    assert nora.frames[1]["ticket"]["number"] == ticket.number


async def conversations_linked(conversation: Conversation, house: House) -> None:
    """The conversation is about Mei's order."""
    conversation.order_id = house.orders["mei"].id
    await conversation.save(update_fields=["order_id"])


async def test_one_conversation_is_followed_by_those_who_see_it(house: House, wire: Wire) -> None:
    message = await say(house.eve, "一")
    other = await say(house.frank, "别人的")
    id = opaque("Conversation", message.conversation_id)
    await wire.carry()
    eve = await follow(wire.hub, house.eve, ONE, id=id)
    frank = await follow(wire.hub, house.frank, ONE, id=id)
    nowhere = await follow(wire.hub, house.dana, ONE, id="nonsense")
    assert [type(e.original_error).__name__ for e in frank.errors + nowhere.errors] == [
        "NotFound", "NotFound",
    ]  # fmt: skip
    assert frank.frames == []
    await say(house.frank, "还是别人的")
    await conversations.reply(house.alice, other.conversation_id, "别人的回答")
    await say(house.eve, "二")
    await wire.told(eve)
    assert texts(eve) == ["二"]
    assert wire.hub.groups == 1


async def test_what_no_longer_waits_leaves_the_queue(house: House, wire: Wire) -> None:
    from datetime import timedelta

    technical = opaque("Team", house.teams["technical"].id)
    finance = opaque("Team", house.teams["finance"].id)
    alice = await follow(wire.hub, house.alice, QUEUE, team=technical)
    charlie = await follow(wire.hub, house.charlie, QUEUE, team=finance)
    everything = await follow(wire.hub, house.bob, QUEUE)
    eve = await follow(wire.hub, house.eve, QUEUE)
    assert [type(e.original_error).__name__ for e in eve.errors] == ["NotAllowed"]
    message = await say(house.eve, "人工")
    conversation = await Conversation.get(id=message.conversation_id)
    async with unit_of_work():
        await conversations.hand_over(
            conversation, house.teams["technical"].id, ["asked"], timedelta(minutes=5)
        )
    await wire.told(alice, charlie, everything)
    assert alice.frames[-1]["conversation"]["holder"] == "QUEUE"
    assert everything.frames[-1]["conversation"]["holder"] == "QUEUE"
    assert charlie.frames[-1]["__typename"] == "Removed"
    await conversations.claim(house.alice, conversation.id)
    await wire.told(alice, charlie, everything)
    assert alice.frames[-1]["__typename"] == everything.frames[-1]["__typename"] == "Removed"


async def test_figures_follow_what_happens_and_skip_what_is_overtaken(
    house: House, wire: Wire
) -> None:
    dana = await follow(wire.hub, house.dana, METRICS)
    for n in range(5):
        await say(house.eve, f"{n}")
    await wire.told(dana)
    assert dana.frames[-1]["metrics"] == {"messages": 5}
    assert read_position(dana.cursor) == wire.hub.position
    assert len(dana.frames) < 6


async def test_a_token_follows_only_what_it_may_read(house: House, wire: Wire) -> None:
    from dataclasses import replace

    poor = replace(house.pat, scopes=frozenset({"orders:read"}))
    for query in (ALL, TICKETS):
        refused = await follow(wire.hub, poor, query)
        assert [type(e.original_error).__name__ for e in refused.errors] == ["NotAllowed"]
        assert refused.frames == []
    assert wire.hub.groups == 0


async def test_a_mistake_over_one_event_becomes_fetch_anew_and_not_silence(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await follow(wire.hub, house.alice, ALL)
    original = live_module.encode

    from schema.conversations import subscriptions

    real = subscriptions.changed

    async def broken(context: Any, event: Any) -> Any:
        if event.kind == "MessageReceived":
            raise ValueError("卡密")
        return await real(context, event)

    monkeypatch.setattr(subscriptions, "changed", broken)
    await say(house.eve, "一")
    await wire.told(alice)
    for _ in range(100):
        if alice.frames[-1]["__typename"] == "Resync":
            break
        await asyncio.sleep(0.01)
    assert [f["__typename"] for f in alice.frames] == [
        "Subscribed", "ConversationChanged", "Resync",
    ]  # fmt: skip
    assert read_position(alice.cursor) == wire.hub.position
    monkeypatch.setattr(subscriptions, "changed", real)
    await say(house.eve, "二")
    await wire.told(alice)
    assert texts(alice) == ["二"]
    assert live_module.encode is original


async def test_a_feed_that_lags_too_far_forgets_and_says_so() -> None:
    feed = Feed(0)
    for position in range(1, MOST_WAITING + 2):
        feed.push(Hello(position))
    assert await anext(aiter(feed)) == Lost(MOST_WAITING + 1)
    assert not feed.waiting


async def test_each_event_is_looked_at_anew(house: House, wire: Wire) -> None:
    alice = await follow(wire.hub, house.alice, ALL)
    message = await say(house.eve, "一")
    await wire.told(alice)
    assert alice.frames[-1]["conversation"]["holder"] == "BOT"
    await conversations.claim(house.alice, message.conversation_id)
    await wire.told(alice)
    assert alice.frames[-1]["conversation"]["holder"] == "AGENT"
