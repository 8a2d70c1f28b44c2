from datetime import datetime
from decimal import Decimal
from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    Author,
    ConversationState,
    Deadline,
    Holder,
    Priority,
    Sentiment,
    TicketState,
    Verdict,
)


class ConversationParts(BaseModel):
    id: str
    state: ConversationState
    holder: Holder
    priority: Optional[Priority] = Field(default=None)
    intent: Optional[str] = Field(default=None)
    sentiment: Optional[Sentiment] = Field(default=None)
    opened_at: datetime = Field(alias="openedAt")
    last_message_at: datetime = Field(alias="lastMessageAt")
    answered_at: Optional[datetime] = Field(alias="answeredAt", default=None)
    closed_at: Optional[datetime] = Field(alias="closedAt", default=None)
    channel_kind: str = Field(alias="channelKind")
    customer: Optional["ConversationPartsCustomer"] = Field(default=None)
    agent: Optional["ConversationPartsAgent"] = Field(default=None)
    team: Optional["ConversationPartsTeam"] = Field(default=None)
    order: Optional["ConversationPartsOrder"] = Field(default=None)


class ConversationPartsCustomer(BaseModel):
    id: str
    name: str


class ConversationPartsAgent(BaseModel):
    id: str
    name: str


class ConversationPartsTeam(BaseModel):
    id: str
    key: str
    name: str


class ConversationPartsOrder(BaseModel):
    id: str
    number: str
    verdict: Verdict


class Figures(BaseModel):
    since: datetime
    until: datetime
    conversations: int
    messages: int
    answered_by_bot: int = Field(alias="answeredByBot")
    handed_over: int = Field(alias="handedOver")
    tickets_opened: int = Field(alias="ticketsOpened")
    tickets_solved: int = Field(alias="ticketsSolved")
    breaches: int
    waiting: int
    with_agents: int = Field(alias="withAgents")
    first_response_avg: Optional[float] = Field(alias="firstResponseAvg", default=None)
    first_response_p_50: Optional[float] = Field(alias="firstResponseP50", default=None)
    first_response_p_95: Optional[float] = Field(alias="firstResponseP95", default=None)
    resolution_avg: Optional[float] = Field(alias="resolutionAvg", default=None)


class MessageParts(BaseModel):
    id: str
    seq: int
    author: Author
    author_name: str = Field(alias="authorName")
    text: str
    facts: Any
    client_id: Optional[str] = Field(alias="clientId", default=None)
    created_at: datetime = Field(alias="createdAt")
    has_secrets: bool = Field(alias="hasSecrets")


class OrderParts(BaseModel):
    id: str
    number: str
    product: str
    quantity: int
    amount: Decimal
    currency: str
    status: str
    verdict: Verdict
    evidence: str
    contact_hint: str = Field(alias="contactHint")
    placed_at: datetime = Field(alias="placedAt")
    paid_at: Optional[datetime] = Field(alias="paidAt", default=None)
    delivered_at: Optional[datetime] = Field(alias="deliveredAt", default=None)
    merchant: Optional["OrderPartsMerchant"] = Field(default=None)


class OrderPartsMerchant(BaseModel):
    id: str
    name: str


class Page(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    has_previous_page: bool = Field(alias="hasPreviousPage")
    start_cursor: Optional[str] = Field(alias="startCursor", default=None)
    end_cursor: Optional[str] = Field(alias="endCursor", default=None)


class ReadingParts(BaseModel):
    id: str
    intent: str
    intent_confidence: float = Field(alias="intentConfidence")
    sentiment: Sentiment
    sentiment_confidence: float = Field(alias="sentimentConfidence")
    also: list[str]
    entities: Any
    language: str
    model_version: str = Field(alias="modelVersion")
    created_at: datetime = Field(alias="createdAt")


class Refusal(BaseModel):
    code: str
    message: str
    field: Optional[str] = Field(default=None)
    hint: Optional[str] = Field(default=None)


class TicketParts(BaseModel):
    id: str
    number: str
    state: TicketState
    category: str
    intent: str
    priority: Priority
    opened_at: datetime = Field(alias="openedAt")
    due_at: Optional[datetime] = Field(alias="dueAt", default=None)
    deadline: Deadline
    solved_at: Optional[datetime] = Field(alias="solvedAt", default=None)
    closed_at: Optional[datetime] = Field(alias="closedAt", default=None)
    owner: Optional["TicketPartsOwner"] = Field(default=None)
    team: Optional["TicketPartsTeam"] = Field(default=None)
    order: Optional["TicketPartsOrder"] = Field(default=None)
    customer: Optional["TicketPartsCustomer"] = Field(default=None)


class TicketPartsOwner(BaseModel):
    id: str
    name: str


class TicketPartsTeam(BaseModel):
    id: str
    key: str
    name: str


class TicketPartsOrder(BaseModel):
    id: str
    number: str
    verdict: Verdict


class TicketPartsCustomer(BaseModel):
    id: str
    name: str


ConversationParts.model_rebuild()
Figures.model_rebuild()
MessageParts.model_rebuild()
OrderParts.model_rebuild()
Page.model_rebuild()
ReadingParts.model_rebuild()
Refusal.model_rebuild()
TicketParts.model_rebuild()
