"""Compiled plans against graphql-core, the oracle: the same bytes, or the same errors.

Random questions, and every document that our own console, widget, client and examples ask, run
both ways, as everybody, over shops in which much has happened.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, NonNullTypeNode, print_ast
from hypothesis import given

from domain.actors import Actor, Role
from domain.settings import ROOT
from schema import execution, parsing
from schema.compiled import Unknown, plan
from schema.compiled.parts import PagePart
from schema.context import Context
from schema.metrics import queries as metrics
from schema.parsing import Refused
from schema.ready import Ready
from tests.hands import Hands
from tests.schema.hostile import door
from tests.schema.test_fuzz import LONG, QUERIES, QUICK, SEEDS, Larder, Stage, seasoned, stage

WHO = ("dana", "alice", "mei", "nora", "eve", "frank", "pat", "admin")
SHARE = 0.95


@dataclass
class Both:
    """Two shops, who asks, and how often each way was gone."""

    stage: Stage
    people: dict[str, Actor]
    compiled: int = 0
    asked: int = 0
    why: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """How much of what was asked ran compiled."""
        return self.compiled / max(self.asked, 1)


@pytest.fixture(scope="module", autouse=True)
def still() -> Iterator[None]:
    """The figures of the last day are the same twice."""
    moment = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "now", lambda: moment)
        yield


@pytest.fixture(scope="module")
async def both(hands: Hands) -> AsyncIterator[Both]:
    """Two shops to read."""
    async with door() as client:
        made = await stage(hands, client)
        house = made.mine.house
        people = {name: getattr(house, name) for name in WHO if hasattr(house, name)}
        reads = frozenset({"orders:read", "tickets:read"})
        people["narrow"] = Actor(Role.PARTNER, house.id, house.dana.id, scopes=reads)
        people["admin"] = Actor(Role.ADMIN, None, house.dana.id)
        yield Both(made, people)


async def compare(on: Both, name: str, text: str, **variables: Any) -> str:
    """Ask both ways as somebody; which way it would have gone, or why not."""
    try:
        document = parsing.read(text)
        operation = document.operation(None)
        parsing.weigh(document, operation, variables)
    except Refused:
        return "refused"
    asked = Ready(document, operation, variables)
    context = Context(actor=on.people[name], language="en")
    on.asked += 1
    try:
        fast = await execution.compiled(asked, context)
    except Unknown as unknown:
        on.why[str(unknown)] += 1
        return str(unknown)
    on.compiled += 1
    slow = await execution.interpreted(asked, Context(actor=on.people[name], language="en"))
    assert told(fast, context) == told(slow, context), text
    return ""


def told(result: ExecutionResult, context: Context) -> tuple[bytes, list[bytes]]:
    """The answer's data as it is sent; its errors in no order, for they come as they come."""
    body = orjson.loads(execution.encode(result, context))
    errors = sorted(orjson.dumps(error) for error in body.get("errors", ()))
    return execution.encode(ExecutionResult(result.data, None), context), errors


async def compare_all(on: Both, text: str, seed: int) -> None:
    """Ask as everybody, most of the time with arguments that find something."""
    question = seasoned(text, on.stage.larder, seed) if seed % 8 else text
    for name in on.people:
        await compare(on, name, question)


