"""Copying a database as one moment of it, and checking that a copy is a whole journal.

The engine's own backup reads one snapshot in one step: in WAL mode the writer goes on meanwhile. Copying the files
would miss the log, or catch a page in the middle.
"""

import sqlite3
from pathlib import Path

from actors.store import StoreRefused, StoreUnavailable
from kassanet.store.sqlite.connection import connect
from kassanet.store.sqlite.failures import unavailable
from kassanet.store.sqlite.migrations import check_version, migrations
from kassanet.store.sqlite.opening import stored_identity

_PATIENCE = 10.0
"""Seconds to wait for a lock."""


def copy(source: Path, target: Path) -> None:
    """Copy a journal into an empty file that exists, as one plain file without a log beside it, and sync it."""
    reading, writing = connect(source, _PATIENCE), connect(target, _PATIENCE)
    try:
        reading.execute("PRAGMA query_only = ON")
        writing.execute("PRAGMA synchronous = FULL")
        reading.backup(writing)
        # The copy inherits the mark of WAL; without it one file can be carried away alone.
        writing.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise unavailable(error) from error
    finally:
        reading.close()
        writing.close()


def verify(path: Path) -> None:
    """Read the whole file; raises :class:`StoreUnavailable` unless it is a sound journal this program can open."""
    connection = connect(path, _PATIENCE)
    try:
        _verify(path, connection)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: {unavailable(error).reason}") from error
    finally:
        connection.close()


def _verify(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
    findings = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    if findings != ["ok"]:
        raise StoreUnavailable(f"{path} is damaged: {'; '.join(findings)}")
    if stored_identity(connection) is None:
        raise StoreRefused(f"{path} is not a journal")
    check_version(connection, len(migrations()))
