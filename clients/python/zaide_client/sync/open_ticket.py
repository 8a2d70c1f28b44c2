from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    Refusal,
    TicketParts,
    TicketPartsCustomer,
    TicketPartsOrder,
    TicketPartsOwner,
    TicketPartsTeam,
)


class OpenTicket(BaseModel):
    open_ticket: Union[
        "OpenTicketOpenTicketTicket",
        "OpenTicketOpenTicketNotFoundProblem",
        "OpenTicketOpenTicketNotAllowedProblem",
        "OpenTicketOpenTicketInvalidProblem",
        "OpenTicketOpenTicketConflictProblem",
        "OpenTicketOpenTicketTooManyProblem",
        "OpenTicketOpenTicketUnavailableProblem",
    ] = Field(alias="openTicket", discriminator="typename__")


class OpenTicketOpenTicketTicket(TicketParts):
    typename__: Literal["Ticket"] = Field(alias="__typename")


class OpenTicketOpenTicketNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class OpenTicketOpenTicketNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class OpenTicketOpenTicketInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class OpenTicketOpenTicketConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class OpenTicketOpenTicketTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class OpenTicketOpenTicketUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


OpenTicket.model_rebuild()
