"""The verbs of conversations: each calls one verb of the domain."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.conversations import actions
from domain.understanding import actions as understanding
from schema import enums
from schema.context import Info
from schema.conversations.types import Conversation, Message, Reading
from schema.errors import (
    ConflictProblem,
    InvalidProblem,
    NotAllowedProblem,
    NotFoundProblem,
    TooManyProblem,
    UnavailableProblem,
)
from schema.scalars import known_id

MessageResult = Annotated[
    Message
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("MessageResult", description="The message, or why there is none."),
]
ConversationResult = Annotated[
    Conversation
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("ConversationResult", description="The conversation, or what was wrong."),
]

ReadingResult = Annotated[
    Reading
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("ReadingResult", description="The reading, or what was wrong."),
]


@strawberry.type(description="A message as it was typed. That it was shown is kept.")
class Revealed:
    """The whole text, secrets included."""

    text: str


RevealResult = Annotated[
    Revealed
    | NotFoundProblem
    | NotAllowedProblem
    | InvalidProblem
    | ConflictProblem
    | TooManyProblem
    | UnavailableProblem,
    strawberry.union("RevealResult", description="The whole text, or why not."),
]


@strawberry.type
class ConversationMutations:
    """Verbs of conversations, for Mutation."""

    @strawberry.mutation(
        description="Say something, as a customer. Sent twice with one clientId it is kept once."
    )
    async def send_message(
        self,
        info: Info,
        text: str,
        client_id: str | None = None,
        channel_id: strawberry.ID | None = None,
    ) -> MessageResult:
        """A customer's message."""
        channel = known_id("Channel", channel_id, "channel") if channel_id else None
        actor = info.context.known
        return Message.of_model(await actions.receive(actor, text, client_id, channel))

    @strawberry.mutation(description="Answer, as an agent, who has the conversation from then on.")
    async def reply_to_conversation(
        self, info: Info, id: strawberry.ID, text: str, client_id: str | None = None
    ) -> MessageResult:
        """An agent's answer."""
        key = known_id("Conversation", id, "conversations")
        return Message.of_model(await actions.reply(info.context.known, key, text, client_id))

    @strawberry.mutation(description="Write a note that only staff will see.")
    async def add_note(self, info: Info, id: strawberry.ID, text: str) -> MessageResult:
        """A note."""
        key = known_id("Conversation", id, "conversations")
        return Message.of_model(await actions.note(info.context.known, key, text))

    @strawberry.mutation(description="Take a conversation. Of many at once exactly one wins.")
    async def claim_conversation(self, info: Info, id: strawberry.ID) -> ConversationResult:
        """A claim."""
        key = known_id("Conversation", id, "conversations")
        return Conversation.of_model(await actions.claim(info.context.known, key))

    @strawberry.mutation(description="Hand a conversation to another team, with a reason.")
    async def transfer_conversation(
        self, info: Info, id: strawberry.ID, team_id: strawberry.ID, reason: str
    ) -> ConversationResult:
        """A transfer."""
        key, team = (
            known_id("Conversation", id, "conversations"),
            known_id("Team", team_id, "teams"),
        )
        return Conversation.of_model(await actions.transfer(info.context.known, key, team, reason))

    @strawberry.mutation(description="Give a conversation back to the bot.")
    async def give_back_conversation(self, info: Info, id: strawberry.ID) -> ConversationResult:
        """The bot's again."""
        key = known_id("Conversation", id, "conversations")
        return Conversation.of_model(await actions.give_back(info.context.known, key))

    @strawberry.mutation(description="End a conversation.")
    async def close_conversation(self, info: Info, id: strawberry.ID) -> ConversationResult:
        """The end."""
        key = known_id("Conversation", id, "conversations")
        return Conversation.of_model(await actions.close(info.context.known, key))

    @strawberry.mutation(
        description="Say what a message means, where the model read something else. The last word "
        "on each of intent and sentiment counts."
    )
    async def correct_reading(
        self,
        info: Info,
        id: strawberry.ID,
        intent: str | None = None,
        sentiment: enums.Sentiment | None = None,
    ) -> ReadingResult:
        """A correction."""
        key = known_id("Reading", id, "conversations")
        tone = sentiment.value if sentiment else None
        return Reading.of_model(await understanding.correct(info.context.known, key, intent, tone))

    @strawberry.mutation(
        description="Show a message as it was typed. Who looked, and why, is kept."
    )
    async def reveal_message(self, info: Info, id: strawberry.ID, reason: str) -> RevealResult:
        """The whole text."""
        key = known_id("Message", id, "conversations")
        return Revealed(text=await actions.reveal(info.context.known, key, reason))
