"""The verbs of the bot: respond to a message that was understood, or was understood wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain import db
from domain.actors import Scope, system
from domain.bot import rules
from domain.bot.rules import Decision, Turn
from domain.conversations import actions as conversations
from domain.conversations import queries as talks
from domain.conversations import rules as talk
from domain.conversations.models import Author, Conversation, Holder, Message
from domain.knowledge import queries as knowledge
from domain.orders import queries as orders
from domain.people.models import Customer, Team
from domain.routing import queries as routing
from domain.shops.models import Shop
from domain.sla import rules as sla
from domain.tickets import actions as tickets
from domain.understanding import queries as understanding
from domain.understanding.intents import INTENTS
from domain.understanding.models import Reading
from domain.understanding.rules import Certainty
from domain.words import say


async def respond(message_id: UUID) -> Decision | None:
    """Link the order, keep the understanding, and answer or hand over: once per message.

    None if there is nothing to do: answered already, or a person has the conversation.
    """
    async with db.unit_of_work():
        message = await Message.get(id=message_id)
        scope = system(message.shop_id).scope
        conversation = await db.lock(Conversation, scope, message.conversation_id)
        reading = await understanding.as_meant(scope, message.id)
        order = await _order(scope, conversation, message)
        _take_up(reading, message.text, conversation.bot.get("offered") or ())
        named = bool(message.entities.get("orders")) or order is not None
        about = rules.subject(reading.intent, conversation.bot.get("asked"), named)
        await _understand(conversation, about, reading.sentiment, order)
        if conversation.holder != Holder.BOT.value or conversation.state != "open":
            return None
        if await _answered(conversation, message):
            return None
        customer = await Customer.get(id=conversation.customer_id)
        locale = rules.locale(
            message.text, reading.language, conversation.bot.get("locale") or customer.locale
        )
        turn = await _turn(scope, conversation, message, reading, order, about, locale)
        decision = rules.decide(turn)
        await _carry_out(conversation, message, decision, locale)
    return decision


async def give_up(conversation_id: UUID) -> None:
    """A message could not be handled: the conversation goes to a person."""
    rows = await db.sql("SELECT shop_id FROM conversations WHERE id = $1", conversation_id)
    if not rows:
        return
    async with db.unit_of_work():
        scope = system(rows[0]["shop_id"]).scope
        conversation = await db.lock(Conversation, scope, conversation_id)
        if conversation.holder == Holder.BOT.value and conversation.state == "open":
            await _hand_over(conversation, "failed")


async def reconsider(shop: UUID, conversation_id: UUID) -> None:
    """After a correction: what the talk is about, and with it its ticket and its queue."""
    async with db.unit_of_work():
        scope = system(shop).scope
        conversation = await db.lock(Conversation, scope, conversation_id)
        read = await understanding.meanings(scope, conversation_id)
        intent, sentiment = conversation.intent, read[-1].sentiment
        if any(said.corrected for said in read):
            intent = rules.matter(read)
        before = (conversation.intent, conversation.sentiment)
        if intent is None or (intent, sentiment) == before:
            return
        await _keep(conversation, intent, sentiment, await _known(scope, conversation))
        if intent != before[0]:
            await tickets.refile(conversation, intent)


def _take_up(reading: Reading, text: str, offered: Sequence[str]) -> None:
    """What the customer chose of what the bot offered is certain; nothing of it is saved."""
    if choice := rules.chosen(text, reading.intent, offered):
        # What else it may have been was settled by that.
        reading.intent, reading.certainty, reading.also = choice, Certainty.SURE.value, []


async def _order(scope: Scope, conversation: Conversation, message: Message) -> db.Row | None:
    """The order in question: one of the customer's own that the message names, or the last."""
    own = [UUID(id) for id in message.entities.get("own_orders", [])]
    named = await orders.by_ids(scope, own[:1])
    if named:
        await conversations.link_order(conversation, message.id, named[0])
        await tickets.relink(conversation)
        return named[0]
    return await _known(scope, conversation)


async def _known(scope: Scope, conversation: Conversation) -> db.Row | None:
    """The order that a conversation is about, if it is about one."""
    if conversation.order_id is None:
        return None
    found = await orders.by_ids(scope, [conversation.order_id])
    return found[0] if found else None


