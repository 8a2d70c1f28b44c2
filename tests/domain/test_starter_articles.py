"""What a shop knows and says on its first day."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.knowledge import bigrams
from domain.redaction import redact

STARTER = Path(bigrams.__file__).parent / "starter"
FRONT = {"slug", "title", "title_en", "answer", "answer_en", "intents", "tags"}
VARIABLES = {"customer", "agent", "order", "product", "amount", "ticket", "minutes"}

# Intents which a person or the dialogue answers, and no article.
SPOKEN = {"human_handoff", "small_talk", "other"}
INTENTS = set(
    re.findall(
        r"\w+",
        """
    account_register account_login recharge_howto redeem_howto membership_benefits pricing
    balance_query invoice order_status recharge_not_arrived payment_failed duplicate_charge
    card_not_received refund_request refund_status withdrawal card_invalid card_used card_expired
    usage_restricted product_mismatch stock_availability account_frozen account_stolen fraud_report
    fund_dispute merchant_onboarding merchant_technical merchant_settlement human_handoff
    service_complaint suggestion privacy_request small_talk other
        """,
    )
)

# What a shop cannot know or must not promise.
PROMISES = re.compile(
    r"(?<!不能)(?:保证|一定|必定)(?:退|到账|解冻|追回|成功)|百分之百|(?:内|前)(?:一定|必)到"
)


def article(path: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body of one file."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


ARTICLES = {path.stem: article(path) for path in sorted(STARTER.glob("*.md"))}
TEMPLATES: list[dict[str, str]] = yaml.safe_load(
    (STARTER / "templates.yaml").read_text(encoding="utf-8")
)["templates"]


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_is_whole_and_its_answer_can_be_said_at_once(name: str) -> None:
    front, body = ARTICLES[name]
    assert set(front) == FRONT
    assert front["slug"] == name
    assert 20 <= len(front["answer"]) <= 120
    assert 20 <= len(front["answer_en"]) <= 320
    assert front["answer_en"].isascii() or "→" in front["answer_en"]
    assert front["tags"]
    assert set(front["intents"]) <= INTENTS
    assert len(body) > 200
    assert body.count("\n## ") >= 2


def test_every_intent_that_an_article_can_answer_has_exactly_one() -> None:
    counts = Counter(intent for front, _ in ARTICLES.values() for intent in front["intents"])
    assert set(counts) == INTENTS - SPOKEN
    assert set(counts.values()) == {1}


def test_articles_named_in_an_article_exist() -> None:
    titles = {front["title"] for front, _ in ARTICLES.values()}
    for _, body in ARTICLES.values():
        assert set(re.findall(r"《(.+?)》", body)) <= titles


@pytest.mark.parametrize("name", ARTICLES)
def test_nothing_is_promised_that_a_shop_cannot_know(name: str) -> None:
    front, body = ARTICLES[name]
    assert not PROMISES.search(front["answer"] + body)


@pytest.mark.parametrize("typed", ["卡蜜用不了", "冲值没到帐", "登陆不上", "退欵", "提现"])
def test_an_article_is_found_by_what_people_type(typed: str) -> None:
    asked = set(bigrams.bigrams(typed))
    found = [n for n, (front, body) in ARTICLES.items()
             if asked & set(bigrams.bigrams(front["title"] + front["answer"] + body))]  # fmt: skip
    assert found


def test_there_are_thirty_templates_and_one_for_every_intent() -> None:
    assert len(TEMPLATES) >= 30
    assert len({template["key"] for template in TEMPLATES}) == len(TEMPLATES)
    assert {template["intent"] for template in TEMPLATES} == INTENTS


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["key"])
def test_a_template_can_be_filled_and_says_nothing_unproven(template: dict[str, str]) -> None:
    assert set(template) == {"key", "intent", "text", "text_en"}
    for text in (template["text"], template["text_en"]):
        assert set(re.findall(r"\{(\w*)\}", text)) <= VARIABLES
        text.format(**dict.fromkeys(VARIABLES, "x"))
        assert redact(text).originals == ()
        assert not PROMISES.search(text)
        assert "已被使用" not in text
        assert "已经被使用" not in text
    chinese, english = (set(re.findall(r"\{\w+\}", template[name])) for name in ("text", "text_en"))
    assert chinese == english


def test_the_fields_are_those_the_tables_have() -> None:
    from domain.knowledge.models import Article, Template

    assert set(Article._meta.fields_map) >= FRONT
    assert set(Template._meta.fields_map) >= {"key", "intent", "text", "text_en"}
