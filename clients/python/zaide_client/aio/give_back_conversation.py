from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    ConversationParts,
    ConversationPartsAgent,
    ConversationPartsCustomer,
    ConversationPartsOrder,
    ConversationPartsTeam,
    Refusal,
)


class GiveBackConversation(BaseModel):
    give_back_conversation: Union[
        "GiveBackConversationGiveBackConversationConversation",
        "GiveBackConversationGiveBackConversationNotFoundProblem",
        "GiveBackConversationGiveBackConversationNotAllowedProblem",
        "GiveBackConversationGiveBackConversationInvalidProblem",
        "GiveBackConversationGiveBackConversationConflictProblem",
        "GiveBackConversationGiveBackConversationTooManyProblem",
        "GiveBackConversationGiveBackConversationUnavailableProblem",
    ] = Field(alias="giveBackConversation", discriminator="typename__")


class GiveBackConversationGiveBackConversationConversation(ConversationParts):
    typename__: Literal["Conversation"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class GiveBackConversationGiveBackConversationUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


GiveBackConversation.model_rebuild()
