"""Timelines, conversations and messages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import UniqueConstraint

from domain.rows import Row, belongs_to, one_of

PRIORITIES = ("low", "normal", "high", "urgent")


class Holder(StrEnum):
    """Who has the word: the bot, the queue (nobody yet), or an agent."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"


class Author(StrEnum):
    """`note` is an agent's word to other agents; customers, merchants and partners never see it."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    NOTE = "note"


class Timeline(Row):
    """Everything of one customer in one shop, over all channels."""

    shop_id: UUID
    customer_id: UUID
    shop = belongs_to("Shop")
    customer = belongs_to("Customer", delete="CASCADE")

    class Meta:
        table = "timelines"
        unique_together = (("shop", "customer"),)
        indexes = (Index(fields=("customer_id",)),)


class Conversation(Row):
    """One episode on a timeline. `priority` is 0 low to 3 urgent; it is raised, never lowered.

    `first_due_at` is when a person must have answered once the conversation left the bot;
    `bot` is the dialogue's memory: what was asked and how often it failed.
    """

    shop_id: UUID
    timeline_id: UUID
    customer_id: UUID
    channel_id: UUID
    team_id: UUID | None
    agent_id: UUID | None
    order_id: UUID | None
    shop = belongs_to("Shop")
    timeline = belongs_to("Timeline", delete="CASCADE")
    customer = belongs_to("Customer", delete="CASCADE")
    channel = belongs_to("Channel")
    team = belongs_to("Team", null=True)
    agent = belongs_to("Grant", null=True)
    order = belongs_to("Order", null=True)
    state = fields.CharField(max_length=16, default="open")
    holder = fields.CharField(max_length=16, default=Holder.BOT.value)
    intent = fields.CharField(max_length=32, null=True)
    sentiment = fields.CharField(max_length=16, null=True)
    priority = fields.SmallIntField(default=1)
    reasons: list[str] = fields.JSONField(default=list)
    bot: dict[str, Any] = fields.JSONField(default=dict)
    last_seq = fields.IntField(default=0)
    opened_at = fields.DatetimeField()
    last_message_at = fields.DatetimeField()
    queued_at: datetime | None = fields.DatetimeField(null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)
    first_due_at: datetime | None = fields.DatetimeField(null=True)
    deadline = fields.CharField(max_length=16, default="none")
    closed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "conversations"
        indexes = (
            Index(fields=("shop_id", "last_message_at", "id")),
            Index(fields=("customer_id", "last_message_at")),
            Index(fields=("timeline_id",)),
            Index(fields=("channel_id",)),
            Index(fields=("team_id",)),
            Index(fields=("agent_id",)),
            Index(fields=("order_id",)),
            PartialIndex(fields=("first_due_at",), condition={"deadline": "running"}),
        )
        constraints = (
            one_of("conversations", "state", ["open", "closed"]),
            one_of("conversations", "holder", [h.value for h in Holder]),
            one_of("conversations", "deadline", ["none", "running", "warned", "met", "breached"]),
            UniqueConstraint(
                fields=("shop_id", "customer_id", "channel_id"),
                name="uq_conversations_open",
                condition="state = 'open'",
            ),
        )


class Message(Row):
    """What was said, made safe. `text` is redacted; `sealed` holds what was replaced, encrypted.

    `seq` counts from 1 within the conversation. `client_id` is the sender's own id, so that the
    same message sent twice is stored once; `reply_to` is unique among the bot's answers.
    `facts` are what an automatic message states (order, verdict, sum).
    """

    shop_id: UUID
    conversation_id: UUID
    customer_id: UUID
    agent_id: UUID | None
    order_id: UUID | None
    merchant_id: UUID | None
    shop = belongs_to("Shop")
    conversation = belongs_to("Conversation", delete="CASCADE")
    customer = belongs_to("Customer", delete="CASCADE")
    agent = belongs_to("Grant", null=True)
    order = belongs_to("Order", null=True)
    merchant = belongs_to("Merchant", null=True)
    seq = fields.IntField()
    author = fields.CharField(max_length=16)
    author_name = fields.CharField(max_length=120, default="")
    text = fields.TextField()
    sealed = fields.BinaryField(null=True)
    entities: dict[str, Any] = fields.JSONField(default=dict)
    client_id = fields.CharField(max_length=64, null=True)
    reply_to = fields.UUIDField(null=True)
    facts: dict[str, Any] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        table = "messages"
        unique_together = (("conversation", "seq"),)
        indexes = (
            Index(fields=("shop_id", "created_at", "id")),
            Index(fields=("merchant_id", "conversation_id")),
            Index(fields=("customer_id",)),
            Index(fields=("agent_id",)),
            Index(fields=("order_id",)),
        )
        constraints = (
            one_of("messages", "author", [a.value for a in Author]),
            UniqueConstraint(
                fields=("customer_id", "author", "client_id"),
                name="uq_messages_client",
                condition="client_id IS NOT NULL",
            ),
            UniqueConstraint(
                fields=("conversation_id", "reply_to"),
                name="uq_messages_bot_reply",
                condition="author = 'bot'",
            ),
        )
