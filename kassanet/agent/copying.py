"""A copy of the agent's keys, signatures and audit log, taken while it runs.

The secrets in it are wrapped as they are in the original: who has the copy and not the master key has nothing.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kassanet.agent.failures import AgentFailure
from kassanet.agent.store import DATABASE


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
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(target)) as made,
    ):
        original.backup(made)
        [[found]] = made.execute("PRAGMA integrity_check").fetchall()
    if found != "ok":
        target.unlink()
        raise AgentFailure(f"the copy does not hold together: {found}")
    return target.stat().st_size
