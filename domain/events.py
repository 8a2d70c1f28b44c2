"""Events: something that happened, a row first, then a stream entry with a gapless position.

A verb calls `record` inside its unit of work; the rows are written with the verb's own, without a
position. The sequencer, one at a time in the whole installation, gives committed events positions
and publishes them (docs/decisions/0001-one-sequencer.md). Facts are ids and small values, never a
customer's words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model

from domain import db
from domain.clock import now
from domain.rows import belongs_to

STREAMS = 32
NOTIFY = "zaide_events"


class Kind(StrEnum):
    """All that can happen, in the past tense."""

    CONVERSATION_OPENED = "ConversationOpened"
    MESSAGE_RECEIVED = "MessageReceived"
    MESSAGE_UNDERSTOOD = "MessageUnderstood"
    MESSAGE_SENT = "MessageSent"
    READING_CORRECTED = "ReadingCorrected"
    NOTE_ADDED = "NoteAdded"
    ORDER_LINKED = "OrderLinked"
    ORDER_ADDED = "OrderAdded"
    ORDER_CHANGED = "OrderChanged"
    CONVERSATION_QUEUED = "ConversationQueued"
    CONVERSATION_ASSIGNED = "ConversationAssigned"
    CONVERSATION_RETURNED = "ConversationReturned"
    CONVERSATION_RAISED = "ConversationRaised"
    CONVERSATION_UNDERSTOOD = "ConversationUnderstood"
    CONVERSATION_CLOSED = "ConversationClosed"
    CUSTOMER_MERGED = "CustomerMerged"
    FIRST_ANSWERED = "FirstAnswered"
    TICKET_OPENED = "TicketOpened"
    TICKET_ASSIGNED = "TicketAssigned"
    TICKET_LINKED = "TicketLinked"
    TICKET_REFILED = "TicketRefiled"
    TICKET_SOLVED = "TicketSolved"
    TICKET_CLOSED = "TicketClosed"
    TICKET_REOPENED = "TicketReopened"
    DEADLINE_WARNED = "DeadlineWarned"
    DEADLINE_BREACHED = "DeadlineBreached"
    DELIVERY_FAILED = "DeliveryFailed"
    PRESENCE_CHANGED = "PresenceChanged"
    GRANT_CHANGED = "GrantChanged"
    SESSION_ENDED = "SessionEnded"
    SHOP_SWITCHED = "ShopSwitched"
    TOKEN_REVOKED = "TokenRevoked"  # noqa: S105  the name of an event
    HANDLING_FAILED = "HandlingFailed"


class Event(Model):
    """One event's row. `id` is its order of insertion, `position` its place in the world."""

    shop_id: UUID
    id = fields.BigIntField(primary_key=True, generated=True)
    position: int | None = fields.BigIntField(null=True, unique=True)
    stream = fields.SmallIntField()
    shop = belongs_to("Shop")
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    actor = fields.CharField(max_length=64)
    key = fields.UUIDField()
    conversation_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    order_id = fields.UUIDField(null=True)
    customer_ids: list[UUID] = ArrayField("uuid", default=list)
    merchant_ids: list[UUID] = ArrayField("uuid", default=list)
    data: dict[str, Any] = fields.JSONField(default=dict)

    class Meta:
        table = "events"
        indexes = (
            Index(fields=("shop_id", "kind", "at")),
            Index(fields=("shop_id", "position")),
            Index(fields=("stream", "position")),
            Index(fields=("conversation_id", "position")),
            Index(fields=("ticket_id", "position")),
        )


class Sequence(Model):
    """The one row that holds the last position given, and the term of the sequencer."""

    id = fields.SmallIntField(primary_key=True)
    position = fields.BigIntField(default=0)
    term = fields.BigIntField(default=0)

    class Meta:
        table = "sequence"


