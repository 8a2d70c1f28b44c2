"""The closed lists of words in the promise. Their values are what the rows hold."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="Whether an episode still goes on.")
class ConversationState(Enum):
    OPEN = "open"
    CLOSED = "closed"


@strawberry.enum(description="Who has the word: the bot, the queue (nobody yet), or an agent.")
class Holder(Enum):
    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"


@strawberry.enum(description="Who wrote a message. A note is from staff to staff.")
class Author(Enum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    NOTE = "note"


@strawberry.enum(description="How urgent something is; it is raised, never lowered.")
class Priority(Enum):
    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3


@strawberry.enum(description="The mood of a message.")
class Sentiment(Enum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@strawberry.enum(
    description="What a reading is good for: acting upon, asking which is meant, or a person."
)
class Certainty(Enum):
    SURE = "sure"
    ASK = "ask"
    HAND_OVER = "hand_over"


@strawberry.enum(description="How a deadline stands.")
class Deadline(Enum):
    NONE = "none"
    RUNNING = "running"
    WARNED = "warned"
    MET = "met"
    BREACHED = "breached"


@strawberry.enum(description="Where a ticket stands. Pending waits for somebody outside.")
class TicketState(Enum):
    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


@strawberry.enum(description="What really happened to an order, judged from all that is known.")
class Verdict(Enum):
    AWAITING_PAYMENT = "awaiting_payment"
    PAID_WAITING = "paid_waiting"
    DELIVERED = "delivered"
    PAID_NOT_DELIVERED = "paid_not_delivered"
    PAID_BUT_EXPIRED = "paid_but_expired"
    OUT_OF_STOCK_AFTER_PAY = "out_of_stock_after_pay"
    DOUBLE_SOLD = "double_sold"
    DUPLICATE_NOTIFY = "duplicate_notify"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CANCELED = "canceled"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@strawberry.enum(description="Whether an agent takes new conversations.")
class Presence(Enum):
    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@strawberry.enum(description="The size of a merchant.")
class Tier(Enum):
    INDIVIDUAL = "individual"
    SMALL = "small"
    ENTERPRISE = "enterprise"


@strawberry.enum(description="One of the ways a customer is known.")
class IdentityKind(Enum):
    VISITOR = "visitor"
    USER = "user"
    EMAIL = "email"
    PHONE = "phone"
    EXTERNAL = "external"


@strawberry.enum(description="What somebody is in a shop.")
class Role(Enum):
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    MERCHANT_OWNER = "merchant_owner"
    MERCHANT_STAFF = "merchant_staff"
    PARTNER = "partner"
    CUSTOMER = "customer"
    SYSTEM = "system"


@strawberry.enum(description="What a token may be.")
class TokenRole(Enum):
    PARTNER = "partner"
    MERCHANT_OWNER = "merchant_owner"
    MERCHANT_STAFF = "merchant_staff"
