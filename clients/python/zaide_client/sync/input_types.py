from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import ConversationState, Deadline, Holder, Priority, TicketState, Verdict


class ConversationFilter(BaseModel):
    """Narrows a list of conversations; all that is given must hold."""

    state: Optional[ConversationState] = None
    holder: Optional[Holder] = None
    team_id: Optional[str] = Field(alias="teamId", default=None)
    agent_id: Optional[str] = Field(alias="agentId", default=None)
    customer_id: Optional[str] = Field(alias="customerId", default=None)
    order_id: Optional[str] = Field(alias="orderId", default=None)
    intent: Optional[str] = None
    "For staff."
    priority: Optional[list[Priority]] = None
    "For staff."
    deadline: Optional[list[Deadline]] = None
    "For staff."
    mine: bool = False
    "Only those the viewer has."


class OrderFilter(BaseModel):
    """Narrows a list of orders; all that is given must hold."""

    verdict: Optional[list[Verdict]] = None
    status: Optional[str] = None
    merchant_id: Optional[str] = Field(alias="merchantId", default=None)
    customer_id: Optional[str] = Field(alias="customerId", default=None)


class TicketFilter(BaseModel):
    """Narrows a list of tickets; all that is given must hold."""

    state: Optional[list[TicketState]] = None
    priority: Optional[list[Priority]] = None
    deadline: Optional[list[Deadline]] = None
    category: Optional[str] = None
    intent: Optional[str] = None
    team_id: Optional[str] = Field(alias="teamId", default=None)
    owner_id: Optional[str] = Field(alias="ownerId", default=None)
    customer_id: Optional[str] = Field(alias="customerId", default=None)
    merchant_id: Optional[str] = Field(alias="merchantId", default=None)
    order_id: Optional[str] = Field(alias="orderId", default=None)
    mine: bool = False
    "Only those the viewer owns."
