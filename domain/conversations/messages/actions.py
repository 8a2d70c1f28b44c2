"""The verbs of messages: write one, let the bot answer once, show one whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from domain import db
from domain.actors import Actor, system
from domain.clock import now
from domain.conversations import policy, rules
from domain.conversations.models import Author, Conversation, Message
from domain.errors import NotAllowed
from domain.events import Kind, record
from domain.people.models import Access
from domain.redaction import redact
from domain.rows import new_id
from domain.secrets import keyring


async def write(
    conversation: Conversation,
    author: Author,
    text: str,
    *,
    actor: Actor | None = None,
    client_id: str | None = None,
    reply_to: UUID | None = None,
    facts: dict[str, Any] | None = None,
    keep: list[str] | None = None,
    entities: dict[str, Any] | None = None,
    order: db.Row | None = None,
) -> Message:
    """Store one message, redacted, as the next of its conversation."""
    conversation.last_seq += 1
    by_bot = author is Author.BOT
    safe = redact(text, keep or [])
    linked = order or await _linked(conversation)
    message = Message(
        id=new_id(),
        shop_id=conversation.shop_id,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        agent_id=actor.id if actor and author in (Author.AGENT, Author.NOTE) else None,
        order_id=linked["id"] if linked else None,
        merchant_id=linked["merchant_id"] if linked else None,
        seq=conversation.last_seq,
        author=author.value,
        author_name="Zaide" if by_bot else (actor.name if actor else ""),
        text=text if by_bot else safe.text,
        client_id=client_id,
        reply_to=reply_to,
        facts=facts or {},
        entities=entities or {},
        created_at=now(),
    )
    if safe.originals and not by_bot:
        originals = [[found.placeholder, found.value] for found in safe.originals]
        message.sealed = keyring().seal(orjson.dumps(originals), message.id)
    await message.save(force_create=True)
    return message


async def answer(
    conversation: Conversation,
    text: str,
    reply_to: UUID,
    facts: dict[str, Any] | None = None,
) -> Message:
    """The bot answers one message of a locked conversation; a unique index keeps it to once."""
    message = await write(conversation, Author.BOT, text, reply_to=reply_to, facts=facts)
    await sent(conversation, message, system(conversation.shop_id).ref)
    return message


async def sent(conversation: Conversation, message: Message, by: str) -> None:
    """Note on a locked conversation that a message went to its customer."""
    conversation.last_message_at = message.created_at
    await conversation.save()
    record(
        Kind.MESSAGE_SENT,
        shop=conversation.shop_id,
        by=by,
        conversation=conversation.id,
        customers=[conversation.customer_id],
        merchants=[message.merchant_id],
        message=message.id,
        author=message.author,
        channel=conversation.channel_id,
    )


async def reveal(actor: Actor, message_id: UUID, reason: str) -> str:
    """A message as it was typed, secrets included; who looked, and why, is kept.

    Raises NotFound, NotAllowed, Invalid (no reason).
    """
    why = rules.clean(reason, 200)
    async with db.unit_of_work():
        message = await db.find(Message, actor.scope, message_id)
        conversation = await db.find(Conversation, actor.scope, message.conversation_id)
        if not policy.may_reveal(actor, conversation):
            raise NotAllowed()
        await Access.create(
            shop_id=message.shop_id,
            actor=actor.ref,
            kind="reveal_message",
            object_id=message.id,
            reason=redact(why).text,
            at=now(),
        )
    return _whole(message)


async def known(customer_id: UUID, author: Author, client_id: str) -> Message | None:
    """The message a sender already sent under this id of its own."""
    return await Message.get_or_none(
        customer_id=customer_id, author=author.value, client_id=client_id
    )


async def _linked(conversation: Conversation) -> db.Row | None:
    if conversation.order_id is None:
        return None
    rows = await db.sql("SELECT id, merchant_id FROM orders WHERE id = $1", conversation.order_id)
    return rows[0] if rows else None


def _whole(message: Message) -> str:
    """The text with its placeholders replaced by what was typed."""
    text = message.text
    if message.sealed:
        for placeholder, value in orjson.loads(keyring().unseal(message.sealed, message.id)):
            text = text.replace(placeholder, value, 1)
    return text
