"""Words: both languages say everything that people can be told."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

import domain
from domain import words
from domain.actors import Role
from domain.conversations import rules as conversations
from domain.conversations.models import PRIORITIES, Author, Holder
from domain.errors import DomainError
from domain.events import Kind
from domain.orders.verdict import CODES
from domain.people.models import Presence, Tier
from domain.people.rules import SCOPES
from domain.settings import ROOT
from domain.tickets.models import TicketState
from domain.understanding.intents import INTENTS, SENTIMENTS
from domain.understanding.rules import Certainty

ROOMS = ("api", "domain", "schema", "workers")
GROUPS: dict[str, list[str]] = {
    "intent": list(INTENTS),
    "wanted": list(INTENTS),
    "certainty": [certainty.value for certainty in Certainty],
    "category": sorted({intent.category for intent in INTENTS.values()}),
    "sop": sorted({intent.sop_class for intent in INTENTS.values()}),
    "team": sorted({intent.skill_group for intent in INTENTS.values()}),
    "sentiment": list(SENTIMENTS),
    "priority": list(PRIORITIES),
    "holder": [holder.value for holder in Holder],
    "author": [author.value for author in Author],
    "conversation": ["open", "closed"],
    "ticket": [state.value for state in TicketState],
    "deadline": ["none", "running", "warned", "met", "breached"],
    "verdict": CODES,
    "presence": [presence.value for presence in Presence],
    "tier": [tier.value for tier in Tier],
    "role": [role.value for role in Role],
    "scope": sorted(SCOPES),
    "identity": ["visitor", "user", "email", "phone", "external"],
    "channel": ["webchat", "api"],
    "delivery": ["pending", "sent", "failed", "uncertain"],
    "article": ["draft", "review", "published", "stale"],
    "event": [kind.value for kind in Kind],
}


def missing(ids: set[str]) -> set[str]:
    """Those of `ids` that a language does not say."""
    return {id for locale in words.LOCALES for id in ids if id not in words.catalogue(locale)}


def errors(branch: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """The whole tree of errors, of every module of the domain."""
    yield branch
    for twig in branch.__subclasses__():
        yield from errors(twig)


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file of the house."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "training" not in path.parts:
                yield path, ast.parse(path.read_text("utf-8"))


def calls(name: str) -> Iterator[ast.Call]:
    """Every call of a function or method of that name."""
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                found = getattr(called, "attr", None) or getattr(called, "id", None)
                if found == name:
                    yield node


def constant(node: ast.expr | None) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """Error classes exist once their modules are imported."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def test_every_error_has_a_message_in_both_languages() -> None:
    assert missing({error.code for error in errors()}) == set()


@pytest.mark.parametrize("group", GROUPS)
def test_every_word_that_people_are_shown_has_a_name(group: str) -> None:
    assert missing({f"{group}.{value}" for value in GROUPS[group]}) == set()


def test_intents_are_called_what_their_table_calls_them() -> None:
    for intent in INTENTS.values():
        assert words.say(f"intent.{intent.code}", "zh") == intent.name_zh
        assert words.say(f"intent.{intent.code}", "en") == intent.name_en


def test_every_reason_can_be_told() -> None:
    found: set[str | None] = set()
    for urgency in PRIORITIES:
        found |= set(conversations.priority(urgency, "negative", Decimal(5000), "enterprise")[1])
    for call in calls("Decision"):
        found |= {constant(word.value) for word in call.keywords if word.arg == "hand_over"}
        found |= {constant(part) for part in call.args[3:4]}
    for name in ("_unsure", "_hand_over"):
        found |= {constant(part) for call in calls(name) for part in call.args[1:2]}
    for path, tree in sources():
        if path.match("bot/rules.py"):
            at_once = [f for f in tree.body if getattr(f, "name", "") == "_at_once"]
            returns = [n for f in at_once for n in ast.walk(f) if isinstance(n, ast.Return)]
            found |= {constant(node.value) for node in returns}
    assert missing({f"reason.{reason}" for reason in found if reason}) == set()


def test_everything_that_code_says_is_in_both_languages() -> None:
    said = {constant(call.args[0]) for name in ("say", "_") for call in calls(name) if call.args}
    bot = {constant(call.args[0]) for call in calls("Decision") if call.args}
    assert "bot.greeting" in bot
    # A code with a place to fill in is one of the groups above.
    assert missing({id for id in said | bot if id}) == set()


def test_everything_that_pages_say_is_in_both_languages() -> None:
    said = set()
    for path in (ROOT / "api").rglob("templates/**/*.html"):
        for _, _, given, _ in babel_extract(BytesIO(path.read_bytes()), ("_",), [], {}):
            # With parameters it is a tuple whose first is the words; a composed id is None.
            said.add(given[0] if isinstance(given, tuple) else given)
    for call in calls("moved"):
        said |= {constant(part) for part in call.args[2:3]}
    assert missing({id for id in said if id}) == set()


def test_both_languages_say_the_same_with_the_same_places() -> None:
    zh, en = words.catalogue("zh"), words.catalogue("en")
    assert set(zh) == set(en)
    for id, chinese in zh.items():
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", en[id])), id
        assert not re.search(r"[\u4e00-\u9fff]", en[id]), id
        # What is not a name or a place is said in Chinese.
        plain = re.sub(r"{\w+}", "", chinese)
        assert not re.search(r"[A-Za-z]", plain) or re.search(r"[\u4e00-\u9fff]", plain), id


def test_every_error_a_person_can_mend_says_how() -> None:
    silent = {"error", "illegible", "unavailable"}
    for error in errors():
        if error.__module__ == "domain.errors" and error.code not in silent:
            assert words.hint(error.code, "zh"), error.code


def test_places_are_filled_and_nothing_else_is_read() -> None:
    assert words.say("too_long", "en", most=5, field="x") == "It is too long, at most 5 characters."
    assert words.say("too_long", "en").startswith("It is too long, at most  ")
    assert words.say("customer.visitor", "en", number="{most}") == "Visitor {most}"
    assert words.say("no such code", "en") == "no such code"
    assert words.hint("no such code") is None
    assert words.translator("en")("state of {n}", n=2) == "state of 2"
    assert words.say("not_found", "fr") == words.say("not_found", "zh")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9", "en"),
        ("fr,en;q=0.2,zh;q=0.1", "en"),
        ("en;q=0,zh", "zh"),
        ("en;q=nan,*;q=x", "zh"),
        ("ja", "zh"),
        ("en, zh", "en"),
        ("," * 1000, "zh"),
    ],
)
def test_the_preferred_language_is_answered(header: str, locale: str) -> None:
    assert words.preferred(header) == locale
