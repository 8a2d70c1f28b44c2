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


class ReopenTicket(BaseModel):
    reopen_ticket: Union[
        "ReopenTicketReopenTicketTicket",
        "ReopenTicketReopenTicketNotFoundProblem",
        "ReopenTicketReopenTicketNotAllowedProblem",
        "ReopenTicketReopenTicketInvalidProblem",
        "ReopenTicketReopenTicketConflictProblem",
        "ReopenTicketReopenTicketTooManyProblem",
        "ReopenTicketReopenTicketUnavailableProblem",
    ] = Field(alias="reopenTicket", discriminator="typename__")


class ReopenTicketReopenTicketTicket(TicketParts):
    typename__: Literal["Ticket"] = Field(alias="__typename")


class ReopenTicketReopenTicketNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class ReopenTicketReopenTicketNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class ReopenTicketReopenTicketInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class ReopenTicketReopenTicketConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class ReopenTicketReopenTicketTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class ReopenTicketReopenTicketUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


ReopenTicket.model_rebuild()
