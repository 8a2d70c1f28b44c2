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


class CloseTicket(BaseModel):
    close_ticket: Union[
        "CloseTicketCloseTicketTicket",
        "CloseTicketCloseTicketNotFoundProblem",
        "CloseTicketCloseTicketNotAllowedProblem",
        "CloseTicketCloseTicketInvalidProblem",
        "CloseTicketCloseTicketConflictProblem",
        "CloseTicketCloseTicketTooManyProblem",
        "CloseTicketCloseTicketUnavailableProblem",
    ] = Field(alias="closeTicket", discriminator="typename__")


class CloseTicketCloseTicketTicket(TicketParts):
    typename__: Literal["Ticket"] = Field(alias="__typename")


class CloseTicketCloseTicketNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class CloseTicketCloseTicketNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class CloseTicketCloseTicketInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class CloseTicketCloseTicketConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class CloseTicketCloseTicketTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class CloseTicketCloseTicketUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


CloseTicket.model_rebuild()
