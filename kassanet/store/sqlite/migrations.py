"""The schema's history: numbered SQL files, applied forward and never changed once released.

Each file runs in one transaction together with the line that says it ran, so a crash leaves the old schema or the
new one. A database newer than the program is refused: an older program does not know what the newer one promised.
"""

import sqlite3
import time
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from actors.store import StoreRefused

SCHEMA: Traversable = files("kassanet.store") / "schema"


class Migration(NamedTuple):
    """One numbered file: ``0002_add_marks.sql`` is version 2."""

    version: int
    name: str
    sql: str


def migrations(schema: Traversable = SCHEMA) -> list[Migration]:
    """All known migrations in order; a gap or a number used twice is a mistake of ours."""
    names = sorted(entry.name for entry in schema.iterdir() if entry.name.endswith(".sql"))
    found = [Migration(int(name[:4]), name, (schema / name).read_text()) for name in names]
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations are not numbered 1…n: {names}")
    return found


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a database; 0 when it has no schema yet."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'").fetchone()
    if known is None:
        return 0
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(row[0] or 0)


def check_version(connection: sqlite3.Connection, known: int) -> int:
    """The database's version; refuses one that is newer than ``known``."""
    present = version(connection)
    if present > known:
        raise StoreRefused(
            f"the journal has schema version {present}, this program knows {known}: install the newer program again"
        )
    return present


def migrate(connection: sqlite3.Connection, schema: Traversable = SCHEMA) -> None:
    """Bring the database to the newest version, one transaction for each step."""
    wanted = migrations(schema)
    check_version(connection, len(wanted))
    for migration in wanted:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again inside the transaction: another process may have been quicker.
            if version(connection) < migration.version:
                _apply(connection, migration)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version"
        " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL) STRICT"
    )
    for statement in _statements(migration.sql):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)",
        (migration.version, migration.name, time.time()),
    )


def _statements(sql: str) -> Iterator[str]:
    """Split a script: ``executescript`` would commit what is open, and the step would no longer be one."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if "".join(line.split("--")[0] for line in pending.splitlines()).strip():
        raise ValueError(f"the script ends inside a statement: {pending.strip()[:80]}")
