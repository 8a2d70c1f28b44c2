from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    ConversationParts,
    TicketParts,
    TicketPartsCustomer,
    TicketPartsOrder,
    TicketPartsOwner,
    TicketPartsTeam,
)


class TicketByNumber(BaseModel):
    ticket: Optional["TicketByNumberTicket"] = Field(default=None)


class TicketByNumberTicket(TicketParts):
    conversation: Optional["TicketByNumberTicketConversation"] = Field(default=None)


TicketByNumberTicketConversation = ConversationParts
TicketByNumber.model_rebuild()
TicketByNumberTicket.model_rebuild()
