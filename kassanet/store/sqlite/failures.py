"""What an error of SQLite means: for one write, for the batch, and for the trust in what is on disk."""

import sqlite3

from actors.store import StoreUnavailable
from schemas.records import Conflict

_ALONE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}
"""Primary codes that are about one statement. Every other one is about the database, hence the whole batch."""

_TRUSTED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
"""After these SQLite has rolled back and its picture of the file is right. After any other it may not be:
a failed fsync in particular leaves pages in the cache of which the disk knows nothing."""

_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "the journal is locked by another process",
    sqlite3.SQLITE_LOCKED: "the journal is locked by another process",
    sqlite3.SQLITE_CORRUPT: "the journal file is damaged",
    sqlite3.SQLITE_NOTADB: "the journal file is damaged: its header is not that of a database",
    sqlite3.SQLITE_CANTOPEN: "the journal file cannot be opened",
    sqlite3.SQLITE_READONLY: "the journal file cannot be written",
    sqlite3.SQLITE_PERM: "the journal file cannot be written",
    sqlite3.SQLITE_IOERR: "the disk under the journal fails",
}

UNSTORABLE = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError)
"""How Python and SQLite refuse a value that no row can hold."""


def primary(error: sqlite3.Error) -> int:
    """The primary result code; errors that the module itself raises (misuse) carry none and count as such."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    return int(code) & 0xFF


def stands_alone(error: Exception) -> bool:
    """Whether an error inside a write concerns only that write."""
    return not isinstance(error, sqlite3.Error) or primary(error) in _ALONE


def unavailable(error: sqlite3.Error) -> StoreUnavailable:
    """The error as the operator reads it."""
    code = primary(error)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    reason = f"{_REASONS.get(code, 'the journal fails')} ({name}: {error})"
    return StoreUnavailable(reason, distrusted=code not in _TRUSTED)


def unstorable(error: Exception) -> Conflict:
    """The answer to a write whose values no row can hold."""
    return Conflict("constraint", f"cannot be stored: {error}")
