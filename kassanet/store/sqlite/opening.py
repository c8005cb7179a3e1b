"""Opening the journal's file: what may be created, what must be there, and what is checked before it is believed.

* Neither database nor marker: a new journal, the database first. A crash in between leaves a database
  without a marker, which is simply marked; the other order would leave a marker that mourns a journal that never was.
* A marker: the database must exist, have a schema, and carry that identity. Nothing is created.
"""

import logging
import sqlite3
import time
import uuid
from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path

from actors.store import StoreRefused, StoreUnavailable
from kassanet.store import identity
from kassanet.store.sqlite.connection import Connect, connect, prepare_reader, prepare_writer
from kassanet.store.sqlite.migrations import SCHEMA, check_version, migrate, migrations, version

CHECK_SECONDS = 20.0
"""How long the check of a doubted file may take; a file too long for it has been checked in part."""

_CHECK_STEP = 100_000
"""Virtual machine steps between two looks at the clock."""

log = logging.getLogger("kassanet.store")


OpenStep = Callable[[sqlite3.Connection], None]


class Opening:
    """How to open one journal, again and again if need be."""

    def __init__(
        self, folder: Path, *, connect: Connect = connect, busy_timeout: float = 2.0, schema: Traversable = SCHEMA
    ) -> None:
        self.folder = folder
        self.path = folder / identity.DATABASE
        self._connect = connect
        self._busy_timeout = busy_timeout
        self._schema = schema

    def create_or_open(self) -> sqlite3.Connection:
        """Open the journal and bring its schema up to date, or make a new one where none has ever been."""
        if identity.remembered(self.folder) is None:
            identity.make_folder(self.folder)
            identity.claim_file(self.path)
        else:
            self._must_exist()
        return self._guarded(self._open_and_migrate)

    def open_as_it_is(self) -> sqlite3.Connection:
        """Open an existing journal of exactly the known schema; touches neither the schema nor the marker."""
        self._must_exist()
        return self._guarded(self._open_current)

    def open_doubted(self) -> sqlite3.Connection:
        """Open as :meth:`open_as_it_is`, and look through the file before anything in it is believed."""
        connection = self.open_as_it_is()
        try:
            check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def open_reader(self) -> sqlite3.Connection:
        """Open for reading beside the writer, which has checked what this is."""
        self._must_exist()
        return self._guarded(prepare_reader)

    def _guarded(self, open_: OpenStep) -> sqlite3.Connection:
        connection = self._connect(self.path, self._busy_timeout)
        try:
            open_(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _must_exist(self) -> None:
        if not self.path.exists():
            raise StoreRefused(
                f"{self.path} is missing, but this directory has held a journal: put it back or restore a backup"
                f" (remove {identity.MARKER} only to begin an empty journal)"
            )

    def _open_and_migrate(self, connection: sqlite3.Connection) -> None:
        remembered = identity.remembered(self.folder)
        if remembered is not None:
            self._must_carry(connection, remembered)
        check_version(connection, len(migrations(self._schema)))
        prepare_writer(connection)
        migrate(connection, self._schema)
        if remembered is None:
            identity.remember(self.folder, _name_journal(connection))

    def _open_current(self, connection: sqlite3.Connection) -> None:
        remembered = identity.remembered(self.folder)
        if remembered is not None:
            self._must_carry(connection, remembered)
        known = len(migrations(self._schema))
        if check_version(connection, known) < known:
            raise StoreRefused("the journal has an older schema: it is brought up to date when the service starts")
        prepare_writer(connection)

    def _must_carry(self, connection: sqlite3.Connection, remembered: str) -> None:
        found = stored_identity(connection)
        if found != remembered:
            told = "an empty database" if found is None else f"journal {found}"
            raise StoreRefused(
                f"{self.path} is {told}, but this directory holds journal {remembered}:"
                " put the right file back or restore a backup"
            )


def stored_identity(connection: sqlite3.Connection) -> str | None:
    """The identity inside a database; None when it has no schema or was never named."""
    if version(connection) == 0:
        return None
    row = connection.execute("SELECT identity FROM store").fetchone()
    return str(row[0]) if row else None


def check(connection: sqlite3.Connection, seconds: float = CHECK_SECONDS) -> None:
    """Look through the file for at most ``seconds``; raises :class:`StoreUnavailable` when it is damaged."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _CHECK_STEP)
    try:
        findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        log.warning("the journal was checked in part: %.0f seconds were not enough for all of it", seconds)
        return
    finally:
        connection.set_progress_handler(None, 0)
    if findings != ["ok"]:
        raise StoreUnavailable(f"the journal file is damaged: {'; '.join(findings)}", distrusted=True)


def _name_journal(connection: sqlite3.Connection) -> str:
    """Give a database without a name one; what is there already stays."""
    connection.execute(
        "INSERT INTO store (only_row, identity, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
        (uuid.uuid4().hex, time.time()),
    )
    found = stored_identity(connection)
    assert found is not None
    return found
