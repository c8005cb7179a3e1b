"""The master key and what it wraps: only the right key, in the right place, unchanged."""

import base64
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.agent import master
from kassanet.agent.master import MasterKey, MasterKeyProblem, from_environment, from_file, new_keyring, unlocked
from kassanet.agent.vault import Damaged, opened, rewrapped, sealed

PASSPHRASE = "correct horse battery"
KEY = bytes(range(32))
pytestmark = pytest.mark.usefixtures("cheap")
OTHER = bytes(reversed(KEY))
STORED = sealed(MasterKey(KEY), "k1", "3012345678", b"the secret")


def test_what_is_sealed_opens_in_its_place() -> None:
    assert opened(MasterKey(KEY), "k1", "3012345678", STORED) == b"the secret"
    assert b"the secret" not in STORED


@pytest.mark.parametrize(
    ("key", "key_id", "tenant"),
    [(OTHER, "k1", "3012345678"), (KEY, "k2", "3012345678"), (KEY, "k1", "3012345679")],
)
def test_nowhere_else(key: bytes, key_id: str, tenant: str) -> None:
    with pytest.raises(Damaged):
        opened(MasterKey(key), key_id, tenant, STORED)


@settings(deadline=None)
@given(st.integers(0, len(STORED) - 1), st.integers(1, 255))
def test_no_byte_of_it_may_change(place: int, change: int) -> None:
    damaged = bytearray(STORED)
    damaged[place] ^= change
    with pytest.raises(Damaged):
        opened(MasterKey(KEY), "k1", "3012345678", bytes(damaged))


def test_equal_secrets_do_not_look_equal() -> None:
    assert sealed(MasterKey(KEY), "k1", "3012345678", b"the secret") != STORED


def test_rewrapping_keeps_the_secret_and_ends_the_old_key() -> None:
    moved = rewrapped(MasterKey(KEY), MasterKey(OTHER), "k1", "3012345678", STORED)
    assert opened(MasterKey(OTHER), "k1", "3012345678", moved) == b"the secret"
    with pytest.raises(Damaged):
        opened(MasterKey(KEY), "k1", "3012345678", moved)
    with pytest.raises(Damaged):
        rewrapped(MasterKey(OTHER), MasterKey(KEY), "k1", "3012345678", STORED)


def test_a_passphrase_unlocks_what_it_locked() -> None:
    keyring, key = new_keyring(PASSPHRASE, None)
    stored = key.seal(b"x", b"")
    assert unlocked(keyring, PASSPHRASE, None).open(stored, b"") == b"x"
    with pytest.raises(MasterKeyProblem, match="not that of"):
        unlocked(keyring, PASSPHRASE + "!", None)
    with pytest.raises(MasterKeyProblem, match="none was given"):
        unlocked(keyring, None, KEY)


def test_a_given_key_unlocks_what_it_locked() -> None:
    keyring, _ = new_keyring(None, KEY)
    unlocked(keyring, None, KEY)
    for passphrase, other in ((None, OTHER), (PASSPHRASE, None)):
        with pytest.raises(MasterKeyProblem):
            unlocked(keyring, passphrase, other)


def test_short_passphrases_are_refused() -> None:
    for short in (None, "", "elevenchars"):
        with pytest.raises(MasterKeyProblem, match="12 characters"):
            new_keyring(short, None)


def test_the_real_cost_is_not_that_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    keyring, _ = new_keyring(PASSPHRASE, None)
    assert keyring.cost == 1 << 17


def test_a_wiped_key_is_gone() -> None:
    key = MasterKey(KEY)
    key.wipe()
    assert key._value == bytes(32)
    assert repr(key) == "MasterKey(…)"


@pytest.mark.parametrize("text", [KEY, KEY.hex().encode() + b"\n", base64.b64encode(KEY)])
def test_key_files(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "master"
    path.touch(mode=0o600)
    path.write_bytes(text)
    assert from_file(path) == KEY
    path.chmod(0o640)
    with pytest.raises(MasterKeyProblem, match="chmod 600"):
        from_file(path)


def test_key_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "master"
    with pytest.raises(MasterKeyProblem, match="No such file"):
        from_file(path)
    path.touch(mode=0o600)
    for text in (b"", b"short", secrets.token_bytes(33), b"zz" * 32):
        path.write_bytes(text)
        with pytest.raises(MasterKeyProblem, match="no master key"):
            from_file(path)


def test_the_environment() -> None:
    assert from_environment({}) is None
    assert from_environment({master.VARIABLE: KEY.hex()}) == KEY
    with pytest.raises(MasterKeyProblem) as told:
        from_environment({master.VARIABLE: "my secret words"})
    assert "my secret words" not in str(told.value)
