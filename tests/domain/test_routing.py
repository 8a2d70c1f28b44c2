"""Routing: the least loaded of the right team, most urgent first, never above capacity."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import clock, db
from domain.actors import STAFF, system
from domain.conversations import actions as talk
from domain.conversations.models import Conversation
from domain.errors import Invalid, NotAllowed
from domain.people import actions as people
from domain.people.models import Grant
from domain.routing import actions, rules
from domain.routing.rules import Seat, Waiting
from tests import factories
from tests.hands import Hands
from tests.people import House

TEAMS = [UUID(int=n) for n in range(3)]
seats = st.lists(
    st.builds(
        Seat,
        st.integers(1, 10**6).map(lambda n: UUID(int=n)),
        st.integers(0, 6),
        st.integers(1, 6),
        st.frozensets(st.sampled_from(TEAMS), min_size=1),
    ),
    unique_by=lambda s: s.agent_id,
    max_size=6,
)
queues = st.lists(
    st.builds(
        Waiting, st.integers(10**7, 10**8).map(lambda n: UUID(int=n)), st.sampled_from(TEAMS)
    ),
    unique_by=lambda w: w.conversation_id,
    max_size=20,
)


@given(queues, seats)
def test_nobody_gets_more_than_their_capacity_or_another_teams_work(
    queue: list[Waiting], at: list[Seat]
) -> None:
    by_id = {seat.agent_id: seat for seat in at}
    team = {waiting.conversation_id: waiting.team_id for waiting in queue}
    given_to: dict[UUID, int] = {}
    for conversation, agent in rules.assignments(queue, at):
        assert team[conversation] in by_id[agent].team_ids
        given_to[agent] = given_to.get(agent, 0) + 1
    for agent, n in given_to.items():
        assert by_id[agent].load + n <= by_id[agent].capacity


@given(queues, seats)
def test_nobody_waits_while_somebody_could_take_them(queue: list[Waiting], at: list[Seat]) -> None:
    done = dict(rules.assignments(queue, at))
    taken: dict[UUID, int] = {}
    for agent in done.values():
        taken[agent] = taken.get(agent, 0) + 1
    for waiting in queue:
        if waiting.conversation_id not in done:
            assert not [
                seat
                for seat in at
                if waiting.team_id in seat.team_ids
                and seat.load + taken.get(seat.agent_id, 0) < seat.capacity
            ]


async def wait(house: House, name: str, team: str = "technical") -> UUID:
    """Another customer who waits for a team."""
    customer = await factories.customer(house.shop, name)
    message = await talk.receive(customer, "人工")
    async with db.unit_of_work():
        conversation = await db.lock(Conversation, system(house.id).scope, message.conversation_id)
        await talk.hand_over(
            conversation, house.teams[team].id, ["requested"], timedelta(minutes=1)
        )
    return conversation.id


async def test_the_queue_drains_to_who_is_on_shift(house: House) -> None:
    first, second = await wait(house, "a"), await wait(house, "b")
    assert await actions.drain(house.id) == []
    await actions.set_presence(house.alice, "online")
    await actions.set_presence(house.bob, "online")
    given_out = dict(await actions.drain(house.id))
    assert set(given_out) == {first, second}
    assert set(given_out.values()) == {house.alice.id, house.bob.id}


async def test_two_drains_at_once_respect_capacity(house: House) -> None:
    await Grant.filter(id=house.alice.id).update(capacity=2)
    await actions.set_presence(house.alice, "online")
    for n in range(6):
        await wait(house, f"c{n}")
    await asyncio.gather(*(actions.drain(house.id) for _ in range(4)))
    held = await Conversation.filter(agent_id=house.alice.id).count()
    assert held == 2


async def test_who_has_sent_no_heartbeat_gets_nothing(house: House) -> None:
    await actions.set_presence(house.alice, "online")
    waiting = await wait(house, "a")
    with clock.travel(timedelta(minutes=3)):
        assert await actions.drain(house.id) == []
        await actions.heartbeat(house.alice)
        assert await actions.drain(house.id) == [(waiting, house.alice.id)]


async def test_many_say_at_once_that_they_are_there(house: House) -> None:
    everyone = house.everyone().values()
    with clock.travel(timedelta(minutes=3)):
        await actions.heartbeat(*everyone)
        at = clock.now()
    seen = {grant.id: grant.seen_at for grant in await Grant.filter(shop_id=house.id)}
    staff = {actor.id for actor in everyone if actor.role in STAFF}
    assert {id for id, when in seen.items() if when and at - when < timedelta(minutes=1)} == staff
    assert len(staff) < len(seen)


async def test_presence_is_for_staff_and_has_three_words(house: House) -> None:
    for stranger in (house.eve, house.mei, house.pat):
        with pytest.raises(NotAllowed):
            await actions.set_presence(stranger, "online")
    with pytest.raises(Invalid):
        await actions.set_presence(house.alice, "asleep")


async def test_what_a_departed_agent_had_waits_again_and_goes_to_a_colleague(
    house: House, hands: Hands
) -> None:
    waiting = await wait(house, "a")
    await talk.claim(house.alice, waiting)
    await actions.set_presence(house.bob, "online")
    await people.revoke_grant(house.dana, house.alice.id)
    await hands.work()
    assert (await Conversation.get(id=waiting)).agent_id == house.bob.id
