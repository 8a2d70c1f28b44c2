from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts


class FollowOrders(BaseModel):
    orders: Union[
        "FollowOrdersOrdersSubscribed",
        "FollowOrdersOrdersOrderChanged",
        "FollowOrdersOrdersRemoved",
        "FollowOrdersOrdersResync",
    ] = Field(discriminator="typename__")


class FollowOrdersOrdersSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowOrdersOrdersOrderChanged(BaseModel):
    typename__: Literal["OrderChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    order: "FollowOrdersOrdersOrderChangedOrder"


FollowOrdersOrdersOrderChangedOrder = OrderParts


class FollowOrdersOrdersRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowOrdersOrdersResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowOrders.model_rebuild()
FollowOrdersOrdersOrderChanged.model_rebuild()
