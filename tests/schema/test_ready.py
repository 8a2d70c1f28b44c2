"""Requests are made ready once for all who send the same bytes, and within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import orjson
import pytest

from domain.settings import settings
from schema import parsing
from schema.documents import identifier
from schema.parsing import Refused
from schema.ready import MOST, Ready, Requests, ready, requests
from schema.request import Asked
from tests.people import House
from tests.schema.hostile import callers, codes, door, post

QUESTION = {"query": "query($n: Int!) { tickets(first: $n) { totalCount } }", "variables": {"n": 2}}


@pytest.fixture
async def at(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application."""
    async with door() as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """No request was sent before."""
    requests._kept.clear()
    yield
    requests._kept.clear()


def made(query: str = "{ viewer { name } }") -> Ready:
    """Something that is ready."""
    return ready(Asked(query))


async def test_the_same_bytes_are_read_and_checked_once_whoever_sends_them(
    at: httpx.AsyncClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, read = await callers(house), []
    before = parsing.read
    monkeypatch.setattr(parsing, "read", lambda text: read.append(text) or before(text))
    answers = [await post(at, QUESTION, people[name]) for name in ("alice", "mei", "eve", "alice")]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert read == [QUESTION["query"]]
    # What the bytes ask is shared, what they are answered is not.
    assert codes(await post(at, QUESTION)) == ["unauthenticated"]
    assert read == [QUESTION["query"]]


async def test_other_variables_are_another_request(at: httpx.AsyncClient, house: House) -> None:
    who = (await callers(house))["alice"]
    over = {**QUESTION, "variables": {"n": 101}}
    for _ in range(2):
        assert codes(await post(at, QUESTION, who)) == []
        assert codes(await post(at, over, who)) == ["invalid"]


async def test_what_is_refused_is_not_kept(at: httpx.AsyncClient, house: House) -> None:
    who = (await callers(house))["alice"]
    for body in (b"{", b"[]", {"query": "{ nonsense }"}, {"query": "{ a { b"}, {"query": 1}):
        first, second = [codes(await post(at, body, who)) for _ in range(2)]
        assert first == second != []
    assert len(requests) == 0


async def test_a_document_with_its_hash_is_registered_each_time(
    at: httpx.AsyncClient, house: House
) -> None:
    who, text = (await callers(house))["alice"], "{ viewer { name role } }"
    body = {"query": text, "documentId": identifier(text)}
    assert codes(await post(at, body, who)) == []
    assert requests.find(orjson.dumps(body)) is None
    by_hash = {"documentId": identifier(text)}
    assert codes(await post(at, by_hash, who)) == []
    assert requests.find(orjson.dumps(by_hash)) is not None


async def test_a_subscription_or_a_verb_is_turned_away_the_second_time_too(
    at: httpx.AsyncClient, house: House
) -> None:
    who = (await callers(house))["alice"]
    body = {"query": "subscription { conversations { __typename } }"}
    assert [codes(await post(at, body, who)) for _ in range(2)] == [["socket_only"]] * 2


def test_a_flood_of_requests_stays_bounded_and_the_latest_are_kept() -> None:
    few, one = Requests(most=10), made()
    for number in range(1000):
        few.keep(b"%d" % number, one)
        assert few.find(b"0") is (one if number < 1000 else None)
    assert len(few) == 10
    assert few.find(b"0") is one, "asked for all the time"
    assert few.find(b"1") is None
    few.keep(b" " * (MOST + 1), one)
    assert few.find(b" " * (MOST + 1)) is None


def test_what_was_known_in_one_mode_is_not_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    requests.keep(b"x", made())
    monkeypatch.setattr(settings(), "env", "production")
    assert requests.find(b"x") is None
    monkeypatch.setattr(settings(), "env", "development")
    monkeypatch.setattr(settings(), "documents", "trusted")
    assert requests.find(b"x") is None
    requests.keep(b"y", made())
    assert len(requests) == 1


def test_what_is_over_a_limit_never_gets_ready() -> None:
    with pytest.raises(Refused):
        made("{ tickets(first: 100) { nodes { customer { orders(first: 100) { totalCount nodes { "
             "cards { lastFour } } } } } } }")  # fmt: skip
