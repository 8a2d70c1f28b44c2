"""What the letters of a text tell of its language."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.understanding.languages import is_pinyin, language, words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("カードが使えない", "ja"),
        ("二重に請求されました", "ja"),
        ("카드가 안 돼요", "ko"),
        ("где мой заказ", "ru"),
        ("де моя картка, її нема", "uk"),
        ("أين طلبي", "ar"),
        ("سلام کد من کار نمی‌کند پشتیبانی", "fa"),
        ("ئۇيغۇرچە", "ug"),
        ("ยังไม่ได้รับโค้ด", "th"),
        ("མ་རག་སོང", "bo"),
        ("код Steam Wallet не работает", "ru"),
        ("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "other"),
    ],
)
def test_a_script_of_its_own_tells_the_language(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("卡密用不了 спасибо", "zh"),
        ("我的日本账号 アカウント 登录不上", "zh"),
        ("How do I say спасибо in my profile", "en"),
        ("my card [手机号 尾号5678] does not work", "en"),
        ("[卡密 尾号5678]", "zh"),
    ],
)
def test_a_few_words_of_another_script_change_nothing(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "", "ok", "666", "😀😀", "DJ202611200930001234", "订单 8K3JQ2LMZX7P0QWE", "a@b.cn",
        "¯\\_(ツ)_/¯", "ㅠㅠㅠ", "ㅋㅋㅋㅋ", "卡密用不了Σ(っ °Д °;)っ", "可爱の卡", "ヾ(≧▽≦*)o",
        "???",
    ],
)  # fmt: skip
def test_numbers_faces_and_emoji_are_no_language(text: str) -> None:
    assert language(text) == "zh"


@pytest.mark.parametrize("text", ["chongzhi meidaozhang", "kami wuxiao", "dengle ban tian le"])
def test_pinyin_is_made_of_syllables(text: str) -> None:
    assert is_pinyin(words(text))


@pytest.mark.parametrize("text", ["my card does not work", "thx bro", "kode voucher tidak valid"])
def test_other_words_are_not(text: str) -> None:
    assert not is_pinyin(words(text))


@settings(derandomize=True)
@given(st.text(st.characters()))
def test_no_text_is_too_odd(text: str) -> None:
    assert language(text)


@pytest.mark.parametrize("piece", ["a", "a ", "a@", "Ж", "カ", "字", "[卡密", "é"])
def test_a_long_text_takes_no_longer(piece: str) -> None:
    begin = time.perf_counter()
    language(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - begin < 0.5
