from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import ConversationParts


class FollowQueue(BaseModel):
    queue: Union[
        "FollowQueueQueueSubscribed",
        "FollowQueueQueueConversationChanged",
        "FollowQueueQueueRemoved",
        "FollowQueueQueueResync",
    ] = Field(discriminator="typename__")


class FollowQueueQueueSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowQueueQueueConversationChanged(BaseModel):
    typename__: Literal["ConversationChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    conversation: "FollowQueueQueueConversationChangedConversation"


FollowQueueQueueConversationChangedConversation = ConversationParts


class FollowQueueQueueRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowQueueQueueResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowQueue.model_rebuild()
FollowQueueQueueConversationChanged.model_rebuild()
