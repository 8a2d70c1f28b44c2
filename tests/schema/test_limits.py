"""What a document may ask for: refused before anything runs, with a code and advice."""

from __future__ import annotations

import contextlib
import time

import pytest

from schema import parsing
from schema.limits import Scales
from schema.parsing import Refused, core
from tests.people import House
from tests.schema.asking import ask, codes, data


def cost(text: str, **variables: object) -> int:
    """The cost of a document's operation."""
    document = parsing.read(text)
    operation = document.operation(None)
    given = parsing._given(operation, variables)
    return Scales(core, document.fragments, given).operation(operation).cost


def refusal(text: str) -> list[str]:
    """The codes a document is refused with."""
    with pytest.raises(Refused) as refused:
        parsing.read(text)
    return [str((error.extensions or {})["code"]) for error in refused.value.errors]


def test_the_example_of_the_documentation_costs_what_it_says() -> None:
    text = """{ tickets(first: 50) { nodes { customer { name }
      conversation { messages(first: 20) { nodes { text } } } } } }"""
    # tickets 1 + 50 x (nodes 1 + customer 1 + conversation 1 + messages (1 + 20 x nodes 1))
    assert cost(text) == 1 + 50 * (1 + 1 + (1 + (1 + 20 * 1)))


def test_a_page_size_in_a_variable_counts_as_what_it_is() -> None:
    text = "query($n: Int = 7) { orders(first: $n) { nodes { number } } }"
    assert cost(text, n=90) == 91
    assert cost(text) == 8
    assert cost("{ orders { nodes { number } } }") == 21


def test_a_field_that_asks_a_worker_may_be_asked_for_once() -> None:
    one = 'explanation(message: "x") { ... on Explanation { pieces { weight } } }'
    assert cost(f"{{ {one} }}") == 1 + 5000 + 1
    assert cost(f"{{ a: {one} b: {one} }}") > 10_000
    assert cost(f"{{ ...F viewer {{ name }} }} fragment F on Query {{ {one} }}") == 5003


async def test_too_much_is_refused_with_the_cost_and_the_limit(house: House) -> None:
    text = """query($n: Int) { conversations(first: $n) { nodes {
      messages(first: $n) { nodes { order { number } } } } } }"""
    answer = await ask(house.dana, text, n=100)
    assert codes(answer) == ["too_costly"]
    assert "data" not in answer
    extensions = answer["errors"][0]["extensions"]
    assert (extensions["cost"], extensions["limit"]) == (1 + 100 * (1 + 1 + 100 * 2), 10_000)
    assert extensions["hint"]
    assert await data(house.dana, text, n=10)


def nested(levels: int) -> str:
    """A document that goes round in circles."""
    inner = "id"
    for n in range(levels):
        name = "conversation" if n % 2 else "ticket"
        inner = f"{'tickets' if name == 'ticket' else 'conversation'} {{ {inner} }}"
    return f'{{ {"ticket" if levels % 2 == 0 else "conversation"}(id: "x") {{ {inner} }} }}'


def test_depth_is_limited_to_twelve() -> None:
    parsing.read(nested(10))
    assert refusal(nested(11)) == ["too_deep"]
    assert "too_deep" in refusal(nested(900))


def test_fragments_hide_neither_depth_nor_aliases() -> None:
    deep = """{ ticket(id: "x") { ...A } } fragment A on Ticket { conversation { ...B } }
      fragment B on Conversation { tickets { conversation { tickets { conversation { tickets {
      conversation { tickets { conversation { tickets { team { id } } } } } } } } } } }"""
    assert refusal(deep) == ["too_deep"]
    many = "{ " + " ".join(f"...F{n}" for n in range(4)) + " }"
    for n in range(4):
        fields = " ".join(f"a{n}x{m}: viewer {{ name }}" for m in range(8))
        many += f" fragment F{n} on Query {{ {fields} }}"
    assert refusal(many) == ["too_many_aliases"]


def test_aliases_are_limited_to_thirty() -> None:
    parsing.read("{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }")
    assert refusal("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }") == [
        "too_many_aliases"
    ]


def test_tokens_are_limited_to_two_thousand() -> None:
    assert refusal("{ " + "viewer { name } " * 600 + "}") == ["too_many_tokens"]


@pytest.mark.parametrize(
    "text",
    [
        "{ a " * 3000,
        "{ orders(filter: " + "[" * 990 + "]" * 990 + ") { totalCount } }",
        "query(" + "$a: [" * 300,
        "{ ...F } fragment F on Query { ...F }",
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
        "{ ...Missing }",
        "{", "", "}", "\ufeff", "💥", "{ viewer { name(" , "subscription { a b }",
        "{ viewer { name @skip } }", "query A { __typename } query A { __typename }",
    ],
)  # fmt: skip
def test_hostile_documents_are_refused_with_a_code(text: str) -> None:
    assert refusal(text)


def test_hostile_documents_are_refused_quickly() -> None:
    doubling = "{ ...F0 }" + "".join(
        f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(150)
    )
    doubling += " fragment F150 on Query { x: viewer { name } }"
    repeated = "{ viewer { " + "name " * 1900 + "} }"
    for text in (doubling, repeated):
        began = time.perf_counter()
        with contextlib.suppress(Refused):
            parsing.read(text)
        assert time.perf_counter() - began < 2.0


def test_a_document_is_parsed_and_validated_once() -> None:
    text = "{ viewer { name role } }"
    assert parsing.read(text) is parsing.read(text)


async def test_an_operation_must_be_named_where_there_are_several(house: House) -> None:
    text = "query A { viewer { name } } query B { __typename }"
    assert codes(await ask(house.dana, text)) == ["operation_unnamed"]
    document = parsing.read(text)
    with pytest.raises(Refused):
        document.operation("C")
    assert document.operation("B").name


async def test_texts_that_no_database_keeps_are_refused(house: House) -> None:
    assert refusal('{ order(number: "a\\u0000b") { id } }') == ["invalid_text"]
    assert refusal('{ order(number: "\\ud800") { id } }') == ["malformed_document"]
