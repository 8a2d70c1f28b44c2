from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    ConversationParts,
    ConversationPartsAgent,
    ConversationPartsCustomer,
    ConversationPartsOrder,
    ConversationPartsTeam,
    MessageParts,
    Page,
    ReadingParts,
    TicketParts,
)


class Conversation(BaseModel):
    conversation: Optional["ConversationConversation"] = Field(default=None)


class ConversationConversation(ConversationParts):
    messages: "ConversationConversationMessages"
    tickets: list["ConversationConversationTickets"]


class ConversationConversationMessages(BaseModel):
    nodes: list["ConversationConversationMessagesNodes"]
    page_info: "ConversationConversationMessagesPageInfo" = Field(alias="pageInfo")
    total_count: int = Field(alias="totalCount")


class ConversationConversationMessagesNodes(MessageParts):
    reading: Optional["ConversationConversationMessagesNodesReading"] = Field(
        default=None
    )


ConversationConversationMessagesNodesReading = ReadingParts
ConversationConversationMessagesPageInfo = Page
ConversationConversationTickets = TicketParts
Conversation.model_rebuild()
ConversationConversation.model_rebuild()
ConversationConversationMessages.model_rebuild()
ConversationConversationMessagesNodes.model_rebuild()
