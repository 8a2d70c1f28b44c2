from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts


class FollowOrder(BaseModel):
    order: Union[
        "FollowOrderOrderSubscribed",
        "FollowOrderOrderOrderChanged",
        "FollowOrderOrderRemoved",
        "FollowOrderOrderResync",
    ] = Field(discriminator="typename__")


class FollowOrderOrderSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowOrderOrderOrderChanged(BaseModel):
    typename__: Literal["OrderChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    order: "FollowOrderOrderOrderChangedOrder"


FollowOrderOrderOrderChangedOrder = OrderParts


class FollowOrderOrderRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowOrderOrderResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowOrder.model_rebuild()
FollowOrderOrderOrderChanged.model_rebuild()
