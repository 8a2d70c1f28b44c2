"""Documents named by their hash, at every door of a real server, and trusted ones alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import regenerate
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.graphql import socket as graphql_socket
from api.graphql import sse as graphql_sse
from domain import broker
from domain.actors import Role
from domain.conversations.models import Message
from domain.embedded import StartFailed
from domain.people import actions as people
from domain.settings import ROOT, settings
from schema import documents, live, parsing
from schema.documents import OURS, Registered, identifier, manifest, trusted
from tests.people import House
from tests.schema.conftest import Wire
from tests.schema.doors import logged_in, serving

DOORS = ("post", "get", "stream", "stream by get", "socket")
FOLLOW = "subscription F%s { conversations { __typename ... on Subscribed { cursor } } }"
STREAM = {"Accept": "text/event-stream"}
SOCKET = Subprotocol("graphql-transport-ws")


def fresh(text: str = "query Q%s { viewer { name } }") -> str:
    """A document that nobody has asked before: its name is new."""
    return text % uuid4().hex


@dataclass
class Door:
    """A real server, and somebody who comes to it."""

    address: str
    client: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, door: str, **body: Any) -> dict[str, Any]:
        """The first answer to a request, whichever door it goes through."""
        if door == "socket":
            return await self._over_socket(body)
        method, streams = "GET" if "get" in door else "POST", door.startswith("stream")
        given = {"params": body} if method == "GET" else {"json": body}
        headers = {**self.headers, **(STREAM if streams else {})}
        async with self.client.stream(method, "/graphql", headers=headers, **given) as response:
            if not response.headers["content-type"].startswith("text/event-stream"):
                return dict(json.loads(await response.aread()))
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    return dict(json.loads(line.removeprefix("data: ")))
        raise AssertionError("the stream said nothing")

    async def _over_socket(self, body: dict[str, Any]) -> dict[str, Any]:
        async with connect(
            f"ws://{self.address}/graphql", subprotocols=[SOCKET],
            additional_headers=self.headers, origin=f"http://{self.address}",  # type: ignore[arg-type]
        ) as socket:  # fmt: skip
            await socket.send('{"type":"connection_init"}')
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": body}))
            told = json.loads(await socket.recv())
        return told["payload"] if told["type"] == "next" else {"errors": told["payload"]}

    async def code(self, door: str, **body: Any) -> str:
        """The code of a refusal, which has no data."""
        answer = await self.ask(door, **body)
        assert not answer.get("data"), answer
        (error,) = answer["errors"]
        return str(error["extensions"]["code"])


@pytest.fixture
async def door(house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """Alice at the door of a process that has no registered documents of its own."""
    monkeypatch.setattr(documents, "registered", Registered())
    for module in (graphql_socket, graphql_sse, live):
        monkeypatch.setattr(module, "hub", wire.hub)
    async with serving() as address, httpx.AsyncClient(timeout=10) as client:
        client.base_url = httpx.URL(f"http://{address}")
        yield Door(address, client, {"Cookie": await logged_in(house.alice)})


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Trusted documents alone; the folder of those that are not our own."""
    monkeypatch.setattr(settings(), "documents", "trusted")
    monkeypatch.setattr(settings(), "trusted_documents", str(tmp_path))
    trusted.cache_clear()
    yield tmp_path
    trusted.cache_clear()


# By hash


@pytest.mark.parametrize("way", DOORS)
async def test_a_document_is_sent_once_and_then_named_at_every_door(door: Door, way: str) -> None:
    text = fresh()
    id = identifier(text)
    assert await door.code(way, documentId=id) == "document_unknown"
    first = await door.ask(way, query=text, documentId=id)
    assert first == {"data": {"viewer": {"name": "Alice"}}}
    for each in DOORS:
        assert await door.ask(each, documentId=id) == first, each


