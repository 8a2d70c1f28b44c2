"""Redis, and the only file that speaks it: streams, counters, signs of life, questions.

Redis holds nothing that cannot be rebuilt from PostgreSQL. The streams are a copy of the newest
part of the events, kept by the sequencer; counters, presence and questions may be lost without
harm.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut

from domain.clock import now
from domain.settings import settings

PREFIX = "zaide:"
TERM = PREFIX + "term"
BLOCK_MS = 1000
DOCUMENTS = PREFIX + "documents"
DOCUMENTS_KEPT = 2000
DOCUMENT_SECONDS = TALLY_SECONDS = 30 * 24 * 3600
SHADOW = "shadow"
QUESTIONS = 16
Unreachable = (OSError, Disconnected, TimedOut, ResponseError)

# Adds entries while the caller is still the sequencer and Redis is as the caller left it.
# KEYS: the mark, then one stream per entry. ARGV: the mark we left, the mark that we leave now,
# then id and body per entry.
# An entry whose id is not newer than the stream's last is already there: skipped.
_PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if #KEYS > 1 then redis.call('SET', KEYS[1], ARGV[2]) end
local added = 0
for i = 2, #KEYS do
  local at = 2 * i - 1
  local reply = redis.pcall('XADD', KEYS[i], ARGV[at] .. '-0', 'e', ARGV[at + 1])
  if type(reply) == 'table' and reply.err then
    if not string.find(reply.err, 'equal or smaller') then return reply end
  else
    added = added + 1
  end
end
return added
"""
# How often each term has written its mark, so that no two of its marks are the same.
_marks: dict[int, int] = {}

_client: Redis | None = None


def connect(url: str | None = None) -> None:
    """Set up the client of this process (it connects on first use, and again after a break)."""
    global _client
    pool = ConnectionPool.from_url(url or settings().redis_url, socket_connect_timeout=2)
    pool.connection_class = _heedful(pool.connection_class)
    _client = Redis.from_pool(pool)


def _heedful(kind: type[Any]) -> type[Any]:
    """That kind of connection, but a cancellation that comes just as a command was sent counts.

    The driver sends within `asyncio.wait_for`, which until Python 3.12 forgets such a one: a worker
    told to stop in that moment would work on until it is killed.
    """
    if sys.version_info >= (3, 12):
        return kind

    class Heedful(kind):  # type: ignore[misc]
        async def send_packed_command(self, *command: Any, **more: Any) -> None:
            task = asyncio.current_task()
            before = task.cancelling() if task else 0
            await super().send_packed_command(*command, **more)
            if task and task.cancelling() > before:
                await self.disconnect(nowait=True)  # Nobody will read the answer.
                raise asyncio.CancelledError

    return Heedful


async def close() -> None:
    """Close the client."""
    global _client
    if _client is not None:
        await _client.aclose()
    _client = None


def redis() -> Redis:
    """The client of this process."""
    if _client is None:
        connect()
    assert _client is not None
    return _client


async def ping() -> bool:
    """Whether Redis answers."""
    try:
        return bool(await asyncio.wait_for(redis().ping(), 2))
    except (*Unreachable, TimeoutError):
        return False


# Streams


def stream(number: int) -> str:
    """The key of a stream, 0 to 31."""
    return f"{PREFIX}events:{number:02d}"


async def claim_term(term: int) -> None:
    """Say that the sequencer of `term` publishes from now on; older ones are refused."""
    _marks[term] = _marks.get(term, 0) + 1
    await redis().set(TERM, _mark(term))


async def publish(term: int, entries: Sequence[tuple[int, int, bytes]]) -> bool:
    """Add (stream, position, body) entries in one step, in the order given.

    False if Redis was emptied, came back from an older snapshot, or another sequencer took over:
    nothing was added then.
    """
    keys = [TERM, *(stream(number) for number, _, _ in entries)]
    args: list[Any] = [_mark(term), _mark(term, 1)]
    for _, position, body in entries:
        args += (position, body)
    reply = await cast(Any, redis().eval(_PUBLISH, len(keys), *keys, *args))
    if int(reply) < 0:
        return False
    if entries:
        _marks[term] = _marks.get(term, 0) + 1
    return True


def _mark(term: int, more: int = 0) -> str:
    return f"{term}:{_marks.get(term, 0) + more}"


