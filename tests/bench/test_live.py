"""The load of `bench live`: it must hear all that is sent, and judge what it heard rightly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from bench.figures import Goal
from bench.live.figures import Round, goals
from bench.live.stage import LIMIT, OURS
from bench.live.trials import Console, OneGroup, Window, latencies, until_shown
from bench.subscribers import Crowd, Heard, Refused
from bench.subscriptions import Socket

Talk = Callable[[ServerConnection], None]
INFINITE = float("inf")


@contextmanager
def server(talk: Talk) -> Iterator[str]:
    """A real websocket server; its address."""
    protocols = [Subprotocol("graphql-transport-ws")]
    with serve(
        talk, "127.0.0.1", 0, subprotocols=protocols, compression=None, close_timeout=0.1
    ) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.socket.getsockname()[1]}"
        finally:
            running.shutdown()
            thread.join()


def greeted(connection: ServerConnection) -> dict[str, str]:
    """Greet and take the subscription; what connection_init said."""
    init = json.loads(connection.recv())
    connection.send('{"type":"connection_ack"}')
    assert json.loads(connection.recv())["type"] == "subscribe"
    return dict(init["payload"])


def event(number: int, size: int) -> str:
    """An update of about `size` bytes."""
    data = {"message": {"clientId": f"n{number:08d}", "text": "x" * size}}
    return json.dumps({"id": "1", "type": "next", "payload": {"data": data}}, separators=(",", ":"))


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Nobody yet."""
    made = Crowd()
    yield made
    made.close()


def test_everybody_hears_every_event_once_whatever_its_size(crowd: Crowd) -> None:
    def talk(connection: ServerConnection) -> None:
        greeted(connection)
        for number, size in enumerate((1, 400, 70_000, 1)):
            connection.send(event(number, size))
        connection.recv()

    with server(talk) as url:
        crowd.join(Socket(url, "subscription { x }") for _ in range(5))
        assert crowd.listen(10, enough=20)
        assert sorted(crowd.heard.numbers) == sorted([0, 1, 2, 3] * 5)
        assert crowd.are_hearing
        crowd.leave()


def test_pings_of_both_kinds_are_answered(crowd: Crowd) -> None:
    def talk(connection: ServerConnection) -> None:
        greeted(connection)
        assert connection.ping().wait(10)
        connection.send('{"type":"ping"}')
        assert json.loads(connection.recv(timeout=10)) == {"type": "pong"}
        connection.send(event(7, 100))
        connection.recv()

    with server(talk) as url:
        crowd.join([Socket(url, "subscription { x }")])
        assert crowd.listen(20, enough=1)
        crowd.leave()


def test_a_token_is_said_in_the_greeting(crowd: Crowd) -> None:
    said: list[dict[str, str]] = []

    def talk(connection: ServerConnection) -> None:
        said.append(greeted(connection))
        connection.send(event(1, 1))
        connection.recv()

    with server(talk) as url:
        crowd.join([Socket(url, "subscription { x }", token="secret")])
        assert crowd.listen(10, enough=1)
        crowd.leave()
    assert said == [{"token": "secret"}]


def test_who_is_not_let_in_is_refused(crowd: Crowd) -> None:
    with (
        server(lambda connection: connection.close(4403, "Forbidden")) as url,
        pytest.raises(Refused, match="Forbidden"),
    ):
        crowd.join([Socket(url, "subscription { x }")])


def test_who_is_thrown_out_later_is_counted(crowd: Crowd) -> None:
    def talk(connection: ServerConnection) -> None:
        greeted(connection)
        connection.send(event(1, 1))
        connection.close(4413, "Too slow")

    with server(talk) as url:
        crowd.join([Socket(url, "subscription { x }")])
        crowd.listen(10, enough=1)
        while not crowd.lost:
            crowd.listen(0.1)
        assert not crowd.clients


def test_only_events_of_the_window_are_timed() -> None:
    heard = Heard()
    heard.note(1, 5_000_000_000)
    heard.note(2, 6_500_000_000)
    assert latencies(heard, {2: 6_000_000_000}) == [0.5]


def test_a_frame_shows_all_up_to_its_position() -> None:
    frames = [(11, 2_000_000_000), (13, 3_000_000_000)]
    commits = {10: 1_000_000_000, 11: 1_500_000_000, 12: 2_500_000_000, 14: 3_000_000_000}
    assert until_shown(frames, commits) == [1.0, 0.5, 0.5, INFINITE]


WINDOW = Window(100, 100, 5.0, cpu=8.0, p50=0.01, p99=0.02, size=400)


def one_round() -> Round:
    """A round in which all that needs no peer is reached, without Node."""
    group = OneGroup(WINDOW, memory=25_000, bears=2500)
    limit = OneGroup(replace(WINDOW, cpu=7.0), memory=20_000, bears=None)
    shown = Console(0.1, 0.2, 2000, 0.2, 0, {})
    return Round({OURS: group, LIMIT: limit}, {OURS: WINDOW}, shown)


def test_without_node_what_needs_no_peer_is_still_judged() -> None:
    found = goals([one_round()])
    assert [goal.is_reached for goal in found] == [True] * 5
    assert not [goal.name for goal in found if "Node" in goal.name]


def test_with_node_the_best_peer_of_each_round_counts() -> None:
    one = one_round()
    for name, cpu, bears in (("graphql-ws", 40.0, 800), ("Yoga", 30.0, 900)):
        one.groups[name] = OneGroup(replace(WINDOW, cpu=cpu), 50_000, bears)
        one.scopes[name] = replace(WINDOW, cpu=cpu)
    of_peers = {goal.name: goal for goal in goals([one]) if "Node" in goal.name}
    assert [round(goal.median, 3) for goal in of_peers.values()] == [0.267, 0.267, 2.778]
    assert [goal.is_reached for goal in of_peers.values()] == [False, True, False]


def test_what_never_arrived_is_never_in_time() -> None:
    one = one_round()
    one.scopes[OURS] = replace(WINDOW, p99=INFINITE)
    missed = [goal for goal in goals([one]) if not goal.is_reached]
    assert [goal.name for goal in missed] == ["p99, 2,000 over 50 scopes"]
    assert missed[0].as_data()["median"] is None


def test_the_median_of_the_rounds_decides() -> None:
    assert Goal("", (1.0, 9.0, 2.0), 2.0).is_reached
    assert not Goal("", (1.0, 9.0, 3.0), 2.0).is_reached
    assert Goal("", (1.0, 9.0, 3.0), 2.0, at_least=True).is_reached