@pytest.mark.parametrize("way", ["stream", "stream by get", "socket"])
async def test_a_subscription_is_registered_and_followed_by_its_hash(door: Door, way: str) -> None:
    text = fresh(FOLLOW)
    id = identifier(text)
    assert await door.code(way, documentId=id) == "document_unknown"
    for given in ({"query": text, "documentId": id}, {"documentId": id}):
        told = (await door.ask(way, **given))["data"]["conversations"]
        assert told["__typename"] == "Subscribed"


async def test_a_verb_runs_by_its_hash_but_never_by_get(house: House, door: Door) -> None:
    text = fresh('mutation M%s($c: ID!) { addNote(id: $c, text: "x") { __typename } }')
    id, variables = identifier(text), {"c": "nothing"}
    answer = await door.ask("post", query=text, documentId=id, variables=variables)
    assert answer == {"data": {"addNote": {"__typename": "NotFoundProblem"}}}
    assert await door.ask("socket", documentId=id, variables=variables) == answer
    for way in ("get", "stream by get"):
        given = json.dumps(variables)
        assert await door.code(way, documentId=id, variables=given) == "post_only"
    response = await door.client.get("/graphql", params={"documentId": id}, headers=door.headers)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_which_operation_and_its_variables_are_said_as_always(door: Door) -> None:
    text = fresh(
        "query A%s($n: Int!) { orders(first: $n) { nodes { id } } } query B { __typename }"
    )
    id, name = identifier(text), text.split("(")[0].removeprefix("query ")
    named = {"documentId": id, "operationName": name, "variables": {"n": 1}}
    found = await door.ask("post", query=text, **named)
    assert len(found["data"]["orders"]["nodes"]) == 1
    assert await door.ask("post", **named) == found
    assert await door.code("post", documentId=id) == "operation_unnamed"


