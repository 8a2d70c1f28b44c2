"""Keys, sealing and the blind index."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import secrets
from domain.secrets import Illegible, Keyring, UnusableKeys, new_key

OLD = f"old:{base64.b64encode(bytes(32)).decode()}"
NEW = f"new:{base64.b64encode(bytes(range(32))).decode()}"
ROW = UUID("01890000-0000-7000-8000-000000000001")
OTHER = UUID("01890000-0000-7000-8000-000000000002")

quick = settings(derandomize=True, max_examples=50, deadline=None)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No keyring outlives a test."""
    secrets._keyring.cache_clear()
    yield
    secrets._keyring.cache_clear()


@quick
@given(st.binary(max_size=300), st.uuids())
def test_what_was_sealed_opens_again_for_its_row(plain: bytes, row: UUID) -> None:
    ring = Keyring.parse(NEW)
    assert ring.unseal(ring.seal(plain, row), row) == plain


def test_the_same_words_are_sealed_differently_each_time() -> None:
    ring = Keyring.parse(NEW)
    assert ring.seal(b"secret", ROW) != ring.seal(b"secret", ROW)


def test_a_sealed_value_moved_to_another_row_is_illegible() -> None:
    ring = Keyring.parse(NEW)
    with pytest.raises(Illegible):
        ring.unseal(ring.seal(b"secret", ROW), OTHER)


def test_any_altered_bit_makes_a_sealed_value_illegible() -> None:
    ring = Keyring.parse(NEW)
    sealed = ring.seal(b"secret", ROW)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Illegible):
            ring.unseal(bytes(altered), ROW)


@quick
@given(st.binary(max_size=80))
def test_rubbish_is_illegible_and_nothing_worse(rubbish: bytes) -> None:
    with pytest.raises(Illegible):
        Keyring.parse(NEW).unseal(rubbish, ROW)


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    before, after = Keyring.parse(OLD), Keyring.parse(f"{NEW},{OLD}")
    sealed = before.seal(b"secret", ROW)
    assert after.unseal(sealed, ROW) == b"secret"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal(b"secret", ROW))


def test_without_its_key_a_value_is_illegible() -> None:
    with pytest.raises(Illegible):
        Keyring.parse(NEW).unseal(Keyring.parse(OLD).seal(b"secret", ROW), ROW)


@pytest.mark.parametrize(
    ("kind", "stored", "typed"),
    [
        ("phone", "13812345678", "+86 138-1234-5678"),
        ("phone", "13812345678", "１３８１２３４５６７８"),
        ("email", "Li.Lei@Example.com", " li.lei@example.com"),
        ("card", "ABCD-EFGH-JKLM", "abcdefgh jklm"),
    ],
)
def test_a_value_is_found_however_it_is_typed(kind: str, stored: str, typed: str) -> None:
    ring = Keyring.parse(NEW)
    assert ring.blind(kind, stored) == ring.blind(kind, typed)


def test_the_blind_index_keeps_kinds_and_keys_apart() -> None:
    ring = Keyring.parse(f"{NEW},{OLD}")
    assert ring.blind("phone", "13812345678") != ring.blind("card", "13812345678")
    assert ring.blinds("phone", "13812345678") == (
        ring.blind("phone", "13812345678"),
        Keyring.parse(OLD).blind("phone", "13812345678"),
    )


def test_a_lone_surrogate_and_nul_can_be_indexed() -> None:
    assert len(Keyring.parse(NEW).blind("card", "\ud800\0")) == 64


def test_a_signature_holds_for_its_purpose_and_message_under_any_of_our_keys() -> None:
    signature = Keyring.parse(OLD).sign("link", b"message")
    ring = Keyring.parse(f"{NEW},{OLD}")
    assert ring.signed("link", b"message", signature)
    assert not ring.signed("link", b"massage", signature)
    assert not ring.signed("login", b"message", signature)
    assert not ring.signed("link", b"message", "\ud800")
    assert not Keyring.parse(NEW).signed("link", b"message", signature)


def test_the_start_is_refused_in_one_sentence_with_another_key() -> None:
    written = Keyring.parse(OLD).fingerprint
    Keyring.parse(f"{NEW},{OLD}").check(written)
    with pytest.raises(UnusableKeys, match=r"^The data was written .*\(old\).*starting\.$"):
        Keyring.parse(NEW).check(written)


def test_a_key_of_the_same_id_but_other_bytes_is_another_key() -> None:
    with pytest.raises(UnusableKeys):
        Keyring.parse(new_key("old")).check(Keyring.parse(OLD).fingerprint)


@pytest.mark.parametrize("text", ["", "a", "a:", "a:%%%", "a:AAAA", f"{OLD},{OLD}", "ä:AAAA"])
def test_unusable_keys_are_refused_without_being_shown(text: str) -> None:
    with pytest.raises(UnusableKeys) as refused:
        Keyring.parse(text)
    assert "AAAA" not in str(refused.value)


def test_the_key_file_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = secrets._keyring("", tmp_path / "home").fingerprint
    secrets._keyring.cache_clear()
    assert secrets._keyring("", tmp_path / "home").fingerprint == first
    (made,) = (tmp_path / "home").iterdir()
    assert made.name == "keys"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_of_two_processes_that_start_together_one_key_counts(tmp_path: Path) -> None:
    secrets._create(tmp_path / "keys")
    first = (tmp_path / "keys").read_text()
    secrets._create(tmp_path / "keys")
    assert (tmp_path / "keys").read_text() == first


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(NEW)
    os.chmod(path, 0o640)
    with pytest.raises(UnusableKeys, match="can be read by others"):
        secrets._keyring("", tmp_path)


def test_keys_of_the_settings_come_before_the_file(tmp_path: Path) -> None:
    assert secrets._keyring(NEW, tmp_path).fingerprint == Keyring.parse(NEW).fingerprint
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_keyring_shows_in_its_repr() -> None:
    assert "seal" not in repr(Keyring.parse(NEW))