class Lease(Model):
    """Which worker holds a stream, until when. `token` grows with every holder: the fence."""

    id = fields.SmallIntField(primary_key=True)
    holder = fields.CharField(max_length=64, default="")
    token = fields.BigIntField(default=0)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "leases"


class Checkpoint(Model):
    """How far a consumer has handled a stream. This is the acknowledgement, kept where it lasts."""

    id = fields.CharField(max_length=40, primary_key=True)
    consumer = fields.CharField(max_length=32)
    stream = fields.SmallIntField()
    position = fields.BigIntField(default=0)

    class Meta:
        table = "checkpoints"
        unique_together = (("consumer", "stream"),)


class Parked(Model):
    """An event a consumer could not handle yet, and those waiting behind it.

    `state`: waiting (will be tried at `due_at`), dead (given up after five tries, kept to be
    looked at and replayed). `error` is the class of the error, never its text.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    consumer = fields.CharField(max_length=32)
    stream = fields.SmallIntField()
    position = fields.BigIntField()
    key = fields.UUIDField()
    state = fields.CharField(max_length=16, default="waiting")
    tries = fields.IntField(default=0)
    due_at = fields.DatetimeField()
    error = fields.CharField(max_length=120, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "parked"
        unique_together = (("consumer", "position"),)
        indexes = (
            Index(fields=("consumer", "stream", "key", "position")),
            PartialIndex(fields=("due_at",), condition={"state": "waiting"}),
        )


_uuid = lru_cache(maxsize=8192)(UUID)
"""An id as its text says: reading one costs ten times more than finding it again."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as consumers and screens receive it."""

    position: int
    stream: int
    shop_id: UUID
    kind: str
    at: datetime
    actor: str
    key: UUID
    conversation_id: UUID | None
    ticket_id: UUID | None
    order_id: UUID | None
    customer_ids: tuple[UUID, ...]
    merchant_ids: tuple[UUID, ...]
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The stream entry's one field: JSON."""
        return orjson.dumps(self, default=str)

    @classmethod
    def decode(cls, raw: bytes) -> Happened:
        """An event of a stream entry's field."""
        d = orjson.loads(raw)
        return cls(
            d["position"],
            d["stream"],
            _uuid(d["shop_id"]),
            d["kind"],
            datetime.fromisoformat(d["at"]),
            d["actor"],
            _uuid(d["key"]),
            _maybe(d["conversation_id"]),
            _maybe(d["ticket_id"]),
            _maybe(d["order_id"]),
            tuple(map(_uuid, d["customer_ids"])),
            tuple(map(_uuid, d["merchant_ids"])),
            d["data"],
        )

    @classmethod
    def of(cls, row: db.Row) -> Happened:
        """An event of its row."""
        return cls(
            position=row["position"],
            stream=row["stream"],
            shop_id=row["shop_id"],
            kind=row["kind"],
            at=row["at"],
            actor=row["actor"],
            key=row["key"],
            conversation_id=row["conversation_id"],
            ticket_id=row["ticket_id"],
            order_id=row["order_id"],
            customer_ids=tuple(row["customer_ids"] or ()),
            merchant_ids=tuple(row["merchant_ids"] or ()),
            data=db.json(row["data"]),
        )


def _maybe(text: str | None) -> UUID | None:
    return _uuid(text) if text else None


def stream_of(key: UUID) -> int:
    """The stream of a key: events of one conversation share one, and so keep their order."""
    return key.int % STREAMS


def record(
    kind: Kind,
    *,
    shop: UUID,
    by: str,
    conversation: UUID | None = None,
    ticket: UUID | None = None,
    order: UUID | None = None,
    key: UUID | None = None,
    customers: Iterable[UUID | None] = (),
    merchants: Iterable[UUID | None] = (),
    **facts: Any,
) -> None:
    """Note that something happened, as part of the current unit of work.

    `customers` and `merchants` are those it concerns, before and after; `key` decides the stream
    and defaults to the conversation, then the ticket, the order, the shop.
    """
    where = key or conversation or ticket or order or shop
    db.current_unit().events.append(
        (
            stream_of(where),
            shop,
            kind.value,
            now(),
            by,
            where,
            conversation,
            ticket,
            order,
            [c for c in dict.fromkeys(customers) if c],
            [m for m in dict.fromkeys(merchants) if m],
            orjson.dumps(facts, default=str).decode(),
        )
    )


