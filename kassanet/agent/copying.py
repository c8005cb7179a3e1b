"""A copy of the agent's keys, signatures and audit log, taken while it runs.

The secrets in it are wrapped as they are in the original: who has the copy and not the master key has nothing.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from actors.store import StoreRefused, StoreUnavailable
from kassanet.agent.failures import AgentFailure
from kassanet.agent.store import DATABASE, VERSION
from kassanet.store.backup import Part

_TABLES = frozenset({"keys", "signatures", "audit", "meta"})


def copy(folder: Path, target: Path) -> int:
    """Write ``target``, which only its owner may read; its size in bytes. Raises AgentFailure, OSError."""
    source = folder / DATABASE
    if not source.exists():
        raise AgentFailure(f"there is no agent in {folder}; name its directory with --data")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise AgentFailure(f"{target} is there already; choose another name") from None
    with (
        closing(reading(source)) as original,
        closing(sqlite3.connect(target)) as made,
    ):
        original.backup(made)
        [[found]] = made.execute("PRAGMA integrity_check").fetchall()
    if found != "ok":
        target.unlink()
        raise AgentFailure(f"the copy does not hold together: {found}")
    return target.stat().st_size


def verify(path: Path) -> None:
    """Read the whole file; raises StoreUnavailable for a damaged one, StoreRefused for one that is no agent's."""
    try:
        with closing(reading(path)) as connection:
            [[found]] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            [[version]] = connection.execute("PRAGMA user_version").fetchall()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise StoreUnavailable(f"it is damaged: {error}") from error
    if found != "ok":
        raise StoreUnavailable(f"it is damaged: {found}")
    if not tables >= _TABLES:
        raise StoreRefused("it is not an agent's")
    if version > VERSION:
        raise StoreRefused(f"it is of version {version}; this program knows {VERSION}")


WITHIN = Part("agent", DATABASE, verify)
"""The agent within the service: its file goes with the journal's copies, wrapped as it is."""


def reading(path: Path) -> sqlite3.Connection:
    """An agent's file as it is; nothing is changed in it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