async def _understand(
    conversation: Conversation, intent: str, sentiment: str, order: db.Row | None
) -> None:
    if intent in rules.CHAT and conversation.intent:
        intent = conversation.intent
    await _keep(conversation, intent, sentiment, order)


async def _keep(
    conversation: Conversation, intent: str, sentiment: str, order: db.Row | None
) -> None:
    level, why = talk.priority(
        INTENTS[intent].urgency, sentiment, order["amount"] if order else None
    )
    await conversations.understood(conversation, intent, sentiment, level, why)


async def _answered(conversation: Conversation, message: Message) -> bool:
    return await Message.filter(
        conversation_id=conversation.id, reply_to=message.id, author=Author.BOT.value
    ).exists()


async def _turn(
    scope: Scope,
    conversation: Conversation,
    message: Message,
    reading: Reading,
    order: db.Row | None,
    about: str,
    locale: str,
) -> Turn:
    return Turn(
        intent=reading.intent,
        confidence=reading.intent_confidence,
        certainty=Certainty(reading.certainty),
        sentiment=reading.sentiment,
        sentiment_confidence=reading.sentiment_confidence,
        order=_told(order, locale) if order else None,
        article=await _article(scope, about, message.text, locale),
        memory=conversation.bot,
        named=bool(message.entities.get("orders")),
        in_vain=rules.is_in_vain(message.text),
        language=reading.language,
        also=reading.also,
    )


async def _article(scope: Scope, intent: str, text: str, locale: str) -> dict[str, Any] | None:
    """What an article says: the one filed under the intent, else the best that search finds."""
    row = await knowledge.answering(scope, intent)
    if row is None and intent == "other":
        found = await knowledge.search(scope, text, limit=1)
        row = found[0] if found else None
    if row is None:
        return None
    english = locale == "en"
    return {
        "slug": row["slug"],
        "title": (english and row["title_en"]) or row["title"],
        "answer": (english and row["answer_en"]) or row["answer"],
    }


def _told(order: db.Row, locale: str) -> dict[str, Any]:
    """What of an order may be said to its customer."""
    evidence = db.json(order["evidence"])
    return {
        "number": order["number"],
        "product": order["product"],
        "amount": f"{order['amount']:.2f}",
        "verdict": order["verdict"],
        "evidence": evidence.get(locale) or evidence.get("zh", ""),
    }


def _phrase(decision: Decision, locale: str) -> str:
    """The phrase of a decision, with the words for the intents that it names."""
    choices = (say(f"wanted.{intent}", locale) for intent in decision.choices)
    named = dict(zip(("one", "other"), choices, strict=False))
    return say(decision.say, locale, **decision.params, **named)


async def _carry_out(
    conversation: Conversation, message: Message, decision: Decision, locale: str
) -> None:
    await conversations.remember(conversation, {**decision.memory, "locale": locale})
    spoken = ("zh", "en") if decision.in_both else (locale,)
    text = "\n".join(_phrase(decision, one) for one in spoken)
    if decision.hand_over:
        told = await _hand_over(conversation, decision.hand_over, locale)
        text = f"{text}\n{told}"
    await conversations.answer(conversation, text, message.id, dict(decision.facts))


async def _hand_over(conversation: Conversation, reason: str, locale: str = "zh") -> str:
    """To the queue of the right team, with a ticket; what the customer is told of it."""
    intent = conversation.intent or "other"
    shop = await Shop.get(id=conversation.shop_id)
    team = await Team.get(shop_id=shop.id, key=INTENTS[intent].skill_group)
    await conversations.hand_over(
        conversation, team.id, [reason], sla.first_response(shop.settings)
    )
    ticket = await tickets.open_for(conversation, intent, system(shop.id))
    ahead = await talks.waiting_before(system(shop.id).scope, conversation)
    staffed = await routing.is_staffed(shop.id, team.id)
    phrase = "bot.in_queue" if staffed else "bot.nobody_on_shift"
    hours = shop.settings.get("hours", "9:00–23:00")
    return say(phrase, locale, ticket=ticket.number, place=ahead + 1, hours=hours)