@given(text=QUERIES, seed=SEEDS)
@QUICK
async def test_random_questions_are_answered_alike(both: Both, text: str, seed: int) -> None:
    await compare_all(both, text, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(text=QUERIES, seed=SEEDS)
@LONG
async def test_two_thousand_random_questions_are(both: Both, text: str, seed: int) -> None:
    await compare_all(both, text, seed)


async def test_almost_all_of_them_ran_compiled(both: Both) -> None:
    print(f"{both.share:.1%} of {both.asked} random questions ran compiled; {dict(both.why)}")
    assert both.asked > 1000
    assert both.share >= SHARE, both.why


# What we ask ourselves


def our_questions() -> dict[str, str]:
    """Every query in the Python files of the doors, the client and its examples, by its place."""
    found = {}
    for folder in ("api", "clients/python", "docs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for number, text in enumerate(_questions(path)):
                found[f"{path.relative_to(ROOT)}:{number}"] = text
    return found


def _questions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            if text.startswith(("{", "query ", "query(")) and text.endswith("}"):
                with suppress(Refused):
                    parsing.read(text)
                    yield text


def _variables(text: str, larder: Larder) -> dict[str, Any]:
    """Something for each variable that must be given."""
    operation = parsing.read(text).operation(None)
    given: dict[str, Any] = {}
    for each in operation.variable_definitions or ():
        if isinstance(each.type, NonNullTypeNode) and each.default_value is None:
            kind = print_ast(each.type.type)
            given[each.variable.name.value] = {
                "ID": larder.ids["Ticket"][0],
                "Int": 5,
            }.get(kind, larder.words["number"][0])
    return given


OURS = our_questions()


def test_we_do_ask_questions() -> None:
    places = {place.split("/")[0] for place in OURS}
    assert places >= {"api", "clients"}
    assert len(OURS) > 10


@pytest.mark.parametrize("place", OURS)
async def test_every_question_of_ours_runs_compiled(both: Both, place: str) -> None:
    text = OURS[place]
    for name in both.people:
        if name != "admin":
            why = await compare(both, name, text, **_variables(text, both.stage.larder))
            assert why == "", (place, name)


def test_rows_of_plain_values_are_one_column_which_the_database_writes() -> None:
    text = """{ tickets { nodes { id number state priority openedAt dueAt owner { id name }
      customer { name } conversation { lastMessage { author text createdAt } } } } }"""
    document = parsing.read(text)
    made, _ = plan.planned(document, document.operation(None), {}, staff=True)
    assert isinstance(made.roots[0].part, PagePart)
    (column,) = made.roots[0].part.reader.projection.columns
    assert column.startswith("convert_to(")


# What random questions seldom hit


QUESTIONS = {
    "fragments and aliases": """
        query($n: Int = 3, $deep: Boolean = false) {
          urgent: tickets(first: $n, order: URGENT) { ...page }
          also: tickets(first: 2) { ...page nodes { ... @include(if: $deep) { category } } }
        }
        fragment page on TicketConnection { totalCount pageInfo { hasNextPage endCursor }
          edges { cursor node { ...ticket } } }
        fragment ticket on Ticket { id number ...on Node { id } customer { name name2: name }
          conversation { messages(last: 2) { nodes { text reading { intent entities } } } } }
    """,
    "a page within a page within a page": """
        { customers(first: 3) { nodes { name orders(first: 2) { totalCount nodes { number
          cards { lastFour } refunds { amount createdAt } customer { conversations(first: 1) {
          nodes { messages(first: 1) { totalCount pageInfo { startCursor } } } } } } } } } }
    """,
    "pages from either end": """
        { a: customers(first: 1) { ...page } b: orders(last: 1) { ...page2 }
          c: orders(first: 0) { pageInfo { ...info } totalCount }
          d: tickets(order: OLDEST, first: 1) { nodes { conversation {
            messages(last: 1) { pageInfo { ...info } } m: messages(first: 1) {
            pageInfo { ...info } edges { cursor } } } } } }
        fragment page on CustomerConnection { pageInfo { ...info } edges { cursor } }
        fragment page2 on OrderConnection { pageInfo { ...info } edges { cursor } }
        fragment info on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    """,
    "nodes of each kind": """
        query($ids: ID = "x") { node(id: $ids) { __typename id ... on Ticket { number }
          ... on Order { number } } }
    """,
    "the same twice, merged": """
        { tickets(first: 2) { nodes { order { number } order { id verdict evidence
          zh: evidence(locale: "zh") } } nodes { number } } }
    """,
    "skipped and included": """
        query($no: Boolean = true) { orders(first: 2) { nodes { number product @skip(if: $no)
          merchant @include(if: $no) { name tier } } } }
    """,
    "people": """
        { viewer { __typename name role agent { name load teams { key agents { name } } }
          merchant { name } customer { name identities { kind hint } } }
          agents { name presence teams { name } } teams { key agents { name role } }
          merchants { name externalId } templates { key text } }
    """,
    "what was said last, in either order, and its place": """
        { latest: conversations(first: 2) { ...page } earliest: conversations(order: EARLIEST,
          last: 2) { ...page } customers(first: 3) { nodes { conversations(first: 2) { ...page } } }
          tickets(first: 3) { nodes { conversation { lastMessageAt lastMessage { createdAt } } } } }
        fragment page on ConversationConnection { totalCount edges { cursor node {
          lastMessageAt lastMessage { createdAt conversation { lastMessageAt } } } } }
    """,
    "histories": """
        { conversations(first: 3) { nodes { channelKind lastMessage { text hasSecrets facts }
          events { cursor kind at actor data } tickets { number history { kind } }
          readings { intent intentConfidence also entities } } } }
    """,
}


@pytest.mark.parametrize("what", QUESTIONS)
async def test_a_question_is_compiled_and_answered_alike(both: Both, what: str) -> None:
    text = QUESTIONS[what]
    for name in both.people:
        assert await compare(both, name, text) == "", name
    for name in both.people if "$ids" in text else ():
        for kind, ids in both.stage.larder.ids.items():
            if kind not in ("Token", "Channel"):
                assert await compare(both, name, text, ids=ids[0]) == "", (name, kind)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ tickets(first: 101) { totalCount } }", "invalid"),
        ("{ a: viewer { name } tickets(first: 1, last: 1) { totalCount } }", "invalid"),
        ('{ orders(after: "nonsense") { totalCount } }', "bad_cursor"),
        ("{ queue { totalCount } conversations { totalCount } }", "not_allowed"),
        ("{ tokens { name } }", "not_allowed"),
    ],
)
async def test_a_refusal_is_told_alike(both: Both, text: str, code: str) -> None:
    assert await compare(both, "eve", text) == ""
    document = parsing.read(text)
    context = Context(actor=both.people["eve"], language="en")
    asked = Ready(document, document.operation(None), {})
    result = await execution.compiled(asked, context)
    body = orjson.loads(execution.encode(result, context))
    assert body["data"] is None
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]


async def test_what_is_not_compiled_is_answered_by_graphql_core(both: Both) -> None:
    text = "{ customers { nodes { orders(first: 1, last: 1) { totalCount } } } }"
    document = parsing.read(text)
    context = Context(actor=both.people["dana"], language="en")
    result = await execution.answer(document, document.operation(None), {}, context)
    assert context.path == "interpreted"
    assert [error["extensions"]["code"] for error in orjson.loads(
        execution.encode(result, context))["errors"]] == ["invalid"]  # fmt: skip


async def test_plans_are_kept_up_to_a_limit(both: Both) -> None:
    from schema.compiled import plan

    for number in range(plan.KEPT + 50):
        text = f"{{ t{number}: tickets(first: 1) {{ totalCount }} }}"
        assert await compare(both, "dana", text) == ""
    assert plan._plan.cache_info().currsize == plan.KEPT
