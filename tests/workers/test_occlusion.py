"""What moved a reading: pieces that people can read, each with what it counts for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.settings import settings as ours
from domain.understanding.classifier import Explanation
from domain.understanding.intents import SENTIMENTS
from tests.workers.silent import ALONE, silent
from workers.classifier import Labels, OnnxClassifier, load, prepare
from workers.occlusion import MOST, TOKENS, Traced, explain, grouped, log_odds, pieces, trace

PARTS = st.sampled_from(
    ["卡密", " ", "\n\t", "[卡密 尾号7HQ2]", "[手机号 尾号0001]", "[邮箱]", "[卡密]", "]", "[",
     "[邮箱 尾号1234]", "DJ202611201430551234", "1234567890", "尾号", "abc", "\ud83d", "，",
     "\x1c", "a" * 300]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PARTS, max_size=12).map("".join))


@pytest.fixture(scope="module")
def classifier() -> OnnxClassifier:
    return load(ours().model)


def shown(text: str, explanation: Explanation) -> list[str]:
    """The pieces as people see them."""
    return [text[piece.start : piece.end] for piece in explanation.pieces]


# The text as the model sees it


@given(TEXTS)
@settings(derandomize=True, database=None, deadline=None)
def test_a_traced_text_is_the_one_that_the_model_was_taught_to_see(text: str) -> None:
    assert trace(text).text == prepare(text)


@given(TEXTS)
@settings(derandomize=True, database=None, deadline=None)
def test_each_character_is_found_where_it_was_typed(text: str) -> None:
    seen = trace(text)
    assert list(seen.starts) == sorted(seen.starts)
    for char, start, end in zip(seen.text, seen.starts, seen.ends, strict=True):
        typed = text[start:end]
        assert typed == char or len(typed) > 1 or typed.isspace() or char == "?"


def test_a_long_text_is_cut_where_the_model_stops() -> None:
    assert trace("卡" * 5000).text == prepare("卡" * 5000)


# Pieces


def cut(text: str, tokens: list[tuple[int, int]]) -> list[str]:
    """The pieces of a text that a tokenizer cut so."""
    seen = trace(text)
    return [seen.text[start:end] for start, end in pieces(seen, tokens)]


def test_parts_of_a_word_are_one_piece_and_spaces_are_none() -> None:
    assert cut("I re-fund it", [(0, 1), (1, 4), (4, 5), (5, 7), (7, 9), (9, 12)]) == [
        "I", "re", "-", "fund", "it",
    ]  # fmt: skip
    assert cut("refund", [(0, 2), (2, 4), (4, 6)]) == ["refund"]
    assert cut("haven't", [(0, 5), (5, 6), (6, 7)]) == ["haven't"]


def test_chinese_stays_as_the_tokenizer_cut_it() -> None:
    assert cut("卡密无效", [(0, 2), (2, 4)]) == ["卡密", "无效"]


def test_tokens_that_overlap_are_one_piece() -> None:
    assert cut("卡密无效", [(0, 1), (0, 2), (2, 4)]) == ["卡密", "无效"]


@pytest.mark.parametrize("secret", ["[卡密 尾号7HQ2]", "[邮箱]", "DJ202611201430551234"])
def test_a_placeholder_or_an_order_number_is_one_piece(
    classifier: OnnxClassifier, secret: str
) -> None:
    text = f"我的 {secret} 提示无效"
    assert shown(text, explain(classifier, text, "card_invalid")).count(secret) == 1


def test_of_many_pieces_neighbours_are_grouped_and_none_is_lost() -> None:
    spans = [(n, n + 1) for n in range(130)]
    found = grouped(spans, 63)
    assert len(found) <= 63
    assert found[0] == (0, 3)
    assert [start for start, _ in found[1:]] == [end for _, end in found[:-1]]
    assert found[-1][1] == 130
    assert grouped(spans[:63], 63) == spans[:63]
    assert grouped([], 63) == []


# Weights


@pytest.mark.parametrize(
    ("text", "intent", "decisive"),
    [
        ("你好，麻烦看一下，卡过期了", "card_expired", "期"),
        ("hello, please tell me how do I get an invoice for it", "invoice", "invoice"),
        ("😀😀 在吗 我要转人工", "human_handoff", "人工"),
    ],
)
def test_what_decides_weighs_most(
    classifier: OnnxClassifier, text: str, intent: str, decisive: str
) -> None:
    told = explain(classifier, text, intent)
    heaviest = max(told.pieces, key=lambda piece: piece.weight)
    assert decisive in text[heaviest.start : heaviest.end]
    assert heaviest.weight > 1


def test_what_a_message_says_twice_still_weighs(classifier: OnnxClassifier) -> None:
    told = explain(classifier, "卡密无效，提示卡密错误，兑换码不对", "card_invalid")
    assert told.confidence > 0.99
    assert max(piece.weight for piece in told.pieces) > 0.5


def test_a_weight_is_what_the_log_odds_fall_by(classifier: OnnxClassifier) -> None:
    text = "付了两次钱"
    told = explain(classifier, text, "duplicate_charge")
    column = classifier.place_of("duplicate_charge")
    left = [text[: piece.start] + text[piece.end :] for piece in told.pieces]
    whole, *others = classifier.probabilities([text, *left])[0][:, column]
    assert told.confidence == pytest.approx(whole, abs=1e-4)
    falls = [log_odds(whole) - log_odds(other) for other in others]
    assert [piece.weight for piece in told.pieces] == pytest.approx(falls, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "卡密无效" * 1000,
        "I paid twice and nobody answers me. " * 80,
        "😀😡👍🏽",
        "\ud83d 卡密",
        "\x00\x01",
        "a" * 4000,
        "ا ب ت",
        " 卡\n\n密 " * 40,
        "[卡密 尾号7HQ2]" * 50,
    ],
)
def test_any_text_is_explained_in_pieces_in_order(classifier: OnnxClassifier, text: str) -> None:
    told = explain(classifier, text, "card_invalid")
    assert len(told.pieces) <= MOST
    # Of what nobody sees there are none.
    assert bool(told.pieces) == bool(prepare(text))
    assert len(told.pieces) * len(classifier.tokens(prepare(text))) <= TOKENS
    ends = [0, *(piece.end for piece in told.pieces)]
    assert all(end <= piece.start for end, piece in zip(ends, told.pieces, strict=False))
    assert all(piece.start < piece.end <= len(text) for piece in told.pieces)
    assert all(abs(piece.weight) <= 2 * log_odds(1) for piece in told.pieces)


def test_the_only_piece_weighs_all_there_is(classifier: OnnxClassifier) -> None:
    told = explain(classifier, "[卡密 尾号7HQ2]", "card_invalid")
    fall = log_odds(told.confidence) - log_odds(0)
    assert [piece.weight for piece in told.pieces] == pytest.approx([fall], abs=0.01)


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_a_text_without_words_has_no_pieces(classifier: OnnxClassifier, text: str) -> None:
    told = explain(classifier, text, "other")
    assert (told.confidence, told.pieces) == (0.0, ())


def test_an_explanation_names_the_intent_and_the_model(classifier: OnnxClassifier) -> None:
    told = explain(classifier, "你好", "small_talk")
    assert (told.intent, told.model_version) == ("small_talk", classifier.version)
    with pytest.raises(ValueError, match="not in tuple"):
        explain(classifier, "你好", "nonsense")


def test_an_explanation_comes_through_redis_as_it_was(classifier: OnnxClassifier) -> None:
    text = "账号被盗了，余额全没了"
    told = explain(classifier, text, "account_stolen")
    assert Explanation.decode(told.encode()) == told
    assert "账" not in told.encode().decode()


def test_readings_and_explanations_are_made_at_the_same_time(classifier: OnnxClassifier) -> None:
    texts = ["付了两次钱", "你好", "I was charged twice"]
    before = classifier.read(texts)
    with ThreadPoolExecutor(4) as threads:
        told = [threads.submit(explain, classifier, text, "other") for text in texts * 20]
        read = [threads.submit(classifier.read, texts) for _ in range(60)]
        assert [each.result() for each in read] == [before] * 60
        assert all(each.result().pieces for each in told)


def test_a_traced_text_is_small() -> None:
    assert trace("[卡密 尾号7HQ2]") == Traced("[卡密]", (0, 0, 0, 0), (11, 11, 11, 11))


class Watched:
    """A tokenizer and a session that notice when two threads cut texts at once."""

    def __init__(self) -> None:
        self.inside = 0
        self.met = threading.Event()

    def __call__(self, texts: list[str], **options: object) -> dict[str, object]:
        self.inside += 1
        if self.inside > 1:
            self.met.set()
        # Whoever is first gives the other the time to come in.
        self.met.wait(0.2)
        self.inside -= 1
        ones = np.ones((len(texts), 1), dtype=np.int64)
        return {"input_ids": ones, "attention_mask": ones, "offset_mapping": [(0, 1)]}

    def run(self, *_: object) -> list[object]:
        return [np.zeros((1, 1), dtype=np.float32), np.zeros((1, 3), dtype=np.float32)]


def test_a_tokenizer_which_changes_as_it_is_used_is_used_by_one_thread_at_a_time() -> None:
    watched = Watched()
    labels = Labels("test", ("other",), SENTIMENTS, ALONE, ALONE)
    classifier = OnnxClassifier(watched, watched, silent(1), labels)
    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(classifier.read, ["在"]), threads.submit(classifier.tokens, "在")]
        assert all(each.result() for each in done)
    assert not watched.met.is_set()
