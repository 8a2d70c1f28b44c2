from typing import Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import ConversationParts, MessageParts


class FollowConversations(BaseModel):
    conversations: Union[
        "FollowConversationsConversationsSubscribed",
        "FollowConversationsConversationsConversationChanged",
        "FollowConversationsConversationsRemoved",
        "FollowConversationsConversationsResync",
    ] = Field(discriminator="typename__")


class FollowConversationsConversationsSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowConversationsConversationsConversationChanged(BaseModel):
    typename__: Literal["ConversationChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    conversation: "FollowConversationsConversationsConversationChangedConversation"
    message: Optional["FollowConversationsConversationsConversationChangedMessage"] = (
        Field(default=None)
    )


FollowConversationsConversationsConversationChangedConversation = ConversationParts
FollowConversationsConversationsConversationChangedMessage = MessageParts


class FollowConversationsConversationsRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowConversationsConversationsResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowConversations.model_rebuild()
FollowConversationsConversationsConversationChanged.model_rebuild()
