from pydantic import Field

from .base_model import BaseModel
from .fragments import ConversationParts, Page


class Conversations(BaseModel):
    conversations: "ConversationsConversations"


class ConversationsConversations(BaseModel):
    nodes: list["ConversationsConversationsNodes"]
    page_info: "ConversationsConversationsPageInfo" = Field(alias="pageInfo")
    total_count: int = Field(alias="totalCount")


ConversationsConversationsNodes = ConversationParts
ConversationsConversationsPageInfo = Page
Conversations.model_rebuild()
ConversationsConversations.model_rebuild()
