from typing import Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import ConversationParts, MessageParts


class FollowConversation(BaseModel):
    conversation: Union[
        "FollowConversationConversationSubscribed",
        "FollowConversationConversationConversationChanged",
        "FollowConversationConversationRemoved",
        "FollowConversationConversationResync",
    ] = Field(discriminator="typename__")


class FollowConversationConversationSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowConversationConversationConversationChanged(BaseModel):
    typename__: Literal["ConversationChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    conversation: "FollowConversationConversationConversationChangedConversation"
    message: Optional["FollowConversationConversationConversationChangedMessage"] = (
        Field(default=None)
    )


FollowConversationConversationConversationChangedConversation = ConversationParts
FollowConversationConversationConversationChangedMessage = MessageParts


class FollowConversationConversationRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowConversationConversationResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowConversation.model_rebuild()
FollowConversationConversationConversationChanged.model_rebuild()
