"""The partner's client against a real server: its calls, and a subscription that is cut."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets
from websockets.asyncio.server import ServerConnection
from zaide_client import Stopped, aio, codes, connect, connect_sync, follow, live, sync

from domain import embedded, events
from domain.actors import Role
from domain.conversations import actions as talk
from domain.conversations.models import Conversation
from domain.people import actions as people
from domain.settings import ROOT
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from schema.scalars import opaque, show_position
from tests.hands import Hands
from tests.people import House

CLIENT = ROOT / "clients" / "python"
SCOPES = ["tickets:read", "tickets:write", "conversations:read", "orders:read", "metrics:read"]


class Server:
    """`python -m api` on a port of its own, to be stopped and started again."""

    def __init__(self, **settings: str) -> None:
        """`settings` are further environment variables."""
        self._settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it answers."""
        own = {"ZAIDE_PORT": str(self.port), "ZAIDE_LOG_LEVEL": "error", **self._settings}
        environment = {**os.environ, **own}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api", cwd=ROOT, env=environment
        )
        async with httpx.AsyncClient(timeout=5) as client:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/healthz")).status_code == 200:
                        return
                assert self._process.returncode is None, "the server did not start"
                await asyncio.sleep(0.05)
        raise AssertionError("the server did not answer")

    async def stop(self) -> None:
        """Stop it as a deployment does."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


class Line:
    """The wire between client and server, which can be cut."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()
        self._listening: asyncio.Server | None = None
        self.calls = 0
        self.up = True

    async def lay(self) -> str:
        """Begin to listen; gives the address to call."""
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    async def take_away(self) -> None:
        """Stop listening."""
        self.cut()
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()

    def cut(self) -> None:
        """Tear off every connection, without a word."""
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        if not self.up:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._server.port)
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._open -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[Server]:
    """A server that runs for the length of a block."""
    running = Server(**settings)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


@pytest.fixture(scope="module")
async def server(stack: embedded.Servers) -> AsyncIterator[Server]:
    """The real thing, for this file."""
    async with serving() as running:
        yield running


@pytest.fixture
async def line(server: Server) -> AsyncIterator[tuple[Line, str]]:
    """A wire to the server, and its address."""
    laid = Line(server)
    yield laid, await laid.lay()
    await laid.take_away()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon: the test waits with us."""
    monkeypatch.setattr(live, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(live, "LONGEST_PAUSE", 0.2)


async def token(house: House, *scopes: str) -> str:
    """A partner's API token."""
    _, raw = await people.issue_token(house.dana, "ERP", Role.PARTNER, None, scopes or SCOPES)
    return raw


async def opened(house: House) -> Ticket:
    """A ticket about what Eve said."""
    number = house.orders["mei"].number
    said = await talk.receive(house.eve, f"卡密用不了，提示无效，订单号 {number}")
    return await tickets.open(house.alice, said.conversation_id, "card_invalid")


# Calls


async def test_a_partner_reads_the_shop(house: House, hands: Hands, server: Server) -> None:
    ticket = await opened(house)
    await hands.work()
    async with connect(server.url, await token(house)) as zaide:
        assert (await zaide.viewer()).role is aio.Role.PARTNER
        page = await zaide.tickets(filter_=aio.TicketFilter(state=[aio.TicketState.OPEN]))
        assert [t.number for t in page.nodes] == [ticket.number]
        assert page.total_count == 1
        assert page.nodes[0].order is not None
        assert page.nodes[0].order.number == house.orders["mei"].number

        found = await zaide.ticket_by_number(ticket.number)
        assert found is not None
        assert found.opened_at == ticket.opened_at
        assert found.conversation is not None
        assert await zaide.ticket_by_number("ZT-NONE") is None

        conversation = await zaide.conversation(found.conversation.id)
        assert conversation is not None
        first = conversation.messages.nodes[0]
        assert first.author is aio.Author.CUSTOMER
        assert first.reading is not None
        assert first.reading.intent == "card_invalid"
        assert 0 < first.reading.intent_confidence <= 1
        assert [t.id for t in conversation.tickets] == [found.id]

        assert {o.number for o in (await zaide.orders()).nodes} == {
            order.number for order in house.orders.values()
        }
        order = await zaide.order_by_number(house.orders["nora"].number)
        assert order is not None
        assert (order.amount, order.verdict) == (house.orders["nora"].amount, aio.Verdict.DELIVERED)
        assert (await zaide.metrics()).tickets_opened == 1


