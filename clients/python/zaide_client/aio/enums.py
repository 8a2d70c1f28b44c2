from enum import Enum


class Author(str, Enum):
    CUSTOMER = "CUSTOMER"
    BOT = "BOT"
    AGENT = "AGENT"
    NOTE = "NOTE"


class ConversationSort(str, Enum):
    LATEST = "LATEST"
    EARLIEST = "EARLIEST"


class ConversationState(str, Enum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Deadline(str, Enum):
    NONE = "NONE"
    RUNNING = "RUNNING"
    WARNED = "WARNED"
    MET = "MET"
    BREACHED = "BREACHED"


class Holder(str, Enum):
    BOT = "BOT"
    QUEUE = "QUEUE"
    AGENT = "AGENT"


class OrderSort(str, Enum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"


class Presence(str, Enum):
    ONLINE = "ONLINE"
    AWAY = "AWAY"
    OFFLINE = "OFFLINE"


class Priority(str, Enum):
    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


class Role(str, Enum):
    ADMIN = "ADMIN"
    SUPERVISOR = "SUPERVISOR"
    AGENT = "AGENT"
    MERCHANT_OWNER = "MERCHANT_OWNER"
    MERCHANT_STAFF = "MERCHANT_STAFF"
    PARTNER = "PARTNER"
    CUSTOMER = "CUSTOMER"
    SYSTEM = "SYSTEM"


class Sentiment(str, Enum):
    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"
    POSITIVE = "POSITIVE"


class TicketSort(str, Enum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    URGENT = "URGENT"


class TicketState(str, Enum):
    OPEN = "OPEN"
    PENDING = "PENDING"
    SOLVED = "SOLVED"
    CLOSED = "CLOSED"


class Verdict(str, Enum):
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    PAID_WAITING = "PAID_WAITING"
    DELIVERED = "DELIVERED"
    PAID_NOT_DELIVERED = "PAID_NOT_DELIVERED"
    PAID_BUT_EXPIRED = "PAID_BUT_EXPIRED"
    OUT_OF_STOCK_AFTER_PAY = "OUT_OF_STOCK_AFTER_PAY"
    DOUBLE_SOLD = "DOUBLE_SOLD"
    DUPLICATE_NOTIFY = "DUPLICATE_NOTIFY"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    CANCELED = "CANCELED"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN = "UNKNOWN"