async def tips(numbers: Sequence[int]) -> dict[int, int]:
    """The last position of each stream, 0 for an empty one."""
    async with redis().pipeline(transaction=False) as pipe:
        for number in numbers:
            pipe.xrevrange(stream(number), count=1)
        replies = await pipe.execute()
    return {
        number: _position(reply[0][0]) if reply else 0
        for number, reply in zip(numbers, replies, strict=True)
    }


async def trim(keep_from: Mapping[int, int]) -> None:
    """Drop entries of each stream below a position."""
    async with redis().pipeline(transaction=False) as pipe:
        for number, position in keep_from.items():
            pipe.xtrim(stream(number), minid=f"{position}-0", approximate=True)
        await pipe.execute()


async def read(
    after: Mapping[int, int], *, count: int | None = None, block_ms: int = BLOCK_MS
) -> list[tuple[int, int, bytes]]:
    """Entries of streams after the given positions, as (stream, position, body), by position.

    Waits up to `block_ms` for the first. Raises one of `Unreachable` when Redis is away.
    """
    keys = {stream(number).encode(): number for number in after}
    most: tuple[Any, ...] = () if count is None else (b"COUNT", count)
    begin = [b"%d-0" % position for position in after.values()]
    # Asked as it is sent: with 32 streams, the driver's `xread` takes twice the time to say it.
    asked = ("XREAD", *most, b"BLOCK", block_ms, b"STREAMS", *keys, *begin)
    reply = await cast(Any, redis()).execute_command(*asked)
    found: list[tuple[int, int, bytes]] = []
    for name, entries in _pairs(reply):
        number = keys[name]
        found += [(number, _position(id), body[b"e"]) for id, body in entries]
    return sorted(found, key=lambda entry: entry[1])


def _pairs(reply: Any) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    """XREAD's reply in either protocol version: RESP2 gives pairs, RESP3 a map."""
    if not reply:
        return []
    if isinstance(reply, dict):
        return [(name, chunk[0] if len(chunk) == 1 else chunk) for name, chunk in reply.items()]
    return [(name, entries) for name, entries in reply]


def _position(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])


# Counters and signs of life


async def hit(name: str, window: int) -> int:
    """Count one more of `name` in the current window of `window` seconds; the count so far.

    Without Redis it answers 0: a door stays open rather than locking everybody out.
    """
    key = f"{PREFIX}count:{name}"
    try:
        async with redis().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, window, nx=True)
            n, _ = await pipe.execute()
        return int(n)
    except (*Unreachable, RedisError):
        return 0


async def count(hits: Mapping[str, int], window: int) -> dict[str, tuple[int, float]] | None:
    """Count so many more of each name in its window of `window` seconds, in one round trip.

    Gives the count so far and the seconds that are left of the window. None when Redis does not
    answer within 2 s, and in a process that is not, or no longer, connected to it.
    """
    if _client is None:
        return None
    try:
        async with asyncio.timeout(2), _client.pipeline(transaction=False) as pipe:
            for name, more in hits.items():
                key = f"{PREFIX}count:{name}"
                pipe.incrby(key, more)
                pipe.expire(key, window, nx=True)
                pipe.pttl(key)
            found = await pipe.execute()
    except (*Unreachable, RedisError):
        return None
    answers = zip(hits, found[::3], found[2::3], strict=True)
    return {name: (int(total), left / 1000) for name, total, left in answers}


async def peek(name: str) -> int:
    """The count of `name` in its window, without adding to it."""
    try:
        return int(await redis().get(f"{PREFIX}count:{name}") or 0)
    except (*Unreachable, RedisError):
        return 0


async def forget(name: str) -> None:
    """Start counting `name` anew."""
    try:
        await redis().delete(f"{PREFIX}count:{name}")
    except (*Unreachable, RedisError):
        return


async def tally(name: str, more: Mapping[str, int]) -> None:
    """Add to the figures of a table that all processes may see, kept for 30 days after the last.

    Without Redis nothing is counted.
    """
    key = f"{PREFIX}tally:{name}"
    try:
        async with asyncio.timeout(2), redis().pipeline(transaction=False) as pipe:
            for figure, count in more.items():
                pipe.hincrby(key, figure, count)
            pipe.expire(key, TALLY_SECONDS)
            await pipe.execute()
    except (*Unreachable, RedisError):
        return


async def tallied(name: str) -> dict[str, int]:
    """The figures of a table; none without Redis."""
    try:
        async with asyncio.timeout(2):
            found = await cast(Any, redis().hgetall(f"{PREFIX}tally:{name}"))
    except (*Unreachable, RedisError):
        return {}
    return {figure.decode(): int(count) for figure, count in found.items()}


