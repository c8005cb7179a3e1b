"""The agent's file: writes that stand alone, secrets that are gone, a file of another version."""

import sqlite3
from pathlib import Path

import pytest

from actors.store import StoreRefused, StoreUnavailable
from kassanet.agent.chain import verified
from kassanet.agent.store import DATABASE, AgentStore
from schemas.records import Conflict, NotFound
from schemas.rows import StoredToken
from schemas.signing import Agreement, KeyPolicy
from schemas.signing_records import (
    AddAgentToken,
    AddKey,
    AllAgentTokens,
    AllKeys,
    AlterKey,
    DropKey,
    FindSignature,
    KeepKeyring,
    KeepSignature,
    ReadKeyring,
    RevokeAgentToken,
    StoredKey,
    StoredSignature,
)
from tests.actors.signing.rig import AGREEMENT

KEY = StoredKey("k1", "3012345678", b"certificate", b"wrapped-secret-bytes", False, None, KeyPolicy(), 1.0)
SIGNATURE = StoredSignature(b"digest", b"signature", "CAdES-BES", 2.0)


@pytest.fixture
def store(tmp_path: Path) -> AgentStore:
    opened = AgentStore.open(tmp_path)
    assert opened.commit([AddKey(KEY, "5bc6", "test")]) == [None]
    return opened


def test_a_write_that_fails_leaves_its_neighbours_alone(store: AgentStore) -> None:
    twin = StoredKey("k2", KEY.tenant, b"", b"", False, None, KeyPolicy(), 1.0)
    answers = store.commit([
        AddKey(twin, "5bc6", "test"),
        AddKey(twin, "5bc7", "test"),
        AddKey(twin, "5bc8", "test"),
        AlterKey("k9", None, None, "test", 2.0),
    ])  # fmt: skip
    assert [type(answer) for answer in answers] == [Conflict, type(None), Conflict, NotFound]
    assert store.commit([AllKeys()]) == [(KEY, twin)]


def test_agreements_and_policies_are_kept(store: AgentStore, tmp_path: Path) -> None:
    policy = KeyPolicy(kinds=("check",), registers=("1", "2"), a_minute=5)
    store.commit([AlterKey("k1", AGREEMENT, None, "test", 2.0), AlterKey("k1", None, policy, "test", 3.0)])
    store.close()
    [found] = AgentStore.open(tmp_path).commit([AllKeys()])
    assert isinstance(found, tuple)
    assert isinstance(found[0].agreement, Agreement)
    assert (found[0].agreement, found[0].policy) == (AGREEMENT, policy)


def test_signatures_are_kept_once(store: AgentStore) -> None:
    other = StoredSignature(b"digest", b"another signature", "CAdES-BES", 3.0)
    differs = StoredSignature(b"other digest", b"signature", "CAdES-BES", 3.0)
    writes = [KeepSignature("k1", "d1", "check", each, "test") for each in (SIGNATURE, other, differs)]
    first, second, third = store.commit([*writes])
    assert first == second == SIGNATURE
    assert isinstance(third, Conflict)
    assert store.commit([FindSignature("k1", "d1"), FindSignature("k1", "d2")]) == [SIGNATURE, None]


def test_a_dropped_secret_is_gone_from_the_disk(store: AgentStore, tmp_path: Path) -> None:
    assert any(KEY.sealed in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    store.commit([DropKey("k1", "test", 2.0)])
    assert not any(KEY.sealed in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    [refused] = store.commit([KeepSignature("k1", "d1", "check", SIGNATURE, "test")])
    assert isinstance(refused, NotFound)
    assert store.commit([AllKeys(), AddKey(KEY, "5bc6", "test")])[0] == ()


def test_a_new_master_key_is_for_all_keys_or_none(store: AgentStore) -> None:
    [refused] = store.commit([KeepKeyring(b"ring", {}, "test", 2.0)])
    assert isinstance(refused, Conflict)
    assert store.commit([ReadKeyring()]) == [None]
    store.commit([KeepKeyring(b"ring", {"k1": b"new"}, "test", 2.0)])
    ring, keys = store.commit([ReadKeyring(), AllKeys()])
    assert ring == b"ring"
    assert isinstance(keys, tuple)
    assert keys[0].sealed == b"new"


def test_tokens(store: AgentStore) -> None:
    [number] = store.commit([AddAgentToken(b"hash", "operator", "3012345678", "test", 1.0)])
    store.commit([RevokeAgentToken(1, "test", 5.0), RevokeAgentToken(1, "test", 6.0)])
    [tokens, missing] = store.commit([AllAgentTokens(), RevokeAgentToken(2, "test", 5.0)])
    assert (number, tokens) == (1, (StoredToken(1, b"hash", "operator", "3012345678", None, 1.0, 5.0),))
    assert isinstance(missing, NotFound)


def test_every_change_is_in_the_log(store: AgentStore, tmp_path: Path) -> None:
    store.commit([KeepSignature("k1", "d1", "check", SIGNATURE, "test"), AlterKey("k9", None, None, "test", 2.0)])
    assert verified(sqlite3.connect(tmp_path / DATABASE))[0] == 2


def test_the_file_is_for_its_owner_alone(store: AgentStore, tmp_path: Path) -> None:
    assert (tmp_path / DATABASE).stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_version_is_refused(store: AgentStore, tmp_path: Path) -> None:
    store.close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreRefused, match="99"):
        AgentStore.open(tmp_path)


def test_a_closed_store_says_so_and_recovers(store: AgentStore) -> None:
    store.doubt("strange")
    with pytest.raises(StoreUnavailable, match="strange"):
        store.commit([AllKeys()])
    store.recover()
    assert store.commit([AllKeys()]) == [(KEY,)]
    store.close()
    with pytest.raises(StoreUnavailable):
        store.commit([AllKeys()])
