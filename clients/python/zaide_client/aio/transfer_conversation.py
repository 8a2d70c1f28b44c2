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


class TransferConversation(BaseModel):
    transfer_conversation: Union[
        "TransferConversationTransferConversationConversation",
        "TransferConversationTransferConversationNotFoundProblem",
        "TransferConversationTransferConversationNotAllowedProblem",
        "TransferConversationTransferConversationInvalidProblem",
        "TransferConversationTransferConversationConflictProblem",
        "TransferConversationTransferConversationTooManyProblem",
        "TransferConversationTransferConversationUnavailableProblem",
    ] = Field(alias="transferConversation", discriminator="typename__")


class TransferConversationTransferConversationConversation(ConversationParts):
    typename__: Literal["Conversation"] = Field(alias="__typename")


class TransferConversationTransferConversationNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class TransferConversationTransferConversationNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class TransferConversationTransferConversationInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class TransferConversationTransferConversationConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class TransferConversationTransferConversationTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class TransferConversationTransferConversationUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


TransferConversation.model_rebuild()
