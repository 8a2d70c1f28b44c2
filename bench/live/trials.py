"""The trials: how a server is followed, what happens meanwhile, and what that cost.

CPU is the operating system's count for the server process, over a window in which events happen;
what did not arrive by the end of the window counts as infinitely late. By default a window is as
long as the longest heartbeat of any server here (25 s), so that each pays for its own once.
"""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from bench.figures import percentile
from bench.live.shop import FOLLOWED, SCOPES, Viewer
from bench.live.stage import Server, Stage
from bench.subscribers import Crowd, Heard, Refused
from bench.subscriptions import Socket, Stream

RATE = 20
ONE_GROUP, MANY_SCOPES = 1000, 2000
P99_MOST = 0.250
WARM_SECONDS = 3.0
STEP_SECONDS = 5.0
STEP = 1.5
LEAST, MOST = 50, 10_000
"""No fewer and no more subscribers than these are tried on one core."""
UPDATE = """{ __typename ... on ConversationChanged {
  message { clientId id seq author text createdAt }
  conversation { id state holder } } }"""
ALL = f"subscription All {{ conversations {UPDATE} }}"
OWN = f"subscription Own($id: ID!) {{ conversation(id: $id) {UPDATE} }}"


@dataclass(frozen=True, slots=True)
class Window:
    """What was measured while events happened. Seconds throughout, but `cpu` in µs a delivery."""

    expected: int
    delivered: int
    seconds: float
    cpu: float
    p50: float
    p99: float
    size: int
    others: dict[str, float] = field(default_factory=dict)
    """CPU of PostgreSQL, Redis and the workers, in ms per event."""

    @property
    def holds(self) -> bool:
        """Whether the 99th percentile is what an agent may wait for."""
        return self.p99 <= P99_MOST


class Audience:
    """Everybody who follows one server, and what they are told."""

    def __init__(self, stage: Stage, server: Server, rate: float = RATE) -> None:
        self.stage, self.server, self.rate = stage, server, rate
        self.crowd = Crowd()

    def __enter__(self) -> Audience:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.crowd.close()

    def grow(self, count: int) -> None:
        """Agents of one scope come, or go, until `count` follow all conversations."""
        self.crowd.leave(count)
        agents, have = self.stage.shop.agents, len(self.crowd.clients)
        self.crowd.join(self.follower(agents[n % len(agents)], ALL) for n in range(have, count))
        self.settle()

    def follower(self, viewer: Viewer, document: str, **variables: str) -> Socket:
        """A socket of a viewer; the peers take the secret of a cookie as a token."""
        if self.server.is_ours:
            who = {"token": viewer.token, "cookie": viewer.cookie}
        else:
            who = {"token": viewer.raw}
        return Socket(self.server.url, document, variables, **who)

    def settle(self, *, own: bool = False) -> None:
        """Wait until every subscription is known to work: ours says so, peers are probed.

        Raises TimeoutError, and Refused when somebody was thrown out instead.
        """
        deadline, lost = time.monotonic() + 30, self.crowd.lost
        while not self.crowd.are_hearing or self.crowd.lost > lost:
            if self.crowd.lost > lost:
                raise Refused(f"{self.server.name}: {self.crowd.why}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.server.name}: not every subscription hears.")
            if not self.server.is_ours:
                self._tell(1, "publish")
                if own:
                    self._tell(FOLLOWED, "publish", rate=1000, own_only=True)
            self.crowd.listen(0.2)
        self._drain(deadline)

    def _drain(self, deadline: float) -> None:
        """Hear what was told before, until nothing comes any more."""
        self.crowd.forget()
        while self.crowd.listen(0.3, enough=1) and time.monotonic() < deadline:
            self.crowd.listen(0.3)
            self.crowd.forget()

    def _tell(self, count: int, verb: str, *, rate: float = RATE, own_only: bool = False) -> None:
        first = self.stage.numbers(FOLLOWED)
        asked = {"first": first, "count": count, "rate": rate, "own_only": own_only}
        self.stage.writer.ask(verb, **asked)

    def happen(self, seconds: float, each: int, patience: float = 1.0) -> Window:
        """Let events happen for so long; each of them is to reach `each` clients."""
        count = max(round(self.rate * seconds), 1)
        first, expected = self.stage.numbers(count), count * each
        verb = "answer" if self.server.is_ours else "publish"
        self.crowd.forget()
        others, cpu, began = self.stage.others(), self.server.cpu, time.monotonic()
        self.stage.writer.begin(verb, first=first, count=count, rate=self.rate)
        self.crowd.listen(seconds + patience, expected)
        cpu, took = self.server.cpu - cpu, time.monotonic() - began
        others = {n: (s - others[n]) / count * 1e3 for n, s in self.stage.others().items()}
        commits = {int(n): at for n, at in self.stage.writer.end().items()}
        heard = self.crowd.forget()
        late = sorted(latencies(heard, commits))
        late += [float("inf")] * (expected - len(late))
        if not len(heard) and not self.server.is_ours:
            raise RuntimeError(f"{self.server.name} delivered nothing: nothing can be compared.")
        return Window(
            expected,
            len(heard),
            took,
            cpu / max(len(heard), 1) * 1e6,
            percentile(late, 0.5),
            percentile(late, 0.99),
            heard.size,
            others,
        )


def latencies(heard: Heard, commits: dict[int, int]) -> list[float]:
    """Seconds from commit to arrival, of each arrival of these events."""
    every = zip(heard.numbers, heard.times, strict=True)
    return [(at - commits[number]) / 1e9 for number, at in every if number in commits]