async def test_lists_come_in_pages_without_a_gap(house: House, server: Server) -> None:
    made = [await opened_by(house, name) for name in ("eve", "frank")]
    async with connect(server.url, await token(house)) as zaide:
        first = await zaide.tickets(order=aio.TicketSort.OLDEST, first=1)
        assert first.page_info.has_next_page
        second = await zaide.tickets(
            order=aio.TicketSort.OLDEST, first=1, after=first.page_info.end_cursor
        )
    assert [t.number for t in (*first.nodes, *second.nodes)] == [t.number for t in made]
    assert not second.page_info.has_next_page


async def opened_by(house: House, name: str) -> Ticket:
    """A ticket about what somebody said."""
    said = await talk.receive(getattr(house, name), "我要人工客服")
    return await tickets.open(house.alice, said.conversation_id, "other")


async def test_without_asyncio_the_calls_are_the_same(house: House, server: Server) -> None:
    ticket = await opened(house)
    raw = await token(house)

    def call() -> None:
        with connect_sync(server.url, raw) as zaide:
            page = zaide.tickets(filter_=sync.TicketFilter(category=ticket.category), first=5)
            assert [t.number for t in page.nodes] == [ticket.number]
            again = zaide.open_ticket(opaque("Conversation", ticket.conversation_id))
            assert isinstance(again, sync.TicketParts)
            assert again.number == ticket.number
            assert not hasattr(zaide, "follow_tickets")

    await asyncio.to_thread(call)


async def test_a_refused_verb_is_an_answer_and_changes_nothing(
    house: House, server: Server
) -> None:
    ticket = await opened(house)
    async with connect(server.url, await token(house)) as zaide:
        answer = await zaide.close_ticket(opaque("Ticket", ticket.id))
        assert isinstance(answer, aio.Refusal)
        assert answer.code in ("not_allowed", "not_your_team")
        missing = await zaide.open_ticket("nothing")
        assert isinstance(missing, aio.Refusal)
        assert missing.code == "not_found"
    assert (await Ticket.get(id=ticket.id)).state == "open"


async def test_an_error_has_its_code(house: House, server: Server) -> None:
    async with connect(server.url, "zd_made-up") as zaide:
        with pytest.raises(aio.GraphQLClientHttpError) as unknown:
            await zaide.viewer()
    assert codes(unknown.value) == ["unauthenticated"]
    async with connect(server.url, await token(house)) as zaide:
        with pytest.raises(aio.GraphQLClientGraphQLMultiError) as wrong:
            await zaide.tickets(first=1000)
    assert codes(wrong.value) == ["invalid"]


def test_the_client_needs_no_graphql_library() -> None:
    words = "import sys, zaide_client; sys.exit('graphql' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    subprocess.run([sys.executable, "-c", words], env=environment, check=True)


# By hash


def new(text: str) -> str:
    """A document that no server has seen: its name is new."""
    return text.replace("Mine", f"Mine{uuid4().hex}")


@contextlib.contextmanager
def overheard(
    client: httpx.AsyncClient | httpx.Client,
) -> Iterator[list[dict[str, Any]]]:
    """What a client posts, as it goes out."""
    posted: list[dict[str, Any]] = []

    def note(request: httpx.Request) -> None:
        posted.append(json.loads(request.content))

    async def note_later(request: httpx.Request) -> None:
        note(request)

    hooks = client.event_hooks
    hear = note_later if isinstance(client, httpx.AsyncClient) else note
    client.event_hooks = {**hooks, "request": [*hooks["request"], hear]}
    yield posted
    client.event_hooks = hooks


async def test_the_clients_own_documents_need_never_be_sent(house: House, server: Server) -> None:
    async with connect(server.url, await token(house)) as zaide:
        with overheard(zaide.http_client) as posted:
            assert (await zaide.viewer()).name == "ERP"
            assert isinstance(await zaide.open_ticket("nothing"), aio.Refusal)
    assert [sorted(body) for body in posted] == [["documentId", "operationName", "variables"]] * 2


async def test_a_document_that_is_not_known_is_sent_once(house: House, server: Server) -> None:
    query = new("query Mine { viewer { name } }")
    verb = new('mutation Mine { openTicket(conversationId: "x") { __typename } }')
    async with connect(server.url, await token(house)) as zaide:
        with overheard(zaide.http_client) as posted:
            for text in (query, query, verb, verb):
                data = zaide.get_data(await zaide.execute(text))
                assert data in (
                    {"viewer": {"name": "ERP"}},
                    {"openTicket": {"__typename": "NotFoundProblem"}},
                )
    assert [body.get("query") for body in posted] == [None, query, None, None, verb, None]


