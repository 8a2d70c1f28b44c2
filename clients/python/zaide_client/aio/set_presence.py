from typing import Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .enums import Presence
from .fragments import Refusal


class SetPresence(BaseModel):
    set_presence: Union[
        "SetPresenceSetPresenceAgent",
        "SetPresenceSetPresenceNotFoundProblem",
        "SetPresenceSetPresenceNotAllowedProblem",
        "SetPresenceSetPresenceInvalidProblem",
        "SetPresenceSetPresenceConflictProblem",
        "SetPresenceSetPresenceTooManyProblem",
        "SetPresenceSetPresenceUnavailableProblem",
    ] = Field(alias="setPresence", discriminator="typename__")


class SetPresenceSetPresenceAgent(BaseModel):
    typename__: Literal["Agent"] = Field(alias="__typename")
    id: str
    name: str
    presence: Presence
    capacity: int
    load: Optional[int] = Field(default=None)


class SetPresenceSetPresenceNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class SetPresenceSetPresenceNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class SetPresenceSetPresenceInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class SetPresenceSetPresenceConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class SetPresenceSetPresenceTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class SetPresenceSetPresenceUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


SetPresence.model_rebuild()
