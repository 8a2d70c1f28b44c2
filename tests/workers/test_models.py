"""Which model reads: promoted in one step, taken back in one, noticed between two batches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from domain import events
from domain.conversations import actions as talk
from domain.settings import settings
from domain.understanding.models import Reading
from tests.hands import Hands
from tests.people import House
from tests.workers.second import second
from workers.classifier import Labels, ModelBroken
from workers.models import Current, NothingPromoted, Store, version_of
from workers.understand import understand

SHIPPED = Labels.of(settings().model).version


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A fresh installation's models."""
    return Store(tmp_path / "models", settings().model)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second model."""
    return second(tmp_path_factory.mktemp("other"), "two")


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third one, which takes one intent for another."""
    return second(tmp_path_factory.mktemp("third"), "three", {"small_talk": "invoice"})


def test_what_shipped_reads_until_another_is_promoted(store: Store) -> None:
    assert store.current() == settings().model
    assert store.history() == []
    assert store.versions() == [SHIPPED]
    with pytest.raises(NothingPromoted):
        store.rollback()


def test_a_promoted_model_is_a_copy(store: Store, other: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(other, tmp_path / "new"))
    assert store.promote(source) == "two"
    shutil.rmtree(source)
    assert version_of(store.current()) == "two"
    assert Current(store).read(["我要人工"])[0].model_version == "two"
    assert store.versions() == [SHIPPED, "two"]
    assert store.kept(SHIPPED) == settings().model
    assert store.kept("one") is None


def test_each_step_back_leads_to_the_one_before(store: Store, other: Path, third: Path) -> None:
    store.promote(other)
    store.promote(third)
    assert store.rollback() == "two"
    assert store.rollback() == SHIPPED
    with pytest.raises(NothingPromoted):
        store.rollback()
    assert store.versions() == [SHIPPED, "three", "two"]


def test_what_reads_already_is_not_promoted_a_second_time(store: Store, other: Path) -> None:
    store.promote(settings().model)
    assert store.history() == []
    for _ in range(2):
        store.promote(other)
    assert store.history() == ["two"]


def test_a_version_is_of_one_model_for_good(store: Store, other: Path, third: Path) -> None:
    store.promote(other)
    impostor = Path(shutil.copytree(third, store.folder.parent / "impostor"))
    labels = json.loads((impostor / "labels.json").read_text(encoding="utf-8"))
    (impostor / "labels.json").write_text(json.dumps(labels | {"version": "two"}), encoding="utf-8")
    store.rollback()
    with pytest.raises(ModelBroken, match="another model of the version two"):
        store.promote(impostor)
    assert store.history() == []
    store.promote(other)
    assert store.history() == ["two"]


@pytest.mark.parametrize("version", ["", "../two", "current", ".hidden", "a b", "x" * 65])
def test_a_version_that_is_no_name_for_a_folder_is_refused(
    store: Store, other: Path, tmp_path: Path, version: str
) -> None:
    copy = Path(shutil.copytree(other, tmp_path / "copy"))
    labels = json.loads((copy / "labels.json").read_text(encoding="utf-8"))
    (copy / "labels.json").write_text(json.dumps(labels | {"version": version}), encoding="utf-8")
    with pytest.raises(ModelBroken, match="no version"):
        store.promote(copy)
    assert not store.folder.exists()


def test_a_copy_that_breaks_off_leaves_everything_as_it_was(
    store: Store, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(shutil, "copyfile", full)
        with pytest.raises(OSError, match="No space"):
            store.promote(other)
    assert list(store.folder.iterdir()) == []
    assert store.current() == settings().model
    assert store.promote(other) == "two"


def test_a_model_that_cannot_be_loaded_does_not_take_the_place_of_one_that_reads(
    store: Store, other: Path, third: Path, tmp_path: Path
) -> None:
    reads = Current(store)
    broken = Path(shutil.copytree(other, tmp_path / "broken"))
    (broken / "model.onnx").write_bytes(b"?")
    store.promote(broken)
    assert reads.read(["在吗"])[0].model_version == SHIPPED
    store.promote(third)
    assert reads.read(["在吗"])[0].model_version == reads.version == "three"
    store.rollback()
    with pytest.raises(ModelBroken):
        Current(store)


async def test_a_worker_takes_a_promoted_model_with_its_next_batch_and_loses_no_message(
    house: House, hands: Hands, store: Store, third: Path
) -> None:
    reading = understand(Current(store))
    versions = []
    for step in (lambda: None, lambda: store.promote(third), store.rollback):
        step()
        message = await talk.receive(house.eve, "你好")
        await hands.sequence()
        heard = [
            event
            for event in await events.since(0, house.id, 1000)
            if event.data.get("message") == str(message.id)
        ]
        for _ in range(2):
            await reading.handle(heard)
        read = await Reading.get(message_id=message.id)
        versions.append((read.model_version, read.intent))
    assert versions == [
        (SHIPPED, "small_talk"),
        ("three", "invoice"),
        (SHIPPED, "small_talk"),
    ]
