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


class ClaimConversation(BaseModel):
    claim_conversation: Union[
        "ClaimConversationClaimConversationConversation",
        "ClaimConversationClaimConversationNotFoundProblem",
        "ClaimConversationClaimConversationNotAllowedProblem",
        "ClaimConversationClaimConversationInvalidProblem",
        "ClaimConversationClaimConversationConflictProblem",
        "ClaimConversationClaimConversationTooManyProblem",
        "ClaimConversationClaimConversationUnavailableProblem",
    ] = Field(alias="claimConversation", discriminator="typename__")


class ClaimConversationClaimConversationConversation(ConversationParts):
    typename__: Literal["Conversation"] = Field(alias="__typename")


class ClaimConversationClaimConversationNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class ClaimConversationClaimConversationNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class ClaimConversationClaimConversationInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class ClaimConversationClaimConversationConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class ClaimConversationClaimConversationTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class ClaimConversationClaimConversationUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


ClaimConversation.model_rebuild()