async def _write(unit: db.Unit) -> None:
    """Insert what was recorded, and wake the sequencer when the transaction commits."""
    if not unit.events:
        return
    columns = list(zip(*unit.events, strict=True))
    customers = [orjson.dumps(ids, default=str).decode() for ids in columns[9]]
    merchants = [orjson.dumps(ids, default=str).decode() for ids in columns[10]]
    await db.sql(_INSERT, *columns[:9], customers, merchants, columns[11])
    await db.sql(f"SELECT pg_notify('{NOTIFY}', '')")
    unit.events.clear()


# unnest cannot carry arrays of different lengths, so the two id lists travel as JSON.
_INSERT = """
INSERT INTO events (stream, shop_id, kind, at, actor, key, conversation_id, ticket_id, order_id,
                    customer_ids, merchant_ids, data)
SELECT e.stream, e.shop_id, e.kind, e.at, e.actor, e.key, e.conversation_id, e.ticket_id,
       e.order_id,
       ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(e.customers::jsonb) x),
       ARRAY(SELECT x::uuid FROM jsonb_array_elements_text(e.merchants::jsonb) x),
       e.data::jsonb
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::uuid[],
            $7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[])
     WITH ORDINALITY AS e(stream, shop_id, kind, at, actor, key, conversation_id, ticket_id,
                          order_id, customers, merchants, data, n)
ORDER BY n
"""

db.before_commit.append(_write)


async def since(position: int, shop: UUID, limit: int) -> list[Happened]:
    """A shop's events after `position`, oldest first: what a client that was away has missed."""
    rows = await db.sql(
        "SELECT * FROM events WHERE shop_id = $1 AND position > $2 ORDER BY position "
        f"LIMIT {int(limit)}",
        shop,
        position,
    )
    return [Happened.of(row) for row in rows]


async def between(after: int, until: int) -> list[Happened]:
    """All events in (after, until], oldest first: what a reader of the streams fell short of."""
    rows = await db.sql(
        "SELECT * FROM events WHERE position > $1 AND position <= $2 ORDER BY position",
        after,
        until,
    )
    return [Happened.of(row) for row in rows]


async def head() -> int:
    """The last position given."""
    rows = await db.sql("SELECT position FROM sequence WHERE id = 1")
    return int(rows[0]["position"])


async def histories(
    shop: UUID | None, column: str, ids: Collection[UUID], limit: int = 200
) -> dict[UUID, list[Happened]]:
    """What happened to some conversations or tickets, oldest first, published or not.

    `column` is `conversation_id` or `ticket_id`. For each, at most the first `limit` events.
    """
    if column not in ("conversation_id", "ticket_id"):
        raise ValueError(column)
    rows = await db.sql(
        "SELECT e.* FROM unnest($2::uuid[]) AS about(id) CROSS JOIN LATERAL (SELECT * FROM events "
        f"WHERE shop_id = $1 AND {column} = about.id ORDER BY id LIMIT {int(limit)}) e "
        "ORDER BY e.id",
        shop,
        list(ids),
    )
    found: dict[UUID, list[Happened]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(Happened.of(row))
    return found


async def history(
    shop: UUID, *, conversation: UUID | None = None, ticket: UUID | None = None
) -> list[Happened]:
    """What happened to one conversation or ticket, oldest first, published or not."""
    id = conversation or ticket
    assert id is not None
    found = await histories(shop, "conversation_id" if conversation else "ticket_id", [id])
    return found.get(id, [])
