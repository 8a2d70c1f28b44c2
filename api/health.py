"""How we are: alive, ready, and in figures.

GET /healthz    this process runs                                           200
GET /readyz     the database, Redis and a worker answer within two seconds  200 or 503
GET /metrics    Prometheus' text format, of this process
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Awaitable, Iterator
from itertools import accumulate

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.auth import is_near
from domain import broker, db
from domain.errors import NotFound
from domain.settings import settings

WITHIN = 2.0  # seconds
REGISTRY = CollectorRegistry()
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Requests(Collector):
    """Requests by method, route and status, and the seconds until their answers begin.

    Plain numbers until they are asked for: the library's own metrics take a lock and four calls
    for each of the two, as much as looking up who asks.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._within: defaultdict[tuple[str, str], list[int]] = defaultdict(
            lambda: [0] * (len(BUCKETS) + 1)
        )
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one more."""
        self._counts[method, route, status] += 1
        self._within[method, route][bisect_left(BUCKETS, seconds)] += 1
        self._seconds[method, route] += seconds

    def collect(self) -> Iterator[Metric]:
        """The figures, as Prometheus asks for them."""
        names = ["method", "route"]
        counted = CounterMetricFamily(
            "zaide_requests", "Requests answered", labels=[*names, "status"]
        )
        for (method, route, status), count in self._counts.items():
            counted.add_metric([method, route, str(status)], count)
        timed = HistogramMetricFamily(
            "zaide_request_seconds", "Time until an answer begins", labels=names
        )
        for key, within in self._within.items():
            bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
            upto = list(zip(bounds, accumulate(within), strict=True))
            timed.add_metric([*key], upto, self._seconds[key])
        yield from (counted, timed)


class Shadows(Collector):
    """How often a model on trial read otherwise than the one that works (workers/shadow.py).

    The workers count in Redis, so that every API process tells the same: not to be added up.
    """

    def __init__(self) -> None:
        self.figures: dict[str, int] = {}

    def collect(self) -> Iterator[Metric]:
        """The figures as they were last looked up."""
        names = ["model", "shadow"]
        read = CounterMetricFamily(
            "zaide_shadow_readings", "Messages read by a model on trial as well", labels=names
        )
        otherwise = CounterMetricFamily(
            "zaide_shadow_disagreements",
            "Messages that a model on trial read otherwise",
            labels=[*names, "intent", "shadow_intent"],
        )
        counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        for pair, count in self.figures.items():
            model, shadow, intent, other = orjson.loads(pair)
            counts[model, shadow] += count
            if intent != other:
                otherwise.add_metric([model, shadow, intent, other], count)
        for models, count in counts.items():
            read.add_metric([*models], count)
        yield from (read, otherwise)


REQUESTS = Requests()
REGISTRY.register(REQUESTS)
SHADOWS = Shadows()
REGISTRY.register(SHADOWS)
OPERATIONS = Counter(
    "zaide_graphql_operations",
    "Operations answered over HTTP: compiled, or interpreted by graphql-core",
    ["path"],
    registry=REGISTRY,
)
SOCKETS = Gauge("zaide_live_sockets", "WebSockets open now", registry=REGISTRY)


async def healthz(request: Request) -> Response:
    """This process answers; it says nothing about its neighbours."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """Whether work can be done now, and if not, what is missing."""
    answers = await asyncio.gather(
        _answers(_database()), _answers(broker.ping()), _answers(_worker())
    )
    parts = dict(zip(("database", "redis", "worker"), answers, strict=True))
    missing = [name for name, fine in parts.items() if not fine]
    body = {"status": "waiting" if missing else "ready", "missing": missing}
    return JSONResponse(body, status_code=503 if missing else 200)


async def metrics(request: Request) -> Response:
    """Figures for Prometheus; in production for our own network only, to others not found."""
    if not settings().development and not is_near(request):
        raise NotFound(noun="page")
    SHADOWS.figures = await broker.tallied(broker.SHADOW)
    return Response(
        generate_latest(REGISTRY), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


async def _answers(question: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(question, WITHIN)
    except Exception:
        # Whatever the reason, the part did not answer: that is all that is asked here.
        return False


async def _database() -> bool:
    return bool(await db.sql("SELECT 1 AS one"))


async def _worker() -> bool:
    return bool(await broker.living("worker"))


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
