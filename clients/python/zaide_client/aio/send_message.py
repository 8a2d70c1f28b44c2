from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import MessageParts, Refusal


class SendMessage(BaseModel):
    send_message: Union[
        "SendMessageSendMessageMessage",
        "SendMessageSendMessageNotFoundProblem",
        "SendMessageSendMessageNotAllowedProblem",
        "SendMessageSendMessageInvalidProblem",
        "SendMessageSendMessageConflictProblem",
        "SendMessageSendMessageTooManyProblem",
        "SendMessageSendMessageUnavailableProblem",
    ] = Field(alias="sendMessage", discriminator="typename__")


class SendMessageSendMessageMessage(MessageParts):
    typename__: Literal["Message"] = Field(alias="__typename")


class SendMessageSendMessageNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class SendMessageSendMessageNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class SendMessageSendMessageInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class SendMessageSendMessageConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class SendMessageSendMessageTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class SendMessageSendMessageUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


SendMessage.model_rebuild()
