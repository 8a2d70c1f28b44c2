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


class Ticket(BaseModel):
    ticket: Optional["TicketTicket"] = Field(default=None)


class TicketTicket(TicketParts):
    conversation: Optional["TicketTicketConversation"] = Field(default=None)


TicketTicketConversation = ConversationParts
Ticket.model_rebuild()
TicketTicket.model_rebuild()
