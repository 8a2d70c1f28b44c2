"""Random documents at the real door: never a 500, never a surprise, never another's rows.

hypothesis-graphql draws documents that are valid for our schema; a seasoning puts real ids, numbers
and cursors of this shop and of another one into them, since random ones would find nothing.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    Visitor,
    get_introspection_query,
    get_named_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes
from hypothesis_graphql import mutations as random_mutations
from hypothesis_graphql import queries as random_queries

from domain.actors import Role
from domain.orders.models import Order
from domain.people import actions as people
from domain.settings import settings as ours
from domain.tickets.models import Ticket
from schema.parsing import core
from schema.root import PRINTED
from schema.scalars import opaque, parse_any
from tests.hands import Hands
from tests.schema.hostile import callers, codes, door, post, rows_of
from tests.schema.test_walk import World, leaks, world

PROMISE = PRINTED.read_text(encoding="utf-8")
SCALARS = {
    "DateTime": st.one_of(
        st.datetimes().map(lambda at: nodes.String(at.isoformat() + "Z")),
        st.datetimes(min_value=datetime(2026, 1, 1)).map(lambda at: nodes.String(str(at))),
        st.text(max_size=12).map(nodes.String),
    ),
    "Cursor": st.text(max_size=12).map(nodes.String),
}
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
QUICK = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=HEALTH,
    phases=(Phase.generate, Phase.shrink),
)
LONG = settings(QUICK, max_examples=2000)
VERBS = settings(QUICK, max_examples=100)
QUERIES = random_queries(PROMISE, custom_scalars=SCALARS)
WRONG = random_queries(PROMISE, custom_scalars=SCALARS, mode=Mode.NEGATIVE)
MUTATIONS = random_mutations(PROMISE, custom_scalars=SCALARS)
SEEDS = st.integers(0, 2**32)


@dataclass
class Larder:
    """What is put into documents so that they find something."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    foreign: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    cursors: list[str] = field(default_factory=list)


class Seasoning(Visitor):
    """Replaces random arguments by ones that may find something, most of the time."""

    def __init__(self, larder: Larder, seed: random.Random) -> None:
        super().__init__()
        self.larder, self.random = larder, seed
        self.fields: list[str] = []
        self.verb = False

    def enter_operation_definition(
        self, node: OperationDefinitionNode, *_: Any
    ) -> OperationDefinitionNode | None:
        """Whether it asks or does. One field that is refused makes all of the data null, so most
        questions are left with two."""
        self.verb = node.operation is OperationType.MUTATION
        asked = node.selection_set.selections
        if len(asked) < 3 or self.random.random() < 0.2:
            return None
        chosen = SelectionSetNode(selections=tuple(self.random.sample(asked, 2)))
        return replace(node, selection_set=chosen)

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode:
        """Remember where we are; of two ways to ask for a page, keep one."""
        self.fields.append(node.name.value)
        forwards, rare = self.random.random() < 0.7, self.random.random() < 0.03
        dropped = ("last", "before") if forwards else ("first", "after")
        kept = [a for a in node.arguments or () if rare or a.name.value not in dropped]
        return replace(node, arguments=tuple(kept))

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        """Out again; a verb's answer must say what it is."""
        self.fields.pop()
        if not self.verb or self.fields or not node.selection_set:
            return None
        name = FieldNode(name=NameNode(value="__typename"))
        chosen = SelectionSetNode(selections=(*node.selection_set.selections, name))
        return replace(node, selection_set=chosen)

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode:
        """Perhaps another value."""
        return replace(node, value=self._value(node.name.value, node.value))

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> ObjectFieldNode:
        """Perhaps another value."""
        return replace(node, value=self._value(node.name.value, node.value))

    def enter_object_value(self, node: ObjectValueNode, *_: Any) -> ObjectValueNode:
        """Keep a condition or two: all of them at once would find nothing."""
        return replace(node, fields=tuple(f for f in node.fields if self.random.random() < 0.4))

    def _value(self, name: str, value: Any) -> Any:
        draw = self.random.random()
        if name in ("first", "last") and draw < 0.9:
            return IntValueNode(value=str(self.random.randint(0, 6)))
        if name in ("after", "before"):
            cursor = StringValueNode(value=self.random.choice(self.larder.cursors))
            return nodes.Null if draw < 0.7 else cursor if draw < 0.9 else value
        if (name == "id" or name.endswith("Id")) and name != "clientId" and draw < 0.9:
            where = self.larder.foreign if draw > 0.7 else self.larder.ids
            return StringValueNode(value=self.random.choice(self._ids(name, where)))
        if name in self.larder.words and draw < 0.85:
            return StringValueNode(value=self.random.choice(self.larder.words[name]))
        if name == "filter" and draw < 0.3:
            return nodes.Null
        if name == "mine" and draw < 0.8:
            return BooleanValueNode(value=False)
        if isinstance(value, ListValueNode) and name == "scopes" and draw < 0.7:
            return ListValueNode(values=(StringValueNode(value="orders:read"),))
        return value

    def _ids(self, name: str, where: dict[str, list[str]]) -> list[str]:
        word = (self.fields[-1] if name == "id" else name[:-2]).lower()
        for kind, ids in where.items():
            if kind.lower() in word and self.random.random() < 0.8:
                return ids
        return [id for ids in where.values() for id in ids]