@dataclass(frozen=True, slots=True)
class OneGroup:
    """A trial of one group: its window, bytes per idle subscriber, and how many it bears."""

    window: Window
    memory: float
    bears: int | None


def one_group(
    stage: Stage, name: str, seconds: float, count: int = ONE_GROUP, *, walk: bool = True
) -> OneGroup:
    """A thousand agents follow all conversations; then as many as the server bears."""
    with stage.serving(name) as server, Audience(stage, server) as audience:
        # The first ones load what is loaded once, which is nobody's own.
        audience.grow(20)
        audience.happen(0.5, 20)
        before = server.memory()
        audience.grow(20 + count)
        memory = (server.memory() - before) / count
        audience.grow(count)
        audience.happen(WARM_SECONDS, count, patience=10.0)
        window = audience.happen(seconds, count)
        bears = most_borne(audience, window) if walk else None
        return OneGroup(window, memory, bears)


def most_borne(audience: Audience, window: Window) -> int:
    """The most subscribers whom every event reaches in time, to within a tenth.

    Begins where the CPU of `window` would fill three quarters of the core, goes up or down by
    halves until one number holds and a larger one does not, and then halves between them, twice.
    """
    count = min(max(int(0.75e6 / (audience.rate * max(window.cpu, 1.0))), LEAST), MOST)
    holds, fails = 0, MOST
    while LEAST <= count < fails:
        if _bears(audience, count):
            holds, count = count, min(int(count * STEP), MOST)
        else:
            fails, count = count, int(count / STEP)
        if holds and fails < MOST:
            break
    for _ in range(2) if holds and fails < MOST else ():
        count = int((holds * fails) ** 0.5)
        if _bears(audience, count):
            holds = count
        else:
            fails = count
    return holds


def _bears(audience: Audience, count: int) -> bool:
    """Whether they are told in time."""
    try:
        audience.grow(count)
        warm = audience.happen(1.0, count, patience=3.0)
        return warm.p99 < float("inf") and audience.happen(STEP_SECONDS, count).holds
    except (Refused, TimeoutError, OSError):
        return False


def many_scopes(stage: Stage, name: str, seconds: float, count: int = MANY_SCOPES) -> Window:
    """Fifty scopes that hear of every conversation; a tenth of their clients follow one alone."""
    with stage.serving(name) as server, Audience(stage, server) as audience:
        own, viewers = FOLLOWED * count // MANY_SCOPES, stage.shop.viewers
        talks = stage.shop.conversations
        audience.crowd.join(audience.follower(viewers[n % SCOPES], ALL) for n in range(count - own))
        # Every conversation is followed by one; with fewer clients, by one of several.
        audience.crowd.join(
            audience.follower(viewers[n % SCOPES], OWN, id=talks[n]) for n in range(own)
        )
        audience.settle(own=True)
        each = count - own + 1 if own == FOLLOWED else count - own
        audience.happen(WARM_SECONDS, each, patience=20.0)
        return audience.happen(seconds, each)


@dataclass(frozen=True, slots=True)
class Console:
    """Agents with the queue open: seconds, frames a second, and the share of a core it took."""

    p50: float
    p99: float
    frames: float
    share: float
    lost: int
    others: dict[str, float]


def console(stage: Stage, name: str, seconds: float) -> Console:
    """Two hundred agents have the queue open while notes are left on what waits there."""
    with stage.serving(name) as server, Audience(stage, server) as audience:
        path = f"/console/live?page=queue&tab=waiting&after={stage.writer.ask('head')}"
        streams = [Stream(server.url, path, agent.cookie) for agent in stage.shop.agents]
        audience.crowd.join(streams)
        _noted(audience, WARM_SECONDS)
        audience.crowd.listen(2.0)
        for stream in streams:
            stream.frames.clear()
        others, cpu, began = stage.others(), server.cpu, time.monotonic()
        commits = _noted(audience, seconds)
        last = max(commits)
        _until(audience, lambda: all(s.frames and s.frames[-1][0] >= last for s in streams))
        took, cpu = time.monotonic() - began, server.cpu - cpu
        others = {n: (s - others[n]) / len(commits) * 1e3 for n, s in stage.others().items()}
        late = sorted(late for stream in streams for late in until_shown(stream.frames, commits))
        frames = sum(len(stream.frames) for stream in streams) / took
        p50, p99 = percentile(late, 0.5), percentile(late, 0.99)
        return Console(p50, p99, frames, cpu / took, audience.crowd.lost, others)


def _noted(audience: Audience, seconds: float) -> dict[int, int]:
    """Notes for so long; when each event, by its position, was committed."""
    count, stage = round(RATE * seconds), audience.stage
    stage.writer.begin("note", first=stage.numbers(count), count=count, rate=RATE)
    audience.crowd.listen(seconds + 0.2)
    return {int(position): at for position, at in stage.writer.end().items()}


def _until(audience: Audience, is_done: Callable[[], bool], patience: float = 2.0) -> None:
    deadline = time.monotonic() + patience
    while not is_done() and time.monotonic() < deadline:
        audience.crowd.listen(0.05)


def until_shown(frames: Sequence[tuple[int, int]], commits: dict[int, int]) -> list[float]:
    """Seconds from each commit to the first frame that shows it; infinite if none came.

    A frame shows all up to its position.
    """
    positions = [position for position, _ in frames]
    shown = ((bisect.bisect_left(positions, position), at) for position, at in commits.items())
    return [(frames[n][1] - at) / 1e9 if n < len(frames) else float("inf") for n, at in shown]
