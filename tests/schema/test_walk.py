"""Nobody sees what is not theirs: every field, list, id and subscription, for every role.

Each row of two shops carries a mark of its own, and a list written here by hand says who may see
it. The walk is generated from the schema, so that a field added tomorrow is walked tomorrow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
)

from domain import events
from domain.actors import Actor
from domain.clock import now
from domain.conversations import actions as talk
from domain.conversations.models import Conversation, Message
from domain.knowledge import actions as knowledge
from domain.knowledge.models import Article
from domain.orders import actions as orders
from domain.orders.connectors.base import ShopOrder
from domain.orders.models import Order
from domain.orders.verdict import OrderFacts
from domain.people.models import Customer, Grant, Merchant, Person, Team
from domain.tickets import actions as tickets
from domain.tickets.models import Ticket
from domain.understanding import actions as understanding
from domain.understanding.models import Correction, Reading
from schema.context import Context
from schema.execution import answer, encode
from schema.live import Hub
from schema.parsing import core, read
from schema.questions import Question
from schema.scalars import opaque
from schema.telling import Frame
from tests import factories
from tests.hands import Hands, explaining
from tests.people import House
from workers.classifier import OnnxClassifier

STAFF = {"alice", "bob", "charlie", "dana"}
BY_ID = ("node", "conversation", "customer", "ticket", "order", "article", "explanation")
ALL = {*STAFF, "mei", "nora", "eve", "frank", "pat"}


@dataclass
class World:
    """A shop whose rows are marked: mark -> the names of those of this shop who may see it."""

    house: House
    name: str
    marks: dict[str, set[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)

    def mark(self, what: str, *allowed: str) -> str:
        """A word that stands in one row only, and may be shown to `allowed` only.

        Letters alone, since a word with digits would be taken for a card secret and masked.
        """
        word = f"mark{self.name}{what}"
        self.marks[word] = set(allowed)
        return word

    def forbidden(self, name: str) -> set[str]:
        """The marks that one of its own people may not see."""
        return {word for word, allowed in self.marks.items() if name not in allowed}


async def world(name: str, hands: Hands) -> World:
    """A shop in which much has happened."""
    w = World(await factories.house(), name)
    h, mark = w.house, w.mark
    await _name_rows(w)
    eves = []
    for word, seller in (("tomei", "mei"), ("tonora", "nora")):
        said = mark(word, *STAFF, "eve", "pat", seller)
        eves.append(await talk.receive(h.eve, f"{said} 卡密无效 {h.orders[seller].number}"))
        await hands.work()
    franks = await talk.receive(h.frank, f"你好 {mark('franksays', *STAFF, 'frank', 'pat')}")
    await hands.work()
    both = [eves[0].conversation_id, franks.conversation_id]
    for conversation, word in zip(both, ("noteeve", "notefrank"), strict=True):
        await talk.note(h.alice, conversation, mark(word, *STAFF))
    opened = [await tickets.open(h.alice, c, intent="card_invalid") for c in both]
    # An id alone tells that something exists.
    w.marks[opaque("Conversation", franks.conversation_id)] = {*STAFF, "frank", "pat"}
    w.marks[opaque("Ticket", opened[1].id)] = {*STAFF, "frank", "pat"}
    w.marks[opened[0].number] = {*STAFF, "eve", "pat", "nora"}
    w.marks[opened[1].number] = {*STAFF, "frank", "pat"}
    await _corrections(w)
    await _knowledge(w)
    await hands.work()
    await _moments(w)
    await _ids(w)
    return w


async def _name_rows(w: World) -> None:
    h = w.house
    for key, seller in h.merchants.items():
        seller.name = w.mark(f"merchant{key}", *STAFF, key, "eve")
        await seller.save()
        sold = h.orders[key]
        sold.product = w.mark(f"product{key}", *STAFF, key, "eve", "pat")
        sold.evidence = {"zh": w.mark(f"zh{key}", *STAFF, key, "eve", "pat"), "en": "e"}
        await sold.save()
        w.marks[sold.number] = {*STAFF, key, "eve", "pat"}
        w.marks[opaque("Order", sold.id)] = {*STAFF, key, "eve", "pat"}
    for team in h.teams.values():
        team.name = w.mark(f"team{team.key}", *STAFF)
        await team.save()
    for who, others in (("eve", ("mei", "nora")), ("frank", ())):
        buyer = await Customer.get(id=getattr(h, who).id)
        buyer.name = w.mark(f"buyer{who}", *STAFF, who, *others)
        await buyer.save()


async def _corrections(w: World) -> None:
    """Each reading is corrected; that it was is known to staff alone."""
    for reading in await Reading.filter(shop_id=w.house.id):
        await understanding.correct(w.house.alice, reading.id, "other", "positive")
    for said in await Correction.filter(shop_id=w.house.id):
        w.marks[opaque("Correction", said.id)] = set(STAFF)


async def _knowledge(w: World) -> None:
    id = w.house.id
    await knowledge.publish(
        id, {"slug": "a", "title": w.mark("article", *ALL), "answer": "a", "body": "b"}
    )
    draft = await knowledge.publish(
        id, {"slug": "d", "title": w.mark("draft", *STAFF), "answer": "a", "body": "b"}
    )
    draft.state = "draft"
    await draft.save()
    text = w.mark("template", *STAFF)
    await knowledge.keep_template(id, {"key": "t", "intent": "other", "text": text})


async def _moments(w: World) -> None:
    """When something was said last tells that it was said: mark the last words of each talk."""
    names = {row.id: key for key, row in w.house.merchants.items()}
    names |= {actor.id: name for name, actor in w.house.everyone().items()}
    for talked in await Conversation.filter(shop_id=w.house.id):
        for message in await Message.filter(conversation_id=talked.id).order_by("-seq")[:2]:
            allowed = set(STAFF)
            if message.author != "note":
                allowed |= {"pat", names[message.customer_id]}
                allowed |= {names[message.merchant_id]} if message.merchant_id else set()
            w.marks[message.created_at.isoformat()] = allowed


async def _ids(w: World) -> None:
    for kind, model in (
        ("Conversation", Conversation),
        ("Message", Message),
        ("Ticket", Ticket),
        ("Order", Order),
        ("Customer", Customer),
        ("Agent", Grant),
        ("Team", Team),
        ("Merchant", Merchant),
        ("Article", Article),
        ("Reading", Reading),
        ("Correction", Correction),
    ):
        rows = await model.filter(shop_id=w.house.id).values_list("id", flat=True)
        w.ids += [opaque(kind, id) for id in rows]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def worlds(hands: Hands) -> tuple[World, World]:
    """Two shops; whoever is of the first must see nothing of the second."""
    return await world("A", hands), await world("B", hands)


# The walk: documents made from the schema


def selection(type_: GraphQLOutputType, depth: int, walked: set[str]) -> str:
    """All fields of a type, `depth` levels deep; which were walked is noted."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        parts = [
            f"... on {t.name} {selection(t, depth, walked)}" for t in core.get_possible_types(named)
        ]
        return "{ __typename " + " ".join(parts) + " }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    chosen = ["__typename"]
    for name, fld in named.fields.items():
        inner = get_named_type(fld.type)
        is_leaf = not isinstance(inner, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType)
        if not is_leaf and depth <= 0:
            continue
        walked.add(f"{named.name}.{name}")
        args = "(first: 8)" if "first" in fld.args else ""
        # An alias keeps fields of one name and different types apart in unions.
        alias = f"{named.name}_{name}: " if depth < 9 else ""
        chosen.append(f"{alias}{name}{args} {selection(fld.type, depth - 1, walked)}")
    return "{ " + " ".join(chosen) + " }"