def seasoned(text: str, larder: Larder, seed: int) -> str:
    """A document with arguments that may find something."""
    return print_ast(visit(parse(text), Seasoning(larder, dice(text, seed))))


def dice(text: str, seed: int) -> random.Random:
    """Chance that can be repeated. Drawn seeds are often small ones, so the text counts too."""
    return random.Random(f"{seed} {text}")


# Two shops, and who asks


@dataclass(repr=False)
class Stage:
    """Two shops, the door of both, and what to season with."""

    mine: World
    others: World
    door: httpx.AsyncClient
    people: dict[str, dict[str, str]]
    larder: Larder
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)


async def stage(hands: Hands, client: httpx.AsyncClient) -> Stage:
    """Two shops in which much has happened."""
    mine, others = await world("M", hands), await world("O", hands)
    larder = Larder(
        ids=_by_kind(mine.ids),
        foreign=_by_kind(others.ids),
        words={
            "number": [
                row.number
                for w in (mine, others)
                for model in (Order, Ticket)
                for row in await model.filter(shop_id=w.house.id)
            ],
            "slug": ["a", "d"],
            "search": ["mark", "卡密", "退款"],
            "locale": ["zh", "en", "xx"],
            "intent": ["card_invalid", "other"],
            "text": ["谢谢", "还是不行", "x" * 4001, "  "],
            "reason": ["他需要财务", ""],
            "name": ["ERP", ""],
        },
    )
    for kind, w, ids in (("token", mine, larder.ids), ("token", others, larder.foreign)):
        token, _ = await people.issue_token(w.house.dana, kind, Role.PARTNER, None, ["orders:read"])
        ids["Token"] = [opaque("ApiToken", token.id)]
        ids["Channel"] = [opaque("Channel", w.house.webchat.id)]
    made = Stage(mine, others, client, await callers(mine.house), larder)
    larder.cursors = await _cursors(made)
    return made