# Documents that clients registered by their hash (schema/documents.py); they register again


async def keep_document(id: str, text: str) -> None:
    """Keep a registered document for 30 days, so that other processes find it by its id.

    Only the newest 2,000 are kept, so that nobody fills Redis with them (32 MB at 16 kB each).
    Without Redis it does nothing.
    """
    key = f"{PREFIX}document:{id}"
    try:
        async with asyncio.timeout(2), redis().pipeline() as pipe:
            pipe.set(key, text, ex=DOCUMENT_SECONDS)
            pipe.zadd(DOCUMENTS, {key: now().timestamp()})
            pipe.zrange(DOCUMENTS, 0, -DOCUMENTS_KEPT - 1)
            *_, older = await pipe.execute()
            if older:
                pipe.delete(*older)
                pipe.zrem(DOCUMENTS, *older)
                await pipe.execute()
    except (*Unreachable, RedisError):
        return


async def find_document(id: str) -> str | None:
    """The text of a registered document; None when it is not kept, or without Redis."""
    try:
        async with asyncio.timeout(2):
            found = cast("bytes | None", await redis().get(f"{PREFIX}document:{id}"))
    except (*Unreachable, RedisError):
        return None
    return found.decode("utf-8", "replace") if found is not None else None


async def alive(kind: str, name: str, seconds: int = 5) -> None:
    """Say that process `name` of `kind` lives, for some seconds."""
    await redis().zadd(f"{PREFIX}alive:{kind}", {name: now().timestamp() + seconds})


async def gone(kind: str, name: str) -> None:
    """Say that process `name` of `kind` ends."""
    await redis().zrem(f"{PREFIX}alive:{kind}", name)


async def living(kind: str) -> list[str]:
    """The names of the processes of `kind` that said so lately."""
    key, at = f"{PREFIX}alive:{kind}", now().timestamp()
    async with redis().pipeline() as pipe:
        pipe.zremrangebyscore(key, "-inf", at)
        pipe.zrange(key, 0, -1)
        _, names = await pipe.execute()
    return [name.decode() for name in names]


# Questions to workers: whichever is free answers within seconds, or nobody does


@dataclass(frozen=True, slots=True)
class Question:
    """A question that one worker has taken; `body` is what was asked."""

    id: str
    body: bytes


async def ask(kind: str, body: bytes, seconds: float) -> bytes | None:
    """What a worker answers to a question of `kind`; None if none does within `seconds`.

    At most 16 questions of a kind wait; who comes then, or finds no Redis, hears None at once.
    Body and answer hold ids and figures, never anybody's words. Redis drops both by itself.
    """
    id, waiting, life = uuid4().hex, f"{PREFIX}questions:{kind}", round(seconds * 1000)
    try:
        async with asyncio.timeout(seconds + 0.1), redis().pipeline() as pipe:
            pipe.set(f"{PREFIX}question:{id}", body, px=life)
            pipe.lpush(waiting, id)
            # The oldest stay: they are at the other end.
            pipe.ltrim(waiting, -QUESTIONS, -1)
            pipe.pexpire(waiting, life)
            _, length, *_ = await pipe.execute()
            if length > QUESTIONS:
                return None
            found = await cast(Any, redis().blpop([f"{PREFIX}answer:{id}"], timeout=seconds))
    except (*Unreachable, RedisError, TimeoutError):
        return None
    return bytes(found[1]) if found else None


async def take(kind: str, seconds: float) -> Question | None:
    """Take the oldest question of `kind`, waiting up to `seconds` for one; no other worker gets it.

    None if there is none, or if nobody waits for its answer any more: by Redis' clock, so that it
    matters nothing what the clocks of two machines say. Raises one of `Unreachable`.
    """
    found = await cast(Any, redis().brpop([f"{PREFIX}questions:{kind}"], timeout=seconds))
    if not found:
        return None
    id = found[1].decode()
    body = await cast(Any, redis().getdel(f"{PREFIX}question:{id}"))
    return Question(id, body) if body is not None else None


async def answer(question: Question, body: bytes, seconds: float) -> None:
    """Answer a question that was taken; Redis keeps the answer for `seconds`, then drops it."""
    key = f"{PREFIX}answer:{question.id}"
    async with redis().pipeline() as pipe:
        pipe.rpush(key, body)
        pipe.pexpire(key, round(seconds * 1000))
        await pipe.execute()
