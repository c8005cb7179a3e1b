"""A new master key for everything that is wrapped: all keys in one transaction, or none."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from kassanet.agent.master import (
    PASSPHRASE_VARIABLE,
    Keyring,
    MasterKeyProblem,
    from_environment,
    from_file,
    new_keyring,
    unlocked,
)
from kassanet.agent.settings import AgentSettings
from kassanet.agent.store import AgentStore
from kassanet.agent.vault import rewrapped
from schemas.records import Write
from schemas.signing_records import AllKeys, KeepKeyring, ReadKeyring

Answer = TypeVar("Answer")


def rotate(
    folder: Path, settings: AgentSettings, new_key_file: Path | None, new_passphrase: Callable[[], str], by: str
) -> int:
    """How many keys were wrapped anew. The directory must be locked. Raises MasterKeyProblem, Damaged."""
    store = AgentStore.open(folder)
    try:
        stored = _committed(store, ReadKeyring())
        if stored is None:
            raise MasterKeyProblem("this agent has no master key yet: start it once")
        given = from_environment() if settings.master_key_file is None else from_file(Path(settings.master_key_file))
        old = unlocked(msgspec.msgpack.decode(stored, type=Keyring), os.environ.get(PASSPHRASE_VARIABLE), given)
        keyring, new = new_keyring(*_new(new_key_file, new_passphrase))
        keys = _committed(store, AllKeys())
        sealed = {key.id: rewrapped(old, new, key.id, key.tenant, key.sealed) for key in keys}
        _committed(store, KeepKeyring(msgspec.msgpack.encode(keyring), sealed, by, time.time()))
    finally:
        store.close()
    old.wipe()
    new.wipe()
    return len(sealed)


def _new(key_file: Path | None, passphrase: Callable[[], str]) -> tuple[str | None, bytes | None]:
    return (passphrase(), None) if key_file is None else (None, from_file(key_file))


def _committed(store: AgentStore, write: Write[Answer]) -> Answer:
    answers: Sequence[object] = store.commit([write])
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]  # type: ignore[return-value]  # a batch of one is answered by one
