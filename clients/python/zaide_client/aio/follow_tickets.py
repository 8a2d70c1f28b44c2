from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import TicketParts


class FollowTickets(BaseModel):
    tickets: Union[
        "FollowTicketsTicketsSubscribed",
        "FollowTicketsTicketsTicketChanged",
        "FollowTicketsTicketsRemoved",
        "FollowTicketsTicketsResync",
    ] = Field(discriminator="typename__")


class FollowTicketsTicketsSubscribed(BaseModel):
    typename__: Literal["Subscribed"] = Field(alias="__typename")
    cursor: str


class FollowTicketsTicketsTicketChanged(BaseModel):
    typename__: Literal["TicketChanged"] = Field(alias="__typename")
    cursor: str
    kind: str
    ticket: "FollowTicketsTicketsTicketChangedTicket"


FollowTicketsTicketsTicketChangedTicket = TicketParts


class FollowTicketsTicketsRemoved(BaseModel):
    typename__: Literal["Removed"] = Field(alias="__typename")
    cursor: str
    id: str


class FollowTicketsTicketsResync(BaseModel):
    typename__: Literal["Resync"] = Field(alias="__typename")
    cursor: str


FollowTickets.model_rebuild()
FollowTicketsTicketsTicketChanged.model_rebuild()
