"""Who sees conversations, and who may do what to them."""

from __future__ import annotations

from domain import visibility
from domain.actors import Actor, Role, Scope
from domain.conversations.models import Conversation, Holder, Message, Timeline

# A merchant sees a conversation through the messages linked to its own orders, and only those.
_THEIRS = "{t}.merchant_id = {merchant} AND {t}.author <> 'note'"


def _of(messages: str) -> str:
    return _THEIRS.replace("{t}", messages)


visibility.visible(
    Message,
    visibility.Visibility(
        "conversations",
        merchant=_THEIRS,
        customer="{t}.customer_id = {customer} AND {t}.author <> 'note'",
        partner="{t}.author <> 'note'",
    ),
)
visibility.visible(
    Conversation,
    visibility.Visibility(
        "conversations",
        merchant=(
            f"EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = {{t}}.id AND {_of('m')})"
        ),
        customer="{t}.customer_id = {customer}",
        partner=visibility.EVERYTHING,
    ),
)
visibility.visible(
    Timeline, visibility.Visibility("conversations", customer="{t}.customer_id = {customer}")
)

# When something was said last, or a person answered first, would tell of messages about others'
# orders; the order of a list and its cursors would too. The last message is joined as the one that
# none follows, so that a list walks the index of a merchant's messages from the newest.
visibility.instead(
    Conversation,
    f"JOIN messages m ON m.conversation_id = {{t}}.id AND {_of('m')} "
    "AND NOT EXISTS (SELECT 1 FROM messages l WHERE l.conversation_id = {t}.id "
    f"AND l.seq > m.seq AND {_of('l')})",
    last_message_at="m.created_at",
    answered_at=(
        f"(SELECT a.created_at FROM messages a WHERE a.conversation_id = {{t}}.id AND {_of('a')} "
        "AND a.author = 'agent' ORDER BY a.seq LIMIT 1)"
    ),
)

visibility.derive(Message, has_secrets="{t}.sealed IS NOT NULL")
visibility.derive(
    Conversation,
    channel_kind="COALESCE((SELECT c.kind FROM channels c WHERE c.id = {t}.channel_id), '')",
)


def visible_to(actor: Actor) -> Scope:
    """The scope in which `actor` reads conversations."""
    return actor.scope


def may_write(actor: Actor) -> bool:
    """Whether `actor` may say something as a customer."""
    return actor.role is Role.CUSTOMER


def may_work(actor: Actor) -> bool:
    """Whether `actor` is staff of the shop, and so may claim, note and look."""
    return actor.is_staff


def may_reply(actor: Actor, conversation: Conversation) -> bool:
    """The agent who has the conversation, or a supervisor, answers; anyone may take a free one."""
    if not actor.is_staff:
        return False
    return (
        actor.role in (Role.SUPERVISOR, Role.SYSTEM)
        or conversation.holder != Holder.AGENT.value
        or conversation.agent_id == actor.id
    )


def may_reveal(actor: Actor, conversation: Conversation) -> bool:
    """Whole secrets are shown to supervisors, and to the agent who has the conversation."""
    return actor.role is Role.SUPERVISOR or (
        actor.role is Role.AGENT and conversation.agent_id == actor.id
    )
