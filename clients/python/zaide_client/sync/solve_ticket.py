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


class SolveTicket(BaseModel):
    solve_ticket: Union[
        "SolveTicketSolveTicketTicket",
        "SolveTicketSolveTicketNotFoundProblem",
        "SolveTicketSolveTicketNotAllowedProblem",
        "SolveTicketSolveTicketInvalidProblem",
        "SolveTicketSolveTicketConflictProblem",
        "SolveTicketSolveTicketTooManyProblem",
        "SolveTicketSolveTicketUnavailableProblem",
    ] = Field(alias="solveTicket", discriminator="typename__")


class SolveTicketSolveTicketTicket(TicketParts):
    typename__: Literal["Ticket"] = Field(alias="__typename")


class SolveTicketSolveTicketNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class SolveTicketSolveTicketNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class SolveTicketSolveTicketInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class SolveTicketSolveTicketConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class SolveTicketSolveTicketTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class SolveTicketSolveTicketUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


SolveTicket.model_rebuild()
