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


class ClaimTicket(BaseModel):
    claim_ticket: Union[
        "ClaimTicketClaimTicketTicket",
        "ClaimTicketClaimTicketNotFoundProblem",
        "ClaimTicketClaimTicketNotAllowedProblem",
        "ClaimTicketClaimTicketInvalidProblem",
        "ClaimTicketClaimTicketConflictProblem",
        "ClaimTicketClaimTicketTooManyProblem",
        "ClaimTicketClaimTicketUnavailableProblem",
    ] = Field(alias="claimTicket", discriminator="typename__")


class ClaimTicketClaimTicketTicket(TicketParts):
    typename__: Literal["Ticket"] = Field(alias="__typename")


class ClaimTicketClaimTicketNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class ClaimTicketClaimTicketNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class ClaimTicketClaimTicketInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class ClaimTicketClaimTicketConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class ClaimTicketClaimTicketTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class ClaimTicketClaimTicketUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


ClaimTicket.model_rebuild()
