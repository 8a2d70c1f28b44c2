"""One sequencer: gapless positions, nothing behind a cursor, nothing lost with Redis."""

from __future__ import annotations

from uuid import UUID

from domain import broker, connections, db, events, live
from domain.events import STREAMS, Happened, Kind, record
from tests.hands import Hands
from tests.people import House


async def happen(shop: UUID, *, key: UUID | None = None) -> None:
    """Something happens in a shop."""
    async with db.unit_of_work():
        record(Kind.PRESENCE_CHANGED, shop=shop, by="test", key=key)


async def positions(shop: UUID) -> list[int]:
    """The positions of a shop's events, in the order of their rows."""
    rows = await db.sql("SELECT position FROM events WHERE shop_id = $1 ORDER BY id", shop)
    return [row["position"] for row in rows]


async def in_streams(after: int) -> list[Happened]:
    """What Redis holds after a position."""
    entries = await broker.read(dict.fromkeys(range(STREAMS), after), block_ms=1)
    return [Happened.decode(body) for _, _, body in entries]


async def test_positions_have_no_gaps_and_follow_the_order_of_commits(
    house: House, hands: Hands
) -> None:
    await hands.sequence()  # Whatever others left behind.
    start = await events.head()
    for _ in range(3):
        await happen(house.id)
        await hands.sequence()

    assert await positions(house.id) == [start + 1, start + 2, start + 3]
    assert [e.position for e in await in_streams(start)] == [start + 1, start + 2, start + 3]


async def test_who_inserts_first_and_commits_last_is_not_behind_anybodys_cursor(
    house: House, hands: Hands
) -> None:
    start = await events.head()
    slow = await connections.dedicated()
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(
        "INSERT INTO events (stream, shop_id, kind, at, actor, key, customer_ids, merchant_ids, "
        "data) VALUES (0, $1, 'PresenceChanged', now(), 'slow', $1, '{}', '{}', '{}')",
        house.id,
    )
    await happen(house.id)
    await hands.sequence()
    seen = await live.missed(house.id, start, start + 10)
    assert seen is not None
    cursor = seen[-1].position

    await transaction.commit()
    await slow.close()
    await hands.sequence()

    later = await live.missed(house.id, cursor, cursor + 10)
    assert later is not None
    assert [event.actor for event in seen] == ["test"]
    assert [event.actor for event in later] == ["slow"]


async def test_a_rolled_back_verb_leaves_no_event(house: House, hands: Hands) -> None:
    class Refused(Exception):
        pass

    try:
        async with db.unit_of_work():
            record(Kind.PRESENCE_CHANGED, shop=house.id, by="test")
            raise Refused
    except Refused:
        pass
    await hands.sequence()
    assert await positions(house.id) == []


async def test_an_emptied_redis_is_filled_again_with_what_nobody_has_handled(
    house: House, hands: Hands
) -> None:
    await hands.work()
    start = await events.head()
    await happen(house.id)
    await hands.sequence()
    await broker.redis().flushall()
    await happen(house.id)
    await hands.sequence()

    assert [e.position for e in await in_streams(start)] == [start + 1, start + 2]


async def test_a_deposed_sequencer_publishes_nothing(house: House, hands: Hands) -> None:
    await hands.sequence()
    assert hands.sequencer.term is not None
    event = Happened(
        10**12,
        0,
        house.id,
        "PresenceChanged",
        __import__("domain.clock").clock.now(),
        "old",
        house.id,
        None,
        None,
        None,
        (),
        (),
        {},
    )
    published = await broker.publish(
        hands.sequencer.term - 1, [(0, event.position, event.encode())]
    )
    assert not published
    assert await in_streams(10**12 - 1) == []


async def test_only_one_sequencer_is_in_office(hands: Hands) -> None:
    from domain import sequence

    rival = await connections.dedicated()
    assert await sequence.take_office(rival) is None
    await rival.close()


async def test_the_reader_fills_a_gap_from_rows(house: House, hands: Hands) -> None:
    await hands.sequence()
    reader = live.Reader()
    reader.position = await events.head()
    heard: list[int] = []
    reader.listen(lambda event: heard.append(event.position))
    start = reader.position

    await happen(house.id)
    await hands.sequence()
    await broker.redis().flushall()
    await broker.claim_term(hands.sequencer.term or 0)
    await happen(house.id)
    await hands.sequence()
    await reader.step(block_ms=1)
    if len(heard) < 2:
        await reader.step(block_ms=1)

    assert heard == [start + 1, start + 2]


async def test_looking_for_events_where_there_are_none_writes_nothing(hands: Hands) -> None:
    async def version() -> int:
        rows = await db.sql("SELECT xmin::text AS x FROM sequence")
        return int(rows[0]["x"])

    await hands.sequence()
    before = await version()
    await hands.sequence()
    assert await version() == before
