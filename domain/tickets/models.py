"""Tickets: work that remains."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import UniqueConstraint

from domain.rows import Row, belongs_to, one_of


class TicketState(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


class Ticket(Row):
    """A number to quote, an owner, a priority with its reasons, and when it is due.

    `priority` is 0 low to 3 urgent. `due_at` is when it must be solved.
    """

    shop_id: UUID
    conversation_id: UUID | None
    customer_id: UUID
    merchant_id: UUID | None
    order_id: UUID | None
    team_id: UUID
    owner_id: UUID | None
    shop = belongs_to("Shop")
    conversation = belongs_to("Conversation", null=True)
    customer = belongs_to("Customer")
    merchant = belongs_to("Merchant", null=True)
    order = belongs_to("Order", null=True)
    team = belongs_to("Team")
    owner = belongs_to("Grant", null=True)
    number = fields.CharField(max_length=24)
    state = fields.CharField(max_length=16, default=TicketState.OPEN.value)
    category = fields.CharField(max_length=24)
    intent = fields.CharField(max_length=32)
    priority = fields.SmallIntField(default=1)
    reasons: list[str] = fields.JSONField(default=list)
    opened_by = fields.CharField(max_length=64)
    opened_at = fields.DatetimeField()
    due_at: datetime | None = fields.DatetimeField(null=True)
    deadline = fields.CharField(max_length=16, default="running")
    solved_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "tickets"
        unique_together = (("shop", "number"),)
        indexes = (
            Index(fields=("shop_id", "opened_at", "id")),
            Index(fields=("merchant_id", "opened_at", "id")),
            Index(fields=("customer_id",)),
            Index(fields=("order_id",)),
            Index(fields=("team_id",)),
            Index(fields=("owner_id",)),
            Index(fields=("conversation_id",)),
            PartialIndex(fields=("due_at",), condition={"deadline": "running"}),
        )
        constraints = (
            one_of("tickets", "state", [s.value for s in TicketState]),
            one_of("tickets", "deadline", ["running", "warned", "met", "breached"]),
            UniqueConstraint(
                fields=("conversation_id",),
                name="uq_tickets_open",
                condition="state IN ('open', 'pending')",
            ),
        )
