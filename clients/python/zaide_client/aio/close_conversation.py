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


class CloseConversation(BaseModel):
    close_conversation: Union[
        "CloseConversationCloseConversationConversation",
        "CloseConversationCloseConversationNotFoundProblem",
        "CloseConversationCloseConversationNotAllowedProblem",
        "CloseConversationCloseConversationInvalidProblem",
        "CloseConversationCloseConversationConflictProblem",
        "CloseConversationCloseConversationTooManyProblem",
        "CloseConversationCloseConversationUnavailableProblem",
    ] = Field(alias="closeConversation", discriminator="typename__")


class CloseConversationCloseConversationConversation(ConversationParts):
    typename__: Literal["Conversation"] = Field(alias="__typename")


class CloseConversationCloseConversationNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class CloseConversationCloseConversationNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class CloseConversationCloseConversationInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class CloseConversationCloseConversationConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class CloseConversationCloseConversationTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class CloseConversationCloseConversationUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


CloseConversation.model_rebuild()
