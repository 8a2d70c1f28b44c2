from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import MessageParts, Refusal


class AddNote(BaseModel):
    add_note: Union[
        "AddNoteAddNoteMessage",
        "AddNoteAddNoteNotFoundProblem",
        "AddNoteAddNoteNotAllowedProblem",
        "AddNoteAddNoteInvalidProblem",
        "AddNoteAddNoteConflictProblem",
        "AddNoteAddNoteTooManyProblem",
        "AddNoteAddNoteUnavailableProblem",
    ] = Field(alias="addNote", discriminator="typename__")


class AddNoteAddNoteMessage(MessageParts):
    typename__: Literal["Message"] = Field(alias="__typename")


class AddNoteAddNoteNotFoundProblem(Refusal):
    typename__: Literal["NotFoundProblem"] = Field(alias="__typename")


class AddNoteAddNoteNotAllowedProblem(Refusal):
    typename__: Literal["NotAllowedProblem"] = Field(alias="__typename")


class AddNoteAddNoteInvalidProblem(Refusal):
    typename__: Literal["InvalidProblem"] = Field(alias="__typename")


class AddNoteAddNoteConflictProblem(Refusal):
    typename__: Literal["ConflictProblem"] = Field(alias="__typename")


class AddNoteAddNoteTooManyProblem(Refusal):
    typename__: Literal["TooManyProblem"] = Field(alias="__typename")


class AddNoteAddNoteUnavailableProblem(Refusal):
    typename__: Literal["UnavailableProblem"] = Field(alias="__typename")


AddNote.model_rebuild()