async def test_another_process_knows_what_was_registered_here(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = fresh()
    id = identifier(text)
    await door.ask("post", query=text, documentId=id)
    left = await broker.redis().ttl(f"zaide:document:{id}")
    assert broker.DOCUMENT_SECONDS - 60 < left <= broker.DOCUMENT_SECONDS
    monkeypatch.setattr(documents, "registered", Registered())
    assert "data" in await door.ask("post", documentId=id)
    await broker.redis().delete(f"zaide:document:{id}")
    assert "data" in await door.ask("post", documentId=id)
    assert await Registered().find(id) is None
    # Who misses it registers again, and whoever is asked tells the others anew.
    await door.ask("post", query=text, documentId=id)
    assert await Registered().find(id) == text


async def test_a_text_that_redis_has_under_a_wrong_id_is_not_run(door: Door) -> None:
    id = identifier(fresh())
    await broker.keep_document(id, "{ viewer { role } }")
    assert await door.code("post", documentId=id) == "document_unknown"


async def test_without_redis_documents_are_known_in_their_own_process(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = fresh()
    id = identifier(text)
    await broker.close()
    broker.connect("unix:///nowhere/redis.sock")
    try:
        assert await door.code("post", documentId=id) == "document_unknown"
        assert "data" in await door.ask("post", query=text, documentId=id)
        assert "data" in await door.ask("post", documentId=id)
    finally:
        await broker.close()
        broker.connect()


class Slow(Registered):
    """Looks as long as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.found = asyncio.Event(), asyncio.Event()

    async def find(self, id: str) -> str | None:
        """As in Registered, but later."""
        self.asked.set()
        await self.found.wait()
        return await super().find(id)


async def test_a_socket_that_is_closed_while_a_document_is_looked_up_follows_nothing(
    house: House, wire: Wire, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, text = Slow(), fresh(FOLLOW)
    await slow.add(identifier(text), text)
    monkeypatch.setattr(documents, "registered", slow)
    made, raw = await people.issue_token(
        house.dana, "pat", Role.PARTNER, None, ["conversations:read"]
    )
    door.headers = {"Authorization": f"Bearer {raw}"}
    joined: list[Any] = []
    monkeypatch.setattr(wire.hub, "join", lambda *given, **more: joined.append(given))
    asking = asyncio.create_task(door.ask("socket", documentId=identifier(text)))
    await slow.asked.wait()
    await people.revoke_token(house.dana, made.id)
    await wire.carry()
    with pytest.raises(ConnectionClosed, match="4403"):
        await asking
    slow.found.set()
    while wire.hub.clients:
        await asyncio.sleep(0)
    assert joined == []


@pytest.mark.parametrize("way", DOORS)
async def test_a_hash_of_something_else_is_refused_and_registers_nothing(
    door: Door, way: str
) -> None:
    text, other = fresh(), fresh()
    assert await door.code(way, query=text, documentId=identifier(other)) == "document_mismatch"
    for id in (identifier(text), identifier(other)):
        assert await door.code(way, documentId=id) == "document_unknown"


async def test_nobody_registers_nothing(door: Door) -> None:
    text = fresh()
    id = identifier(text)
    nobody = Door(door.address, door.client, {})
    assert await nobody.code("post", query=text, documentId=id) == "unauthenticated"
    assert await door.code("post", documentId=id) == "document_unknown"
    await door.ask("post", query=text, documentId=id)
    assert await nobody.code("post", documentId=id) == "unauthenticated"


async def test_what_is_invalid_or_too_large_is_not_kept(door: Door) -> None:
    invalid = fresh("query Q%s { viewer { nonsense } }")
    assert await door.code("post", query=invalid, documentId=identifier(invalid)) == (
        "invalid_document"
    )
    large = fresh() + " " * parsing.KEPT_LENGTH
    assert "data" in await door.ask("post", query=large, documentId=identifier(large))
    for text in (invalid, large):
        assert await door.code("post", documentId=identifier(text)) == "document_unknown"
        assert await broker.find_document(identifier(text)) is None


HOSTILE: list[Any] = [
    "",
    "sha256:",
    "7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e",
    "sha256:" + "A" * 64,
    "sha256:" + "0" * 63,
    "sha256:" + "0" * 65,
    "sha256:" + "0" * 64 + "\n",
    "sha256:" + "٠" * 64,
    "SHA256:" + "0" * 64,
    "md5:" + "0" * 32,
    "sha256:" + "0" * 63 + "\0",
    "sha256:" + "0" * 200_000,
    "../" * 20,
]


@pytest.mark.parametrize("way", ["post", "stream", "socket"])
async def test_no_text_but_a_hash_is_taken_for_one(door: Door, way: str) -> None:
    for id in HOSTILE:
        assert await door.code(way, documentId=id) == "invalid_document_id", id
        assert await door.code(way, documentId=id, query="{ __typename }") == "invalid_document_id"


async def test_other_values_and_a_megabyte_are_no_requests(door: Door) -> None:
    for id in (1, [], {}, True, ["sha256:" + "0" * 64]):
        assert await door.code("post", documentId=id) == "malformed_request"
        assert await door.code("post", documentId=id, query="{ __typename }") == "malformed_request"
    for query in ("", 1, []):
        given = {"documentId": "sha256:" + "0" * 64, "query": query}
        assert await door.code("post", **given) == "malformed_request"
    assert await door.code("post", documentId=None) == "malformed_request"
    assert await door.code("post", documentId="0" * 2**20) == "too_large"
    hidden = "query { viewer { name } } # \0"
    assert await door.code("post", query=hidden, documentId=identifier(hidden)) == "invalid_text"
    assert "data" in await door.ask("post", query="{ __typename }", documentId=None)


async def test_a_refusal_says_what_to_do_in_the_askers_language(door: Door) -> None:
    unknown = {"documentId": identifier(fresh())}
    for language, hint in (("en", "Send query and documentId"), ("zh", "请把 query 和 documentId")):
        asker = Door(door.address, door.client, {"Accept-Language": language})
        (error,) = (await asker.ask("post", **unknown))["errors"]
        assert error["extensions"]["hint"].startswith(hint)
        assert unknown["documentId"] not in json.dumps(error)
    accept = {"Accept": "application/graphql-response+json"}
    response = await door.client.post("/graphql", json=unknown, headers=accept)
    assert response.status_code == 400


async def test_a_flood_of_documents_stays_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "registered", Registered(8))
    monkeypatch.setattr(broker, "DOCUMENTS_KEPT", 20)
    texts = [fresh() for _ in range(40)]
    for text in texts:
        assert "data" in await door.ask("post", query=text, documentId=identifier(text))
    assert len(documents.registered) == 8
    redis = broker.redis()
    assert await redis.zcard(broker.DOCUMENTS) == 20
    assert len([key async for key in redis.scan_iter("zaide:document:*", count=1000)]) == 20
    assert await Registered().find(identifier(texts[-20])) == texts[-20]
    assert await door.code("post", documentId=identifier(texts[-21])) == "document_unknown"
    assert parsing._kept.cache_info().maxsize == parsing.KEPT


async def test_those_asked_the_latest_are_the_ones_kept() -> None:
    kept, texts = Registered(2), [fresh() for _ in range(3)]
    ids = [identifier(text) for text in texts]
    await kept.add(ids[0], texts[0])
    await kept.add(ids[1], texts[1])
    assert await kept.find(ids[0]) == texts[0]
    await kept.add(ids[2], texts[2])
    await broker.redis().delete(*(f"zaide:document:{id}" for id in ids))
    assert [await kept.find(id) for id in ids] == [texts[0], None, texts[2]]


# Trusted ones alone


NAME = "query Name { viewer { name } }"
NOTE = 'mutation Note($c: ID!) { addNote(id: $c, text: "x") { __typename } }'
NEWS = "subscription News { conversations { __typename ... on Subscribed { cursor } } }"


async def test_what_is_in_the_folder_runs_by_hash_and_by_text(door: Door, trusting: Path) -> None:
    (trusting / "more").mkdir()
    (trusting / "name.graphql").write_text(NAME, encoding="utf-8")
    (trusting / "more" / "them.json").write_text(manifest([NOTE, NEWS]), encoding="utf-8")
    (trusting / "README.md").write_text("not a document", encoding="utf-8")
    for way in DOORS:
        for given in ({"query": NAME}, {"documentId": identifier(NAME)}):
            assert await door.ask(way, **given) == {"data": {"viewer": {"name": "Alice"}}}
    for way in ("post", "stream", "socket"):
        for given in ({"query": NOTE}, {"documentId": identifier(NOTE)}):
            answer = await door.ask(way, **given, variables={"c": "nothing"})
            assert answer == {"data": {"addNote": {"__typename": "NotFoundProblem"}}}
    for way in ("stream", "socket"):
        for given in ({"query": NEWS}, {"documentId": identifier(NEWS)}):
            told = (await door.ask(way, **given))["data"]["conversations"]
            assert told["__typename"] == "Subscribed"


@pytest.mark.parametrize("way", DOORS)
async def test_nothing_else_runs_and_nothing_is_registered(
    house: House, door: Door, trusting: Path, way: str
) -> None:
    note = 'mutation N { sendMessage(text: "x") { __typename } }'
    for text in (fresh(), fresh(FOLLOW), note, NAME + " ", "{ __typename }", "no document"):
        id = identifier(text)
        for given in ({"query": text}, {"documentId": id}, {"query": text, "documentId": id}):
            assert await door.code(way, **given) == "document_untrusted"
        assert await broker.find_document(id) is None
    assert await Message.filter(shop_id=house.id).count() == 0


async def test_a_trusted_hash_does_not_carry_another_text(door: Door, trusting: Path) -> None:
    (trusting / "name.graphql").write_text(NAME, encoding="utf-8")
    for way in DOORS:
        code = await door.code(way, query="{ viewer { role } }", documentId=identifier(NAME))
        assert code == "document_mismatch"


async def test_what_others_registered_before_is_not_trusted(door: Door, trusting: Path) -> None:
    text = fresh()
    await documents.registered.add(identifier(text), text)
    assert await door.code("post", documentId=identifier(text)) == "document_untrusted"


def test_the_folder_is_known_in_the_other_mode_too(
    trusting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "documents", "any")
    (trusting / "name.graphql").write_bytes(NAME.encode() + b"\r\n")
    found = trusted()[identifier(NAME + "\r\n")]
    assert (found.names, found.file.name) == (["Name"], "name.graphql")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.graphql", b"{ viewer {\n nonsense } }", "line 2: Cannot query field 'nonsense'"),
        ("a.graphql", b"{", "Syntax Error"),
        ("a.graphql", b"", "Syntax Error"),
        ("a.graphql", b"\xff", "cannot be read"),
        ("a.graphql", b"{ __typename } # \0", "NUL"),
        ("a.graphql", b"{ viewer { name } } query B { __typename }", "anonymous"),
        ("m.json", b"{", "cannot be read"),
        ("m.json", b"[" * 100_000, "cannot be read"),
        ("m.json", b"[]", "is no manifest"),
        ("m.json", b'{"sha256:00": 1}', "is no manifest"),
        ("m.json", b'{"sha256:00": "{ __typename }"}', "not the hash of its text"),
        ("m.json", b'{"sha256:00": "\\ud800"}', "half a character"),
    ],
)
def test_a_document_that_cannot_be_trusted_is_named_in_one_sentence(
    trusting: Path, name: str, content: bytes, why: str
) -> None:
    (trusting / name).write_bytes(content)
    with pytest.raises(StartFailed) as failed:
        trusted()
    said = str(failed.value)
    assert str(trusting / name) in said
    assert why in said
    assert "\n" not in said


@pytest.mark.parametrize("command", [["api"], ["api.cli", "up", "--port", "0"]])
def test_a_folder_that_is_missing_is_said_at_the_start(tmp_path: Path, command: list[str]) -> None:
    own = {"ZAIDE_HOME": str(tmp_path / "home"), "ZAIDE_PORT": "0"}
    environment = {**os.environ, **own, "ZAIDE_TRUSTED_DOCUMENTS": str(tmp_path / "none")}
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == (
        f"zaide: ZAIDE_TRUSTED_DOCUMENTS names {tmp_path / 'none'}, which is no folder.\n"
    )


# Our own


def test_our_own_manifest_is_what_the_generated_client_sends() -> None:
    sent = regenerate.documents(ROOT / "clients" / "python" / "zaide_client")
    assert OURS.read_text("utf-8") == sent, "run `./zaide client` to print it again"
    ours = json.loads(sent)
    assert len(ours) > 20
    assert manifest(ours.values()) == sent
    for text in ours.values():
        assert parsing.read(text).operations
        assert len(text.encode()) < parsing.KEPT_LENGTH


def zaide(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "documents", *words],
        cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_lists_what_is_trusted_and_prints_manifests(tmp_path: Path) -> None:
    file = tmp_path / "name.graphql"
    file.write_text(NAME, encoding="utf-8")
    listed = zaide(ZAIDE_TRUSTED_DOCUMENTS=str(tmp_path)).stdout.splitlines()
    assert f"{identifier(NAME)}  Name  {file}" in listed
    assert len(listed) == len(json.loads(OURS.read_text("utf-8"))) + 1
    assert json.loads(zaide("manifest", str(file)).stdout) == {identifier(NAME): NAME}
    file.write_text("{ nonsense }", encoding="utf-8")
    refused = zaide("manifest", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Cannot query field 'nonsense'" in refused.stderr
