"""PostgreSQL: the pool, units of work, and reads that carry their Scope.

With domain/connections.py and the migrations the only file that speaks to a driver. Every read of
business rows goes through `select`, `find` or `lock`, which put the Scope into the WHERE: what an
actor may not see is not found. Who may see what is declared once per noun (domain/visibility.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from tortoise import Tortoise, connections
from tortoise.exceptions import DBConnectionError
from tortoise.models import Model
from tortoise.transactions import in_transaction

from domain import visibility
from domain.actors import Scope
from domain.connections import Kept, credentials
from domain.errors import NotFound
from domain.settings import settings

NOUNS = (
    "shops",
    "people",
    "orders",
    "channels",
    "understanding",
    "knowledge",
    "conversations",
    "tickets",
)
MODELS = [*(f"domain.{noun}.models" for noun in NOUNS), "domain.events"]
POLICIES = [f"domain.{noun}.policy" for noun in NOUNS]

IntegrityError = asyncpg.IntegrityConstraintViolationError
Unreachable = (
    OSError,
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
)

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Row = dict[str, Any]


# Connecting


def config(url: str | None = None) -> dict[str, Any]:
    """Tortoise's configuration for a database URL (default: the settings')."""
    pool = {"minsize": 1, "maxsize": settings().database_pool, "reset": _nothing_to_reset}
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {**credentials(url or settings().database_url), **pool},
            }
        },
        "apps": {
            "zaide": {
                "models": MODELS,
                "default_connection": "default",
                "migrations": "domain.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Pooled connections keep no state of a session: locks and LISTEN have dedicated ones.

    asyncpg's own reset is a round trip at each release (85 µs of CPU, 0.3 ms of waiting).
    """


async def connect(url: str | None = None) -> None:
    """Open the pool of this process, and learn from the nouns who may see what."""
    for policy in POLICIES:
        import_module(policy)
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    global _lookups, _reads
    _lookups, _reads = Kept(url, LOOKUPS), Kept(url, READS)


async def close() -> None:
    """Close the pool."""
    global _lookups, _reads
    for kept in (_lookups, _reads):
        if kept is not None:
            await kept.close()
    _lookups = _reads = None
    await Tortoise.close_connections()


async def migrate(url: str | None = None) -> None:
    """Bring the database to the newest migration; safe to run by several processes at once."""
    from tortoise.migrations.api.migrate import migrate as run

    lock = await asyncpg.connect(**credentials(url or settings().database_url))
    try:
        await lock.execute("SELECT pg_advisory_lock(hashtext('zaide:migrate'))")
        await run(config=config(url))
    finally:
        await Tortoise.close_connections()
        await lock.close()


async def sql(query: str, *values: Any) -> list[Row]:
    """Run one statement in the current unit of work, if there is one; the rows as dicts."""
    rows: list[Row] = await connections.get("default").execute_query_dict(query, list(values))
    return rows


async def rows(query: str, values: Sequence[Any]) -> list[Any]:
    """The rows of one read, by place or by name; outside a unit of work over a kept connection."""
    if _reads is None or _unit.get() is not None:
        async with connections.get("default").acquire_connection() as connection:
            found: list[asyncpg.Record] = await connection.fetch(query, *values)
            return found
    return await _reads.rows(query, values)


LOOKUPS, READS = 4, 8
"""How many connections are kept for look-ups, and for other reads."""


_lookups: Kept | None = None
_reads: Kept | None = None


async def lookup(query: str, keys: Sequence[str]) -> Sequence[Row | asyncpg.Record]:
    """The rows of one short statement about some keys, over a connection kept for that."""
    if _lookups is None:
        return await sql(query, list(keys))
    return await _lookups.rows(query, [list(keys)])


def in_unit() -> bool:
    """Whether this code runs in a unit of work, whose own reads see what it wrote."""
    return _unit.get() is not None


class Once:
    """Reads that several make of one moment, made once: the same statement with the same values.

    Whoever may see other rows asks with another statement, or with other values.
    """

    def __init__(self) -> None:
        self._reads: dict[Any, asyncio.Task[Any]] = {}

    async def read(self, query: str, values: Sequence[Any], make: Callable[[], Awaitable[T]]) -> T:
        """What `make` gives, or gave to somebody else. Raises what it raises."""
        key = query, *(tuple(value) if isinstance(value, list) else value for value in values)
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(make())
        found: T = await asyncio.shield(self._reads[key])
        return found


