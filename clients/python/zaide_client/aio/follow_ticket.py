from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import TicketParts


class FollowTicket(BaseModel):
    ticket: Union[
        "FollowTicketTicketSubscribed",
        "FollowTicketTicketTicketChanged",
        "FollowTicketTicketRemoved",
        "FollowTicketTicketResync",
    ] = Field(discriminator="typename__")


class FollowTicketTicketSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowTicketTicketTicketChanged(BaseModel):
    typename__: Literal["TicketChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    ticket: "FollowTicketTicketTicketChangedTicket"


FollowTicketTicketTicketChangedTicket = TicketParts


class FollowTicketTicketRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowTicketTicketResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowTicket.model_rebuild()
FollowTicketTicketTicketChanged.model_rebuild()