def _by_kind(ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id in ids:
        named = parse_any(id)
        assert named is not None
        found.setdefault(named[0], []).append(id)
    return found


async def _cursors(on: Stage) -> list[str]:
    lists = ("customers", "conversations", "queue", "tickets", "orders", "articles")
    text = " ".join(f"{name} {{ edges {{ cursor }} }}" for name in lists)
    answer = await post(on.door, {"query": f"{{ {text} }}"}, on.people["dana"])
    return [
        edge["cursor"]
        for connection in answer.json()["data"].values()
        for edge in connection["edges"]
    ]


@pytest.fixture(scope="module", autouse=True)
def no_rate() -> Iterator[None]:
    """The rate limit has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours(), "rate_per_minute", 10**9)
        yield


@pytest.fixture(scope="module")
async def two_shops(hands: Hands, no_rate: None) -> AsyncIterator[Stage]:
    """Two shops to read."""
    async with door() as client:
        yield await stage(hands, client)


@pytest.fixture(scope="module")
async def two_busy_shops(hands: Hands, no_rate: None) -> AsyncIterator[Stage]:
    """Two shops to write to."""
    async with door() as client:
        yield await stage(hands, client)


# What every answer must be


def assert_typed(document: DocumentNode, data: Any) -> None:
    """The data has the shape that the document and the schema promise."""
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    root = core.get_root_type(operation.operation)
    assert isinstance(root, GraphQLObjectType)
    _object(root, [operation.selection_set], data, fragments)


def _object(type_: GraphQLObjectType, sets: list[SelectionSetNode], data: Any, known: Any) -> None:
    assert isinstance(data, dict)
    chosen: dict[str, list[FieldNode]] = {}
    for each in sets:
        _collect(type_, each, chosen, known)
    assert data.keys() == chosen.keys()
    for key, same in chosen.items():
        name = same[0].name.value
        inner = [node.selection_set for node in same if node.selection_set]
        if name == "__typename":
            assert data[key] == type_.name
        else:
            _value(type_.fields[name].type, inner, data[key], known)


def _collect(
    type_: GraphQLObjectType, chosen: SelectionSetNode, into: dict[str, list[FieldNode]], known: Any
) -> None:
    for node in chosen.selections:
        if isinstance(node, FieldNode):
            key = node.alias.value if node.alias else node.name.value
            into.setdefault(key, []).append(node)
            continue
        if isinstance(node, FragmentSpreadNode):
            part = known[node.name.value]
        else:
            assert isinstance(node, InlineFragmentNode)
            part = node
        on = part.type_condition.name.value if part.type_condition else type_.name
        named = core.type_map[on]
        if on == type_.name or (
            not isinstance(named, GraphQLObjectType) and core.is_sub_type(named, type_)  # type: ignore[arg-type]
        ):
            _collect(type_, part.selection_set, into, known)


def _value(type_: Any, sets: list[SelectionSetNode], value: Any, known: Any) -> None:
    if isinstance(type_, GraphQLNonNull):
        assert value is not None
        type_ = type_.of_type
    if value is None:
        return
    if isinstance(type_, GraphQLList):
        assert isinstance(value, list)
        for item in value:
            _value(type_.of_type, sets, item, known)
        return
    if isinstance(type_, GraphQLEnumType):
        assert value in type_.values
    elif sets:
        # For unions and interfaces the names of the selected keys must fit one of the types.
        is_object = isinstance(type_, GraphQLObjectType)
        fits = []
        for each in [type_] if is_object else core.get_possible_types(type_):
            try:
                _object(each, sets, value, known)
                fits.append(each)
            except AssertionError:
                continue
        assert fits, (type_.name, value)
    else:
        assert _leaf(get_named_type(type_).name, value), (type_.name, value)


def _leaf(name: str, value: Any) -> bool:
    match name:
        case "Int":
            return type(value) is int and abs(value) < 2**31
        case "Float":
            return type(value) in (int, float) and math.isfinite(value)
        case "Boolean":
            return type(value) is bool
        case "DateTime":
            return datetime.fromisoformat(value).tzinfo is not None
        case "Decimal":
            return Decimal(value).is_finite()
        case "JSON":
            return True
    return type(value) is str


async def ask(on: Stage, name: str, text: str) -> dict[str, Any]:
    """Ask as somebody; gives the body of an answer that is as it must be."""
    response = await post(on.door, {"query": text}, on.people[name])
    assert response.status_code == 200, (name, response.status_code, response.text[:300])
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert not {"internal", "unavailable"} & set(codes(response)), (name, response.text[:500])
    body: dict[str, Any] = response.json()
    assert body.keys() <= {"data", "errors"}
    assert body.keys()
    document = parse(text)
    on.asked[name] += 1
    if body.get("data") is not None:
        on.answered[name] += 1
        assert_typed(document, body["data"])
    assert_own(on, name, text, response.text)
    on.seen.update(f"{name} {word}" for word in leaks(response.text, on.mine.marks))
    return body


def assert_own(on: Stage, name: str, text: str, response: str) -> None:
    """Nothing of another shop, and nothing of another person, but for what the question said."""
    house = on.others.house
    foreign = [*on.others.marks, *on.others.ids, str(house.id), house.shop.key]
    forbidden = [*foreign, *on.mine.forbidden(name)]
    assert leaks(response, [word for word in forbidden if word not in text]) == [], name
    if name == "nobody":
        assert leaks(response, on.mine.marks) == []


# Reading


@given(text=QUERIES, seed=SEEDS)
@QUICK
async def test_a_random_question_is_answered_or_refused_and_shows_only_what_may_be_seen(
    two_shops: Stage, text: str, seed: int
) -> None:
    await ask_all(two_shops, text, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(text=QUERIES, seed=SEEDS)
@LONG
async def test_two_thousand_random_questions_too(two_shops: Stage, text: str, seed: int) -> None:
    await ask_all(two_shops, text, seed)


async def ask_all(on: Stage, text: str, seed: int) -> None:
    """Ask as everybody, most of the time with arguments that find something."""
    question = seasoned(text, on.larder, seed) if seed % 8 else text
    for name in ("dana", "alice", "mei", "pat", "eve", "nobody"):
        body = await ask(on, name, question)
        if name == "nobody":
            assert body.get("data") is None


PLAIN = """{ orders { nodes { number product } } tickets { nodes { number } }
  conversations { nodes { messages { nodes { text } } } } }"""


async def test_the_random_questions_were_not_all_refused(two_shops: Stage) -> None:
    if any(two_shops.asked.values()):
        assert len({word.split()[0] for word in two_shops.seen}) >= 2
    for name in two_shops.people:
        if name != "nobody" and two_shops.asked[name]:
            assert two_shops.answered[name] > two_shops.asked[name] * 0.3, name
    for name in ("dana", "alice", "mei", "pat", "eve"):
        # What random ones show of a merchant's own is chance; this one shows it, or nothing can.
        await ask(two_shops, name, PLAIN)
        assert any(word.startswith(f"{name} ") for word in two_shops.seen), name


@given(text=WRONG)
@VERBS
async def test_a_random_wrong_question_is_refused_with_a_code(two_shops: Stage, text: str) -> None:
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        headers = {**two_shops.people["dana"], "accept": accept}
        response = await post(two_shops.door, {"query": text}, headers)
        assert response.status_code in (200, status)
        assert codes(response)
        assert "internal" not in codes(response), response.text[:300]


@pytest.mark.parametrize("env", ["development", "production"])
async def test_introspection_is_for_developers(
    two_shops: Stage, env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours(), "env", env)
    who = {"authorization": two_shops.people["pat"]["authorization"]}
    for text in (get_introspection_query(), "{ __schema { types { name } } viewer { name } }"):
        response = await post(two_shops.door, {"query": text}, who)
        assert response.status_code == 200
        if env == "production":
            assert set(codes(response)) <= {"invalid_document", "too_deep"}
            assert "data" not in response.json()
    typename = await post(two_shops.door, {"query": "{ __typename }"}, who)
    assert typename.json() == {"data": {"__typename": "Query"}}


@given(text=QUERIES, seed=SEEDS)
@settings(VERBS, max_examples=40)
async def test_random_questions_in_production(two_shops: Stage, text: str, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours(), "env", "production")
        for name in ("pat", "eve", "nobody"):
            await ask(two_shops, name, seasoned(text, two_shops.larder, seed))


# Writing


@given(text=MUTATIONS, seed=SEEDS)
@VERBS
async def test_a_random_verb_is_done_or_refused_and_a_refused_one_changes_nothing(
    two_busy_shops: Stage, text: str, seed: int
) -> None:
    on = two_busy_shops
    name = dice(text, seed).choice([name for name in on.people if name != "nora"])
    verb = seasoned(text, on.larder, seed)
    before, others_before = await rows_of(on.mine.house), await rows_of(on.others.house)
    body = await ask(on, name, verb)
    after = await rows_of(on.mine.house)
    assert await rows_of(on.others.house) == others_before
    done = done_by(body)
    event(f"{name} did {bool(done)}")
    # An error further in than the verb itself came after the verb was done.
    if not done and all(len(error.get("path", ())) < 2 for error in body.get("errors", ())):
        assert after == before, (name, verb)
    if name in ("nobody", "mei"):
        assert done == []


def done_by(body: dict[str, Any]) -> list[str]:
    """The verbs of an answer that were not refused."""
    verbs = (body.get("data") or {}).items()
    return [key for key, value in verbs if not value["__typename"].endswith("Problem")]