def json(value: Any) -> Any:
    """A JSON column as Python has it; the driver hands it over as text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


# Units of work


@dataclass
class Unit:
    """One transaction: the events recorded in it and what to run once it has committed."""

    events: list[Any] = field(default_factory=list)
    after: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)
before_commit: list[Callable[[Unit], Awaitable[None]]] = []


def current_unit() -> Unit:
    """The unit of work this code runs in. Writing outside one is a mistake of ours."""
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("writes happen inside unit_of_work()")
    return unit


@asynccontextmanager
async def unit_of_work() -> AsyncIterator[Unit]:
    """One transaction. Inside another one it joins it, so that verbs can call verbs."""
    outer = _unit.get()
    if outer is not None:
        yield outer
        return
    unit = Unit()
    async with _transaction():
        mark = _unit.set(unit)
        try:
            yield unit
            for hook in before_commit:
                await hook(unit)
        finally:
            _unit.reset(mark)
    for callback in unit.after:
        await callback()


@asynccontextmanager
async def _transaction() -> AsyncIterator[None]:
    """Tortoise's transaction, but one that cannot begin, or end, is not left behind in this task.

    Tortoise says which connection the task uses before BEGIN, and takes that back only after a
    block that was entered and a connection that was released. Without this, a task whose BEGIN met
    a killed PostgreSQL would ask the dead connection for ever.
    """
    before, transaction = connections.get("default"), in_transaction()
    try:
        try:
            await transaction.__aenter__()
        except BaseException as error:
            with suppress(Exception):
                await transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        try:
            yield
        except BaseException as error:
            await transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        await transaction.__aexit__(None, None, None)
    finally:
        if connections.get("default") is not before:
            connections.set("default", before)


# Reading


async def select(
    model: type[Model],
    scope: Scope,
    where: visibility.Where = (),
    *,
    order: str = "t.id",
    limit: int | None = None,
    columns: str = "t.*",
    once: Once | None = None,
) -> list[Row]:
    """Rows of `model` that `scope` may see; with `once` perhaps read by somebody else.

    `limit` becomes a literal: with a parameter PostgreSQL plans the queue twice as slow.
    """
    values: list[Any] = []
    table = visibility.source(model, scope, values)
    terms = [visibility.condition(model, scope, values)]
    for term in where:
        given = visibility.values_of(term)
        places = (f"${n}" for n in range(len(values) + 1, len(values) + len(given) + 1))
        terms.append(term[0].format(*places))
        values += given
    tail = f" LIMIT {int(limit)}" if limit is not None else ""
    query = f"SELECT {columns} FROM {table} t WHERE {' AND '.join(terms)} ORDER BY {order}{tail}"
    if once is None:
        found = await rows(query, values)
    else:
        found = await once.read(query, values, lambda: rows(query, values))
    return [dict(row) for row in found]


async def count(model: type[Model], scope: Scope, where: visibility.Where = ()) -> int:
    """How many rows `scope` may see."""
    found = await select(model, scope, where, order="1", columns="count(*) AS n")
    return int(found[0]["n"])


async def find(model: type[M], scope: Scope, id: UUID) -> M:
    """One row by id. Raises NotFound if it is not there or not theirs to see."""
    values: list[Any] = [id]
    return await _one(model, scope, values, visibility.source(model, scope, values))


async def lock(model: type[M], scope: Scope, id: UUID) -> M:
    """One row by id, locked until the unit of work ends. Raises NotFound as `find` does.

    It is read as it is, whoever may only know less of it: a verb is about to write it.
    """
    return await _one(model, scope, [id], model._meta.db_table, " FOR UPDATE OF t")


async def _one(model: type[M], scope: Scope, values: list[Any], table: str, tail: str = "") -> M:
    seen = visibility.condition(model, scope, values)
    found = await rows(f"SELECT t.* FROM {table} t WHERE t.id = $1 AND {seen}{tail}", values)
    if not found:
        raise NotFound(noun=visibility.noun_of(model))
    return hydrate(model, dict(found[0]))


def hydrate(model: type[M], row: Row) -> M:
    """A model instance of a row, as Tortoise would have read it."""
    return model._init_from_db(**row)


def by_ids(rows: Iterable[Row], ids: Sequence[Any], key: str = "id") -> list[Row | None]:
    """Rows in the order of `ids`, None where one is missing (what a data loader returns)."""
    found = {row[key]: row for row in rows}
    return [found.get(id) for id in ids]