async def ask(actor: Actor, text: str, **variables: object) -> str:
    """The response's text."""
    document = read(text)
    context = Context(actor=actor)
    result = await answer(document, document.operation(None), dict(variables), context)
    return encode(result, context).decode()


def leaks(response: str, forbidden: Iterable[str]) -> list[str]:
    """The marks in a response that should not be there."""
    return sorted(word for word in forbidden if word in response)


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk asks for more than anybody may: limits have tests of their own."""
    import schema.limits
    import schema.parsing

    for name in ("DEPTH", "ALIASES", "COST", "TOKENS"):
        if hasattr(schema.limits, name):
            monkeypatch.setattr(schema.limits, name, 10**9)
    monkeypatch.setattr(schema.parsing, "TOKENS", 10**9)


def root_documents(depth: int) -> tuple[list[str], set[str]]:
    """One query per root field that needs no argument."""
    walked: set[str] = set()
    assert core.query_type is not None
    documents = []
    for name, fld in core.query_type.fields.items():
        args = "(first: 20)" if "first" in fld.args else ""
        if name in BY_ID:
            continue
        documents.append(f"{{ {name}{args} {selection(fld.type, depth, walked)} }}")
    return documents, walked


async def test_no_list_and_no_field_shows_what_is_not_ones_own(
    worlds: tuple[World, World],
) -> None:
    mine, others = worlds
    documents, _ = root_documents(3)
    shown: dict[str, str] = {}
    for name, actor in mine.house.everyone().items():
        forbidden = mine.forbidden(name) | set(others.marks)
        for document in documents:
            response = await ask(actor, document)
            assert leaks(response, forbidden) == [], (name, document[:60])
            shown[name] = shown.get(name, "") + response
    # The walk is not blind: what may be seen was seen.
    for word, allowed in mine.marks.items():
        for name in allowed & {"dana", "mei", "eve"}:
            assert word in shown[name], (word, name)


async def test_no_id_opens_what_is_not_ones_own(worlds: tuple[World, World]) -> None:
    mine, others = worlds
    assert core.query_type is not None
    shape = selection(core.query_type.fields["node"].type, 1, set())
    text = f"query($id: ID!) {{ node(id: $id) {shape} }}"
    for name, actor in mine.house.everyone().items():
        forbidden = mine.forbidden(name) | set(others.marks)
        for id in mine.ids + others.ids:
            response = await ask(actor, text, id=id)
            assert leaks(response, forbidden) == [], (name, id)
        for id in others.ids:
            assert '"node":null' in await ask(actor, text, id=id)


@pytest.mark.parametrize("noun", ["conversation", "customer", "ticket", "order", "article"])
async def test_no_lookup_by_noun_opens_what_is_not_ones_own(
    worlds: tuple[World, World], noun: str
) -> None:
    mine, others = worlds
    assert core.query_type is not None
    fld = core.query_type.fields[noun]
    kind = "ID!" if str(fld.args["id"].type).endswith("!") else "ID"
    text = f"query($id: {kind}) {{ {noun}(id: $id) {selection(fld.type, 1, set())} }}"
    for name, actor in mine.house.everyone().items():
        forbidden = mine.forbidden(name) | set(others.marks)
        for id in mine.ids + others.ids:
            assert leaks(await ask(actor, text, id=id), forbidden) == [], (name, id)


async def test_no_message_is_explained_to_whom_it_is_not_for(
    worlds: tuple[World, World], classifier: OnnxClassifier
) -> None:
    mine, others = worlds
    assert core.query_type is not None
    shape = selection(core.query_type.fields["explanation"].type, 1, set())
    text = f"query($id: ID!) {{ explanation(message: $id) {shape} }}"
    told: set[str] = set()
    async with explaining(classifier):
        for name, actor in mine.house.everyone().items():
            forbidden = mine.forbidden(name) | set(others.marks)
            for id in mine.ids + others.ids:
                response = await ask(actor, text, id=id)
                assert leaks(response, forbidden) == [], (name, id)
                told |= {name} if "intent" in response else set()
    assert told == STAFF


@pytest.mark.parametrize("noun", ["ticket", "order"])
async def test_no_number_opens_what_is_not_ones_own(worlds: tuple[World, World], noun: str) -> None:
    mine, _ = worlds
    models = {"ticket": Ticket, "order": Order}
    assert core.query_type is not None
    shape = selection(core.query_type.fields[noun].type, 1, set())
    text = f"query($n: String!) {{ {noun}(number: $n) {shape} }}"
    for w in worlds:
        for row in await models[noun].filter(shop_id=w.house.id):
            for name, actor in mine.house.everyone().items():
                may = w is mine and name in mine.marks[row.number]
                response = await ask(actor, text, n=row.number)
                assert (f'"{noun}":null' not in response) == may, (name, row.number)


def test_the_walk_knows_every_field_of_the_schema() -> None:
    _, walked = root_documents(3)
    assert core.query_type is not None
    selection(core.query_type.fields["node"].type, 3, walked)
    selection(core.query_type.fields["explanation"].type, 1, walked)
    skipped = ("Query.", "Mutation.", "Subscription.", "__")
    updates = {
        t.name
        for u in ("ConversationUpdate", "TicketUpdate", "OrderUpdate", "MetricsUpdate")
        if (union := core.type_map.get(u)) is not None
        for t in core.get_possible_types(union)  # type: ignore[arg-type]
    }
    results = {"IssuedToken", "Revealed"}
    unknown = {
        f"{t.name}.{name}"
        for t in core.type_map.values()
        if isinstance(t, GraphQLObjectType)
        and not t.name.endswith("Problem")
        and t.name not in updates | results
        for name in t.fields
        if not f"{t.name}.".startswith(skipped)
    } - walked
    assert unknown == set()


# Live


class Ear:
    """One subscriber; what it was told is kept."""

    line = None

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.errors: list[object] = []

    def bytes_of(self, frame: Frame) -> bytes:
        raise NotImplementedError

    def told(self, frame: Frame) -> None:
        self.frames += frame.parts or (frame,)

    def refused(self, errors: list[object]) -> None:
        self.errors += errors

    async def room(self) -> None:
        return

    @property
    def text(self) -> str:
        return " ".join(frame.payload.decode() for frame in self.frames)


def subscriptions(mine: World, others: World) -> Iterable[tuple[str, dict[str, object]]]:
    """Every subscription of the schema, over every id of both shops where it takes one."""
    assert core.subscription_type is not None
    for name, fld in core.subscription_type.fields.items():
        shape = selection(fld.type, 2, set())
        if "id" in fld.args:
            kind = fld.args["id"].type
            for id in mine.ids + others.ids:
                yield f"subscription($id: {kind}) {{ {name}(id: $id) {shape} }}", {"id": id}
        else:
            yield f"subscription {{ {name} {shape} }}", {}


async def _mirror_new_orders(w: World) -> None:
    """Each merchant sells something, nobody knows yet to whom."""
    for key, merchant in w.house.merchants.items():
        word, at = w.mark(f"new{key}", *STAFF, key, "pat"), now()
        facts = OrderFacts(number=word, status="completed", amount=Decimal(30), placed_at=at)
        sold = ShopOrder(
            number=word, product=word, quantity=1, amount=Decimal(30), created_at=at, facts=facts
        )  # fmt: skip
        await orders.mirror(w.house.id, [sold], {word: orders.Owners(merchant.id, "u-frank")})


async def test_nobody_is_told_what_is_not_theirs(worlds: tuple[World, World], hands: Hands) -> None:
    mine, others = worlds
    await hands.work()
    hub = Hub()
    hub.position = await events.head()
    start = hub.position
    ears: list[tuple[str, str, Ear]] = []
    members = []
    for name, actor in mine.house.everyone().items():
        for text, variables in subscriptions(mine, others):
            document = read(text)
            asked = Question(document, document.operation(None), variables)
            ear = Ear()
            ears.append((name, text[:60], ear))
            members.append(hub.join(asked, actor.scope, ear))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    for w in worlds:
        h = w.house
        await talk.receive(h.eve, f"还是不行 {w.mark('again', *STAFF, 'eve', 'pat', 'nora')}")
        # Mei's order is linked to a conversation that was about Nora's.
        await talk.receive(h.eve, f"那这个呢 {h.orders['mei'].number}")
        await talk.receive(h.frank, f"谢谢 {w.mark('thanks', *STAFF, 'frank', 'pat')}")
        conversation = await Conversation.get(customer_id=h.frank.id)
        await talk.note(h.alice, conversation.id, w.mark("laternote", *STAFF))
        await _mirror_new_orders(w)
    await hands.work()
    for event in await events.between(start, await events.head()):
        hub.hear(event)
    for _ in range(4000):
        busy = any(g.feed.waiting or g.feed.current for g in hub._groups.values())
        starting = any(m.held is not None and m in m.group.members for m in members)
        if not busy and not starting:
            break
        await asyncio.sleep(0.01)

    told = dict.fromkeys(mine.house.everyone(), "")
    for name, text, ear in ears:
        forbidden = mine.forbidden(name) | set(others.marks)
        assert leaks(ear.text, forbidden) == [], (name, text)
        told[name] += ear.text
    for member in members:
        member.leave()
    for word in ("markAagain", "markAthanks", "markAlaternote", "markAnewmei", "markAnewnora"):
        for name in mine.marks[word] & {"dana", "mei", "nora", "eve", "frank", "pat"}:
            assert word in told[name], (word, name)


async def test_people_rows_are_in_no_type() -> None:
    assert not {Person.__name__, "Session", "Secret"} & set(core.type_map)
