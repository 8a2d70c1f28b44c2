"""A Redis that comes back from an older snapshot: what it forgot is published again."""

from __future__ import annotations

import pytest

from domain import broker, db
from domain.conversations import actions
from domain.conversations.models import Message
from domain.events import STREAMS
from tests.hands import Hands
from tests.people import House

KEYS = [broker.TERM, *(broker.stream(number) for number in range(STREAMS))]


async def snapshot() -> dict[str, bytes | None]:
    """What Redis holds of the events now."""
    return {key: await broker.redis().dump(key) for key in KEYS}


async def restore(held: dict[str, bytes | None]) -> None:
    """Make Redis hold that again, as a server does that starts from its last snapshot."""
    for key, value in held.items():
        await broker.redis().delete(key)
        if value is not None:
            await broker.redis().restore(key, 0, value)


async def readings(messages: list[Message]) -> int:
    """How many of these messages were understood."""
    rows = await db.sql(
        "SELECT count(*) AS n FROM readings WHERE message_id = ANY($1::uuid[])",
        [message.id for message in messages],
    )
    return int(rows[0]["n"])


@pytest.mark.parametrize("more", [True, False], ids=["and-more-happens", "and-nothing-happens"])
async def test_what_an_older_redis_forgot_is_handled(
    more: bool, house: House, hands: Hands
) -> None:
    await actions.receive(house.eve, "你好")
    await hands.work()
    older = await snapshot()
    forgotten = [await actions.receive(house.eve, "卡密无效")]
    await hands.sequence()
    await restore(older)

    if more:
        # On the same stream, so that its readers would never look back.
        forgotten.append(await actions.receive(house.eve, "谢谢"))
    elif not await hands.sequencer.publish([]):
        # The look that the sequencer takes once a second when nothing happens.
        await hands.sequencer.reconcile()
    await hands.work()

    assert await readings(forgotten) == len(forgotten)
