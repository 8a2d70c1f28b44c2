"""The inbox: what counts as done, and what has to be read again from rows."""

from __future__ import annotations

import pytest

from domain import clock
from domain.events import Happened, Kind
from domain.rows import new_id
from workers import inbox as inboxes
from workers.inbox import Inbox, consumer

SHOP = new_id()


def event(position: int, stream: int = 0) -> Happened:
    """An event at a position of a stream."""
    key = new_id()
    kind = Kind.MESSAGE_RECEIVED.value
    return Happened(
        position, stream, SHOP, kind, clock.now(), "test", key, key, None, None, (), (), {}
    )


def at_work(*streams: int, batch: int = 1) -> Inbox:
    """An inbox that holds streams from position 0 on, and has caught up with their rows."""

    async def handle(happened: object) -> None:
        raise AssertionError("an inbox handles nothing")

    inbox = Inbox(consumer("test", [Kind.MESSAGE_RECEIVED], handle, batch))
    inbox.begin(dict.fromkeys(streams, 0))
    inbox.caught_up(inbox.changes)
    return inbox


def positions(inbox: Inbox) -> list[int]:
    """The positions of what it gives next."""
    return [event.position for event in inbox.take()]


def test_streams_that_are_new_are_read_from_rows_first() -> None:
    inbox = at_work(0)
    assert not inbox.behind
    inbox.begin({1: 7})
    assert inbox.behind
    assert inbox.done == {0: 0, 1: 7}


def test_it_gives_as_many_at_once_as_the_consumer_takes() -> None:
    inbox = at_work(0, batch=2)
    for position in (1, 2, 3):
        inbox.put(event(position))
    assert [positions(inbox), positions(inbox)] == [[1, 2], [3]]


def test_what_rows_have_told_already_is_not_given_a_second_time() -> None:
    inbox = at_work(0)
    inbox.did([event(2)])
    for position in (1, 2, 3):
        inbox.put(event(position))
    assert positions(inbox) == [3]


def test_what_is_being_handled_is_not_done_yet() -> None:
    inbox = at_work(0, 1)
    inbox.put(event(3))
    taken = inbox.take()
    inbox.passed({0: 9, 1: 9})
    assert inbox.moved() == {}

    inbox.did(taken)
    inbox.passed({0: 9, 1: 9})
    assert inbox.moved() == {0: 9, 1: 9}


def test_what_waits_is_not_done_yet() -> None:
    inbox = at_work(0)
    inbox.put(event(3))
    inbox.passed({0: 9})
    assert inbox.moved() == {}


def test_nothing_passes_while_rows_are_still_to_be_read() -> None:
    inbox = at_work(0)
    inbox.catch_up()
    inbox.passed({0: 9})
    assert inbox.moved() == {}


def test_letting_go_of_one_stream_does_not_finish_what_is_being_handled_on_another() -> None:
    inbox = at_work(0, 1)
    inbox.put(event(3, stream=0))
    inbox.take()
    inbox.let_go([1])
    inbox.passed({0: 9})
    assert inbox.moved() == {}


def test_what_waits_on_a_stream_that_is_let_go_is_forgotten() -> None:
    inbox = at_work(0, 1)
    inbox.put(event(1, stream=0))
    inbox.put(event(2, stream=1))
    inbox.let_go([0])
    assert positions(inbox) == [2]


def test_what_was_handled_of_a_lost_stream_moves_nothing() -> None:
    inbox = at_work(0, 1)
    inbox.let_go([0])
    inbox.did([event(5, stream=0)])
    assert inbox.moved() == {}


def test_an_answer_from_before_a_change_does_not_end_the_catching_up() -> None:
    inbox = at_work(0)
    inbox.catch_up()
    asked = inbox.changes
    inbox.begin({1: 0})
    inbox.caught_up(asked)
    assert inbox.behind


def test_too_much_is_forgotten_and_read_from_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "MOST", 3)
    inbox = at_work(0)
    for position in (1, 2, 3, 4):
        inbox.put(event(position))
    assert inbox.behind
    assert positions(inbox) == [4]


def test_what_is_noted_is_not_noted_again() -> None:
    inbox = at_work(0)
    inbox.did([event(4)])
    moved = inbox.moved()
    inbox.note(moved)
    assert moved == {0: 4}
    assert inbox.moved() == {}
