"""Tickets: one per open matter, owned by one, closed once; numbers that can be read aloud."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversations import actions as talk
from domain.conversations.models import Conversation
from domain.errors import AlreadyClaimed, AlreadyClosed, Invalid, NotAllowed, NotFound, NotYourTeam
from domain.tickets import actions, queries, rules
from domain.tickets.models import Ticket
from tests.hands import Hands
from tests.people import House


async def opened(house: House, intent: str = "card_invalid") -> Ticket:
    """A ticket of Eve's."""
    message = await talk.receive(house.eve, "卡密无效")
    return await actions.open(house.alice, message.conversation_id, intent)


async def test_a_ticket_takes_category_team_and_urgency_from_the_intent(house: House) -> None:
    ticket = await opened(house)
    assert (ticket.category, ticket.team_id) == ("product", house.teams["technical"].id)
    assert ticket.priority == 2
    assert ticket.reasons == ["intent_high"]
    assert ticket.due_at is not None


async def test_a_conversation_has_one_open_ticket(house: House) -> None:
    ticket = await opened(house)
    again = await actions.open(house.bob, ticket.conversation_id, "refund_request")  # type: ignore[arg-type]
    assert again.id == ticket.id


async def test_an_unknown_intent_opens_nothing(house: House) -> None:
    with pytest.raises(Invalid):
        await opened(house, "nonsense")
    assert not await Ticket.filter(shop_id=house.id).exists()


async def test_of_two_hundred_claims_exactly_one_wins(house: House) -> None:
    ticket = await opened(house)
    agents = [house.alice, house.bob] * 100
    done = await asyncio.gather(
        *(actions.claim(agent, ticket.id) for agent in agents), return_exceptions=True
    )
    winner = (await Ticket.get(id=ticket.id)).owner_id
    assert winner in (house.alice.id, house.bob.id)
    refused = [e for e in done if isinstance(e, AlreadyClaimed)]
    assert len(refused) == 100
    assert {e.params["owner"] for e in refused} == {str(winner)}


async def test_another_team_may_look_but_not_close(house: House) -> None:
    ticket = await opened(house)
    with pytest.raises(NotYourTeam):
        await actions.close(house.charlie, ticket.id)
    assert (await Ticket.get(id=ticket.id)).state == "open"
    await actions.close(house.bob, ticket.id)


async def test_closing_twice_is_refused(house: House) -> None:
    ticket = await opened(house)
    await actions.close(house.alice, ticket.id)
    with pytest.raises(AlreadyClosed):
        await actions.close(house.alice, ticket.id)


async def test_solved_and_reopened(house: House) -> None:
    ticket = await opened(house)
    assert (await actions.solve(house.alice, ticket.id)).state == "solved"
    assert (await actions.reopen(house.alice, ticket.id)).state == "open"


@pytest.mark.parametrize("who", ["mei", "nora", "frank", "eve", "pat"])
async def test_nobody_but_staff_moves_a_ticket(house: House, who: str) -> None:
    ticket = await opened(house)
    for verb in (actions.claim, actions.solve, actions.close, actions.reopen):
        with pytest.raises((NotAllowed, NotFound)):
            await verb(getattr(house, who), ticket.id)
    assert (await Ticket.get(id=ticket.id)).state == "open"


async def test_the_agent_who_takes_the_conversation_owns_its_ticket(
    house: House, hands: Hands
) -> None:
    ticket = await opened(house)
    await talk.claim(house.bob, ticket.conversation_id)  # type: ignore[arg-type]
    await hands.work()
    assert (await Ticket.get(id=ticket.id)).owner_id == house.bob.id


async def test_giving_a_conversation_back_leaves_the_ticket_with_its_owner(
    house: House, hands: Hands
) -> None:
    ticket = await opened(house)
    conversation: Conversation = await talk.claim(house.bob, ticket.conversation_id)  # type: ignore[arg-type]
    await hands.work()
    await talk.give_back(house.bob, conversation.id)
    await hands.work()
    assert (await Ticket.get(id=ticket.id)).owner_id == house.bob.id


async def test_a_ticket_is_found_by_its_number_however_it_is_typed(house: House) -> None:
    ticket = await opened(house)
    for typed in (ticket.number, ticket.number.lower(), ticket.number.replace("-", " ")):
        row = await queries.by_number(house.eve.scope, typed)
        assert row is not None
        assert row["id"] == ticket.id
    assert await queries.by_number(house.frank.scope, ticket.number) is None


@given(st.integers(0, 9), st.sampled_from(rules.ALPHABET))
def test_a_single_mistyped_character_is_noticed(place: int, char: str) -> None:
    number = rules.number()
    plain = rules.plain_number(number)
    typed = plain[:place] + char + plain[place + 1 :]
    assert rules.is_number(typed) == (typed == plain)


def test_numbers_do_not_repeat() -> None:
    assert len({rules.number() for _ in range(5000)}) == 5000