async def test_a_second_process_knows_what_one_was_sent(house: House, server: Server) -> None:
    query = new("query Mine { viewer { name } }")
    raw = await token(house)
    async with (
        serving() as other,
        connect(other.url, raw) as there,
        connect(server.url, raw) as here,
    ):
        here.get_data(await here.execute(query))
        with overheard(there.http_client) as posted:
            assert there.get_data(await there.execute(query)) == {"viewer": {"name": "ERP"}}
    assert ["query" in body for body in posted] == [False]


async def test_without_asyncio_hashes_are_sent_too(house: House, server: Server) -> None:
    query = new("query Mine { viewer { name } }")
    raw = await token(house)
    with connect_sync(server.url, raw) as zaide, overheard(zaide.http_client) as posted:
        for _ in range(2):
            answer = await asyncio.to_thread(zaide.execute, query)
            assert zaide.get_data(answer) == {"viewer": {"name": "ERP"}}
        await asyncio.to_thread(zaide.viewer)
    assert [body.get("query") for body in posted] == [None, query, None, None]


async def test_hashes_can_be_left_alone(house: House, server: Server) -> None:
    raw = await token(house)
    async with connect(server.url, raw, by_hash=False) as zaide:
        with overheard(zaide.http_client) as posted:
            await zaide.viewer()
    alike = connect_sync(server.url, raw, by_hash=False)
    with alike, overheard(alike.http_client) as also:
        await asyncio.to_thread(alike.viewer)
    sent = [("query" in body, "documentId" in body) for body in posted + also]
    assert sent == [(True, False)] * 2


MINE = "subscription Mine { tickets { __typename ... on Subscribed { cursor } } }"


