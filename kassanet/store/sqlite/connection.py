"""Connections: how the file is opened, and the pragmas on which the promises rest.

``synchronous=FULL`` in WAL mode makes every commit wait for the disk. No memory mapping: with it a failing disk
would be a SIGBUS instead of an error. The file is never opened here by other means, because closing a second
descriptor of it would drop the locks that SQLite holds on the first.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

CHECKPOINT_PAGES = 4000
"""The write-ahead log is folded into the database at 16 MiB: rare enough not to slow intake, small enough that
reading it back after a crash takes some hundredths of a second."""

CACHE_KIB = 64 * 1024
"""Holds the index of external ids of about a million receipts, whose pages inserts touch at random."""

Connect: TypeAlias = Callable[[Path, float], sqlite3.Connection]
"""Opens an existing file; seconds to wait for a lock. Tests hand in one that fails on demand."""


def connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """Open a file that must exist: an open that creates could replace a lost journal by an empty one."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )


def prepare_writer(connection: sqlite3.Connection) -> None:
    """Set up the one connection that writes; raises ``sqlite3.OperationalError`` where WAL is not to be had."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError(f"no write-ahead log on this file system (journal mode {mode})")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    _prepare(connection)


def prepare_reader(connection: sqlite3.Connection) -> None:
    """Set up a connection that can only read."""
    connection.execute("PRAGMA query_only = ON")
    _prepare(connection)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cell_size_check = ON")  # notices a damaged page before it is believed
    connection.execute("PRAGMA trusted_schema = OFF")
