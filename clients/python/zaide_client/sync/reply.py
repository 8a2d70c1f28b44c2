from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import MessageParts, Refusal


class Reply(BaseModel):
    reply_to_conversation: Union[
        "ReplyReplyToConversationMessage",
        "ReplyReplyToConversationNotFoundProblem",
        "ReplyReplyToConversationNotAllowedProblem",
        "ReplyReplyToConversationInvalidProblem",
        "ReplyReplyToConversationConflictProblem",
        "ReplyReplyToConversationTooManyProblem",
        "ReplyReplyToConversationUnavailableProblem",
    ] = Field(alias="replyToConversation", discriminator="typename__")


class ReplyReplyToConversationMessage(MessageParts):
    typename__: Literal["Message"] = Field(alias="__typename")


class ReplyReplyToConversationNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class ReplyReplyToConversationNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class ReplyReplyToConversationInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class ReplyReplyToConversationConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class ReplyReplyToConversationTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class ReplyReplyToConversationUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


Reply.model_rebuild()