async def test_a_subscription_that_is_not_known_is_sent_once_on_the_same_socket(
    house: House, server: Server, line: tuple[Line, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, url = line
    said: list[dict[str, Any]] = []
    send = websockets.ClientConnection.send

    async def noted(self: websockets.ClientConnection, message: str) -> None:
        said.append(json.loads(message))
        await send(self, message)

    monkeypatch.setattr(websockets.ClientConnection, "send", noted)
    text = new(MINE)
    async with connect(url, await token(house)) as zaide:
        for _ in range(2):
            async with aclosing(zaide.execute_ws(text)) as told:
                assert (await anext(told))["tickets"]["__typename"] == "Subscribed"
        async with aclosing(zaide.follow_tickets()) as updates:
            assert (await anext(updates)).typename__ == "Subscribed"
        with pytest.raises(aio.GraphQLClientGraphQLMultiError) as refused:
            await anext(zaide.execute_ws(new("subscription Mine { nonsense }")))
    assert codes(refused.value) == ["invalid_document"]
    asked = [each["payload"].get("query") for each in said if each["type"] == "subscribe"]
    assert asked[:4] == [None, text, None, None]
    assert wire.calls == 4


async def test_a_server_that_trusts_runs_the_client_and_nothing_else(
    house: House, stack: embedded.Servers, tmp_path: Path
) -> None:
    own = "query Own { viewer { role } }"
    (tmp_path / "own.graphql").write_text(own, encoding="utf-8")
    trust = {"ZAIDE_DOCUMENTS": "trusted", "ZAIDE_TRUSTED_DOCUMENTS": str(tmp_path)}
    raw = await token(house)
    async with serving(**trust) as careful:
        for by_hash in (True, False):
            async with connect(careful.url, raw, by_hash=by_hash) as zaide:
                assert (await zaide.viewer()).name == "ERP"
                assert isinstance(await zaide.open_ticket("nothing"), aio.Refusal)
                async with aclosing(zaide.follow_tickets()) as updates:
                    assert (await anext(updates)).typename__ == "Subscribed"
                assert zaide.get_data(await zaide.execute(own)) == {"viewer": {"role": "PARTNER"}}
                with overheard(zaide.http_client) as posted:
                    answer = await zaide.execute("{ __typename }")
                    with pytest.raises(aio.GraphQLClientGraphQLMultiError) as refused:
                        zaide.get_data(answer)
                with pytest.raises(aio.GraphQLClientGraphQLMultiError) as also:
                    await anext(zaide.execute_ws(MINE))
            assert codes(refused.value) == codes(also.value) == ["document_untrusted"]
            assert len(posted) == 1


# Live


async def heard(updates: AsyncIterator[Any], count: int, into: list[Any]) -> None:
    """Take updates until there are `count` of them."""
    async with asyncio.timeout(30):
        while len(into) < count:
            into.append(await anext(updates))


async def test_a_subscription_that_is_cut_goes_on_without_a_gap_or_a_repetition(
    house: House, hands: Hands, line: tuple[Line, str], impatient: None
) -> None:
    wire, url = line
    await hands.sequence()
    told: list[Any] = []
    zaide = connect(url, await token(house))
    async with zaide, aclosing(follow(zaide.follow_tickets)) as updates:
        await heard(updates, 1, told)
        assert isinstance(told[0], aio.FollowTicketsTicketsSubscribed)
        for round in range(4):
            before = len(told)
            ticket = await opened_anew(house)
            await hands.sequence()
            # Nobody hears that the last update arrived: it must not come again.
            await heard(updates, before + 1, told)
            wire.up = round % 2 == 0
            wire.cut()
            await tickets.claim(house.dana, ticket.id)
            await tickets.solve(house.dana, ticket.id)
            await tickets.close(house.dana, ticket.id)
            await hands.sequence()
            asyncio.get_running_loop().call_later(0.3, setattr, wire, "up", True)
            await heard(updates, len(await expected(house)) + 1, told)
    assert [(u.kind, u.ticket.id, u.cursor) for u in told[1:]] == await expected(house)
    assert wire.calls > 4


async def opened_anew(house: House) -> Ticket:
    """A ticket of a conversation that has none yet."""
    for conversation in await Conversation.filter(customer_id=house.frank.id, state="open"):
        await talk.close(house.dana, conversation.id)
    return await opened_by(house, "frank")


async def expected(house: House) -> list[tuple[str, str, str]]:
    """What a partner is to hear of tickets, in order, from the rows of the events."""
    happened = await events.since(0, house.id, 10_000)
    return [
        (e.kind, opaque("Ticket", e.ticket_id), show_position(e.position))
        for e in happened
        if e.ticket_id
    ]


async def test_a_server_that_is_started_anew_is_found_again(
    house: House, hands: Hands, server: Server, impatient: None
) -> None:
    ticket = await opened(house)
    await hands.sequence()
    async with connect(server.url, await token(house)) as zaide:
        subscribe = partial(zaide.follow_ticket, opaque("Ticket", ticket.id))
        async with aclosing(follow(subscribe)) as updates:
            told: list[Any] = []
            await heard(updates, 1, told)
            waiting = asyncio.create_task(heard(updates, 3, told))
            await server.stop()
            await tickets.solve(house.dana, ticket.id)
            await tickets.close(house.dana, ticket.id)
            await hands.sequence()
            await server.start()
            await waiting
    assert [u.kind for u in told[1:]] == ["TicketSolved", "TicketClosed"]


async def test_a_program_that_was_stopped_resumes_with_the_cursor_it_kept(
    house: House, hands: Hands, server: Server
) -> None:
    ticket = await opened(house)
    await hands.sequence()
    raw = await token(house)
    told: list[Any] = []
    async with connect(server.url, raw) as zaide, aclosing(follow(zaide.follow_tickets)) as updates:
        await heard(updates, 1, told)
    await tickets.solve(house.dana, ticket.id)
    await hands.sequence()
    zaide = connect(server.url, raw)
    async with zaide, aclosing(follow(zaide.follow_tickets, told[0].cursor)) as updates:
        await heard(updates, 3, told)
    assert [u.typename__ for u in told] == ["Subscribed", "Subscribed", "TicketChanged"]
    assert told[2].kind == "TicketSolved"


async def test_a_cursor_that_cannot_be_served_is_answered_with_resync(
    house: House, hands: Hands, server: Server
) -> None:
    await hands.sequence()
    async with connect(server.url, await token(house)) as zaide:
        lost = follow(zaide.follow_conversations, show_position(10**12))
        async with aclosing(lost) as updates:
            told: list[Any] = []
            await heard(updates, 1, told)
    assert isinstance(told[0], aio.FollowConversationsConversationsResync)
    assert told[0].cursor == show_position(await events.head())


async def test_a_subscription_that_is_refused_says_why_at_once(
    house: House, server: Server
) -> None:
    async with connect(server.url, await token(house)) as zaide:
        for subscribe, after, code in (
            (partial(zaide.follow_ticket, "nothing"), None, "not_found"),
            (zaide.follow_queue, None, "not_allowed"),
            (zaide.follow_tickets, "nonsense", "bad_cursor"),
        ):
            with pytest.raises(aio.GraphQLClientGraphQLMultiError) as refused:
                await anext(follow(subscribe, after))
            assert codes(refused.value) == [code]


async def test_a_revoked_token_ends_it_for_good(house: House, hands: Hands, server: Server) -> None:
    made, raw = await people.issue_token(house.dana, "ERP", Role.PARTNER, None, SCOPES)
    async with connect(server.url, raw) as zaide:
        updates = follow(zaide.follow_metrics)
        assert (await anext(updates)).typename__ == "Subscribed"
        await people.revoke_token(house.dana, made.id)
        await hands.sequence()
        with pytest.raises(Stopped) as stopped:
            await asyncio.wait_for(anext(updates), 10)
        assert stopped.value.code == 4403
        with pytest.raises(Stopped, match="4403"):
            await anext(follow(zaide.follow_metrics))


async def test_patience_has_an_end(impatient: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with connect(f"http://127.0.0.1:{port}", "zd_x") as zaide:
            with pytest.raises(OSError, match=str(port)):
                await anext(follow(zaide.follow_tickets, patience=0.3))


@asynccontextmanager
async def stranger(*endings: int) -> AsyncIterator[str]:
    """A server that closes with these codes, one a connection; behind them, it says hello."""
    left = list(endings)

    async def serve(connection: ServerConnection) -> None:
        await connection.recv()
        if left:
            await connection.close(left.pop(0), "as told")
            return
        await connection.send('{"type":"connection_ack"}')
        asked = await connection.recv()
        id = json.loads(asked)["id"]
        word = '{"__typename":"Subscribed","cursor":"cDE"}'
        await connection.send(
            f'{{"id":"{id}","type":"next","payload":{{"data":{{"tickets":{word}}}}}}}'
        )
        await connection.wait_closed()

    async with websockets.serve(
        serve, "127.0.0.1", 0, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
    ) as listening:
        yield f"http://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"


@pytest.mark.parametrize("code", sorted(live.FINAL))
async def test_a_close_code_that_means_no_is_not_tried_again(code: int) -> None:
    async with stranger(code) as url, connect(url, "zd_x") as zaide:
        with pytest.raises(Stopped) as stopped:
            await anext(follow(zaide.follow_tickets))
    assert (stopped.value.code, stopped.value.reason) == (code, "as told")


async def test_any_other_close_code_is_tried_again(impatient: None) -> None:
    passing = (1000, 1001, 1011, 1012, 1013, 4408, 4413)
    async with (
        stranger(*passing) as url,
        connect(url, "zd_x") as zaide,
        aclosing(follow(zaide.follow_tickets)) as updates,
    ):
        assert (await anext(updates)).cursor == "cDE"


def test_pauses_grow_and_differ() -> None:
    drawn = [[live.pause(tries) for _ in range(50)] for tries in range(1, 12)]
    for tries, pauses in enumerate(drawn):
        whole = min(live.LONGEST_PAUSE, live.FIRST_PAUSE * 2**tries)
        assert all(whole / 2 <= each <= whole for each in pauses)
        assert max(Counter(pauses).values()) < 5
    assert live.pause(10**6) <= live.LONGEST_PAUSE


# The examples, and how the client is made


@pytest.fixture
def environment() -> dict[str, str]:
    """Where the examples find the client."""
    return {**os.environ, "PYTHONPATH": str(CLIENT)}


async def example(environment: dict[str, str], folder: Path, *words: str) -> str:
    """Run an example; gives what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_the_examples_run(
    house: House, hands: Hands, server: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    ticket = await opened(house)
    await hands.sequence()
    environment |= {"ZAIDE_URL": server.url, "ZAIDE_TOKEN": await token(house)}
    examples = CLIENT / "examples"
    listed = await example(environment, tmp_path, str(examples / "open_tickets.py"))
    assert listed.split()[0] == ticket.number

    kept = tmp_path / f"{ticket.number}.cursor"
    following = asyncio.create_task(
        example(environment, tmp_path, str(examples / "follow_ticket.py"), ticket.number)
    )
    for change in (tickets.solve, tickets.close):
        before = kept.read_text() if kept.exists() else ""
        while not following.done() and (not kept.exists() or kept.read_text() == before):
            await asyncio.sleep(0.05)
        await change(house.dana, ticket.id)
        await hands.sequence()
    assert (await following).splitlines() == [
        f"following {ticket.number} OPEN",
        "TicketSolved SOLVED",
        "TicketClosed CLOSED",
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_committed_client_is_current(tmp_path: Path) -> None:
    import regenerate

    try:
        package = regenerate.generated(tmp_path)
    except subprocess.CalledProcessError as failure:
        if any("pip" in str(word) for word in failure.cmd):
            pytest.skip("the generator cannot be installed here: no package index can be reached")
        raise AssertionError(failure.stderr) from failure
    assert regenerate.differences(package) == []
