"""A model on trial reads along: what it reads otherwise is counted, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from api import health
from api.app import create_app
from domain import broker, events
from domain.conversations import actions as talk
from domain.events import Happened
from domain.rows import new_id
from domain.settings import settings
from domain.understanding.classifier import Classifier, Guess
from domain.understanding.models import Reading
from tests.hands import Hands
from tests.people import House
from tests.workers.second import second
from workers.classifier import load
from workers.models import Store
from workers.shadow import Shadow, shadow
from workers.understand import understand


class Trial:
    """A classifier that says the same of everything, or fails, as soon as it may."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.version = f"trial-{new_id().hex[-8:]}"
        self.read_so_far: list[str] = []
        self.may = threading.Event()
        self._failure = failure

    def read(self, texts: Sequence[str]) -> list[Guess]:
        self.may.wait(10)
        self.read_so_far += texts
        if self._failure:
            raise self._failure
        return [Guess("other", 0.5, "neutral", 0.5, (), self.version) for _ in texts]


async def said(house: House, hands: Hands, *texts: str) -> list[Happened]:
    """Eve says something; the events of that."""
    ids = [str((await talk.receive(house.eve, text)).id) for text in texts]
    await hands.sequence()
    heard = await events.since(0, house.id, 1000)
    return [event for event in heard if event.data.get("message") in ids]


async def figures(version: str) -> list[str]:
    """The lines of /metrics about a model on trial."""
    transport = ASGITransport(app=create_app(health.routes))
    async with AsyncClient(transport=transport, base_url="http://zaide.test") as client:
        text = (await client.get("/metrics")).text
    return sorted(line for line in text.splitlines() if f'shadow="{version}"' in line)


async def test_what_a_model_on_trial_reads_otherwise_is_counted_by_intents(
    house: House, hands: Hands, classifier: Classifier, tmp_path: Path
) -> None:
    version = f"mixed-{new_id().hex[-8:]}"
    trial = load(second(tmp_path, version, {"small_talk": "invoice"}))
    looks_on = Shadow(trial)
    await understand(classifier, looks_on).handle(await said(house, hands, "你好", "我要人工"))
    await looks_on.idle()
    both = f'model="{classifier.version}",shadow="{version}"'
    pair = f'intent="small_talk",model="{classifier.version}",shadow="{version}"'
    assert await figures(version) == [
        f'zaide_shadow_disagreements_total{{{pair},shadow_intent="invoice"}} 1.0',
        f"zaide_shadow_readings_total{{{both}}} 2.0",
    ]
    read = await Reading.filter(shop_id=house.id).order_by("id")
    assert [r.intent for r in read] == ["small_talk", "human_handoff"]
    assert {r.model_version for r in read} == {classifier.version}


async def test_a_trial_that_fails_is_no_matter_of_the_stream(
    house: House, hands: Hands, classifier: Classifier
) -> None:
    trial = Trial(ValueError("卡密 SECRET-1234"))
    trial.may.set()
    looks_on = Shadow(trial)
    await understand(classifier, looks_on).handle(await said(house, hands, "你好"))
    await looks_on.idle()
    assert trial.read_so_far == ["你好"]
    assert await Reading.filter(shop_id=house.id).count() == 1
    assert await figures(trial.version) == []


async def test_nobody_waits_for_a_slow_trial_which_lets_a_batch_pass(
    house: House, hands: Hands, classifier: Classifier
) -> None:
    trial = Trial()
    looks_on = Shadow(trial)
    consumer = understand(classifier, looks_on)
    await consumer.handle(await said(house, hands, "一"))
    await consumer.handle(await said(house, hands, "二"))
    assert await Reading.filter(shop_id=house.id).count() == 2
    trial.may.set()
    await looks_on.idle()
    assert trial.read_so_far == ["一"]
    await consumer.handle(await said(house, hands, "三"))
    await looks_on.idle()
    assert trial.read_so_far == ["一", "三"]


async def test_without_redis_nothing_is_counted_and_figures_are_still_told(
    stack: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    await broker.close()
    broker.connect("unix:///nowhere/redis.sock")
    try:
        await broker.tally(broker.SHADOW, {"[]": 1})
        assert await broker.tallied(broker.SHADOW) == {}
        assert await figures("anything") == []
    finally:
        await broker.close()
        broker.connect()


def test_a_trial_is_named_by_version_or_folder_and_a_broken_one_stays_away(tmp_path: Path) -> None:
    store = Store(tmp_path / "models", settings().model)
    assert shadow("", store) is None
    assert shadow(str(tmp_path), store) is None
    assert shadow(str(settings().model), store) is not None
    store.promote(second(tmp_path, "two"))
    assert shadow("two", store) is not None
