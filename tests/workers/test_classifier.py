"""The shipped model reads what customers write, whatever they write."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import workers.classifier
from domain.understanding.classifier import Classifier
from domain.understanding.intents import INTENTS, SENTIMENTS
from domain.understanding.rules import Certainty
from tests.workers.silent import ALONE, silent
from workers.classifier import Labels, ModelBroken, OnnxClassifier, Weights, load, prepare

FOLDER = Path(workers.classifier.__file__).parent / "model"


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return load(FOLDER)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("卡密用不了，提示无效", "card_invalid"),
        ("卡蜜显示被别人用过了", "card_used"),
        ("卡密过期了", "card_expired"),
        ("付了钱没收到卡密 DJ202611201430551234", "card_not_received"),
        ("话费充了半天没到帐", "recharge_not_arrived"),
        ("付了两次钱", "duplicate_charge"),
        ("支付失败了，付不了款", "payment_failed"),
        ("我要退款", "refund_request"),
        ("退款什么时候到", "refund_status"),
        ("账号被冻结了", "account_frozen"),
        ("我的账号被盗了", "account_stolen"),
        ("我要人工", "human_handoff"),
        ("你好", "small_talk"),
        ("能开发票吗", "invoice"),
        ("The code is invalid", "card_invalid"),
        ("I was charged twice", "duplicate_charge"),
    ],
)
def test_a_plain_message_is_understood(classifier: OnnxClassifier, text: str, intent: str) -> None:
    assert classifier.read([text])[0].intent == intent


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("谢谢，你们真好", "positive"),
        ("怎么充值", "neutral"),
        ("垃圾客服，什么态度，再也不来了！", "negative"),
    ],
)
def test_a_tone_is_heard(classifier: OnnxClassifier, text: str, sentiment: str) -> None:
    assert classifier.read([text])[0].sentiment == sentiment


@pytest.mark.parametrize(
    "text",
    [
        "😀😡👍🏽",
        "卡密无效" * 1000,
        "\ud83d 卡密",
        "卡密\udc00",
        "\x00\x01",
        "ا ب ت",
        "\u200b",
        "a" * 4000,
    ],
)
def test_strange_text_is_read_all_the_same(classifier: OnnxClassifier, text: str) -> None:
    [guess] = classifier.read([text])
    assert guess.intent in INTENTS
    assert guess.sentiment in SENTIMENTS
    assert 0 <= guess.intent_confidence <= 1
    assert 0 <= guess.sentiment_confidence <= 1


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_a_text_without_words_is_other_without_confidence(
    classifier: OnnxClassifier, text: str
) -> None:
    [guess] = classifier.read([text])
    assert (guess.intent, guess.intent_confidence) == ("other", 0.0)
    assert (guess.sentiment, guess.also) == ("neutral", ())


def test_nothing_is_read_from_no_texts(classifier: OnnxClassifier) -> None:
    assert classifier.read([]) == []


def test_guesses_come_in_the_order_of_the_texts(classifier: OnnxClassifier) -> None:
    texts = ["我要人工", "", "付了两次钱，麻烦帮我看看是怎么回事，谢谢", "你好"] * 40
    said = [guess.intent for guess in classifier.read(texts)]
    assert said == ["human_handoff", "other", "duplicate_charge", "small_talk"] * 40


class Scripted:
    """A tokenizer and a session in one: every text gets the same `chances`, batches are kept."""

    def __init__(self, chances: list[float]) -> None:
        self.intent = np.log(np.array(chances, dtype=np.float32))
        self.batches: list[int] = []
        self.texts: list[list[str]] = []

    def __call__(self, texts: list[str], **_: object) -> dict[str, NDArray[np.int64]]:
        self.texts.append(texts)
        ones = np.ones((len(texts), 1), dtype=np.int64)
        return {"input_ids": ones, "attention_mask": ones}

    def run(self, _: list[str], feed: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        count = len(feed["input_ids"])
        self.batches.append(count)
        return [np.tile(self.intent, (count, 1)), np.zeros((count, 3), dtype=np.float32)]


def scripted(chances: list[float], temperature: float = 1.0) -> tuple[OnnxClassifier, Scripted]:
    script = Scripted(chances)
    weights = Weights(network=1 / temperature, ngrams=0.0)
    labels = Labels("test", ("pricing", "invoice", "other"), SENTIMENTS, weights, ALONE)
    return OnnxClassifier(script, script, silent(3), labels), script


def test_further_likely_intents_are_told_likeliest_first() -> None:
    assert scripted([0.3, 0.26, 0.44])[0].read(["在吗"])[0].also == ("pricing", "invoice")
    assert scripted([0.6, 0.24, 0.16])[0].read(["在吗"])[0].also == ()


def test_an_unsure_guess_names_its_runner_up_and_a_sure_one_does_not() -> None:
    [unsure] = scripted([0.5, 0.2, 0.3])[0].read(["在吗"])
    assert (unsure.certainty, unsure.also) == (Certainty.ASK, ())
    assert unsure.second_confidence == pytest.approx(0.3)
    [unsure] = scripted([0.58, 0.22, 0.2])[0].read(["在吗"])
    assert (unsure.certainty, unsure.also) == (Certainty.ASK, ("invoice",))
    [sure] = scripted([0.75, 0.2, 0.05])[0].read(["在吗"])
    assert (sure.certainty, sure.also) == (Certainty.SURE, ())


def test_nobody_wants_small_talk_besides() -> None:
    assert scripted([0.55, 0.1, 0.35])[0].read(["在吗"])[0].also == ()


def test_a_message_of_one_clause_is_read_once() -> None:
    classifier, script = scripted([0.8, 0.1, 0.1])
    classifier.read(["我想问一下怎么充值话费到手机号上"])
    assert script.batches == [1]


def test_a_temperature_makes_a_guess_less_sure_but_never_another() -> None:
    [sure] = scripted([0.8, 0.1, 0.1])[0].read(["在吗"])
    [less] = scripted([0.8, 0.1, 0.1], temperature=2.0)[0].read(["在吗"])
    assert sure.intent == less.intent == "pricing"
    assert less.intent_confidence < sure.intent_confidence == pytest.approx(0.8)


def test_many_texts_are_read_at_most_64_at_a_time() -> None:
    classifier, script = scripted([0.8, 0.1, 0.1])
    assert len(classifier.read(["在吗"] * 150)) == 150
    assert script.batches == [64, 64, 22]


def test_a_guess_names_the_model(classifier: Classifier) -> None:
    assert classifier.read(["你好"])[0].model_version == classifier.version != ""


def test_the_labels_are_the_intents_of_the_house() -> None:
    labels = json.loads((FOLDER / "labels.json").read_text(encoding="utf-8"))
    assert labels["intents"] == list(INTENTS)
    assert labels["sentiments"] == list(SENTIMENTS)


def test_order_numbers_and_tails_of_secrets_make_no_difference() -> None:
    one = prepare("DJ202611201430551234 的 [卡密 尾号7HQ2] 无效，[手机号 尾号0001]")
    other = prepare("DJ202610010000000001 的 [卡密]  无效，[手机号]")
    assert one == other == "[单号] 的 [卡密] 无效，[手机号]"


def test_the_model_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 40_000_000


def test_a_model_that_reads_differently_here_is_refused(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "model")
    path = copy / "selfcheck.json"
    samples = json.loads(path.read_text(encoding="utf-8"))
    samples[0]["intent"] = "invoice"
    path.write_text(json.dumps(samples), encoding="utf-8")
    with pytest.raises(ModelBroken, match=r"reads wrongly on this machine.*invoice"):
        load(copy)


@pytest.mark.parametrize(
    "name", ["model.onnx", "ngrams.npz", "labels.json", "tokenizer.json", "selfcheck.json"]
)
def test_a_damaged_model_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "model")
    (copy / name).write_bytes(b"?")
    with pytest.raises(ModelBroken, match="cannot be opened"):
        load(copy)


def test_importing_the_classifier_does_not_import_its_libraries() -> None:
    heavy = "{'transformers', 'onnxruntime', 'torch'}"
    code = f"import sys, workers.classifier; print(sys.modules.keys() & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
