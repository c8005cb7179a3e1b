"""The write side: one connection, one transaction for a batch, and no trust in what is not known to be on disk.

After a full disk or a lock SQLite has rolled back and the connection goes on. After anything worse (an I/O error, a
failed fsync, damage, a file that was moved away) the connection is dropped: its cache may hold what the disk does not.
A commit that failed so has an unknown outcome - the log may hold it whole, and whoever opens the file next then
finds it. It is not guessed: the askers are told that the store is unavailable, and their replay tells.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from actors.store import Moved, StoreRefused, StoreUnavailable
from kassanet.store.sqlite import payment_rows
from kassanet.store.sqlite.failures import unavailable
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.transaction import Transaction
from kassanet.store.sqlite.writes import apply
from schemas.records import Write

log = logging.getLogger("kassanet.store")

Place = tuple[int, int]
"""Device and inode of a file: where the kernel says it lies, whatever its name."""


class SqliteStore:
    """``actors.store.Store`` over one SQLite file. Made by :meth:`open` or :meth:`open_as_it_is`."""

    def __init__(self, opening: Opening, connection: sqlite3.Connection) -> None:
        self._opening = opening
        self._connection: sqlite3.Connection | None = connection
        self._trouble: StoreUnavailable | None = None
        self._highest = (0, 0)
        self._moved: Sequence[Moved] = ()
        self._files = (opening.path, Path(f"{opening.path}-wal"))
        self._adopt(connection)

    @classmethod
    def open(cls, opening: Opening) -> Self:
        """Open the journal of a directory, upgraded to the newest schema, or make a new one.

        Raises :class:`StoreRefused` when a person must act, :class:`StoreUnavailable` when it may work later.
        """
        return cls(opening, _opened(opening.create_or_open))

    @classmethod
    def open_as_it_is(cls, opening: Opening) -> Self:
        """Open beside a running service: never creates, never changes the schema."""
        return cls(opening, _opened(opening.open_as_it_is))

    def commit(self, writes: Sequence[Write[Any]]) -> list[object]:
        """See :meth:`actors.store.Store.commit`."""
        if self._trouble is not None or self._connection is None:
            raise self._trouble or StoreUnavailable("the journal is closed")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(connection)
            answers = apply(transaction, writes)
            paid = payment_rows.moved(transaction)
            self._files_must_be_in_place()
            highest = _highest(connection)
            connection.execute("COMMIT")
        except Exception as error:
            raise self._failed(error) from error
        self._highest = highest
        self._moved = (*transaction.moved, *paid)
        return answers

    def take_moved(self) -> Sequence[Moved]:
        """See :meth:`actors.store.Store.take_moved`."""
        moved, self._moved = self._moved, ()
        return moved

    def recover(self) -> None:
        """See :meth:`actors.store.Store.recover`."""
        try:
            if self._connection is None:
                self._adopt(_opened(self._opening.open_doubted))
                log.info("the journal was opened again and checked")
            self._connection_in_use.execute("UPDATE store SET probes = probes + 1")
            self._files_must_be_in_place()
        except Exception as error:
            raise self._failed(error) from error
        self._trouble = None

    def doubt(self, reason: str) -> None:
        """See :meth:`actors.store.Store.doubt`."""
        self._failed(StoreUnavailable(reason, distrusted=True))

    def close(self) -> None:
        """Let go of the file. Whoever closes it last folds the log into the database: SQLite sees to that."""
        self._trouble = StoreUnavailable("the journal is closed")
        self._drop()

    @property
    def _connection_in_use(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    def _failed(self, error: Exception) -> Exception:
        """Note what happened and let go of what is not to be trusted; returns what to raise."""
        trouble = unavailable(error) if isinstance(error, sqlite3.Error) else error
        if isinstance(trouble, StoreUnavailable):
            self._trouble = trouble
            if trouble.distrusted:
                self._drop()
        self._roll_back()
        return trouble

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                self._trouble = StoreUnavailable(f"a failed transaction could not be undone: {error}", distrusted=True)
                self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _close(connection)

    def _adopt(self, connection: sqlite3.Connection) -> None:
        """Take a fresh connection into use; reading the highest ids also brings the log's file into being."""
        highest = _highest(connection)
        if highest[0] < self._highest[0] or highest[1] < self._highest[1]:
            _close(connection)
            raise StoreRefused(
                f"the journal ends at receipt {highest[0]} and attempt {highest[1]}, but receipt {self._highest[0]} and"
                f" attempt {self._highest[1]} were acknowledged: the file or its log was replaced by an older one"
            )
        self._connection = connection
        self._highest = highest
        self._places = self._present_places()

    def _files_must_be_in_place(self) -> None:
        """A deleted file takes writes like any other, and they are gone when it is closed."""
        if self._present_places() != self._places:
            raise StoreUnavailable("the journal file was moved, deleted or replaced", distrusted=True)

    def _present_places(self) -> list[Place | None]:
        return [_place(file) for file in self._files]


def _opened(step: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
    try:
        return step()
    except sqlite3.Error as error:
        raise unavailable(error) from error


def _highest(connection: sqlite3.Connection) -> tuple[int, int]:
    """The last receipt and the last attempt: what was acknowledged must still be there after a reopening."""
    row = connection.execute(
        "SELECT (SELECT max(id) FROM receipts), (SELECT seq FROM sqlite_sequence WHERE name = 'attempts')"
    ).fetchone()
    return row[0] or 0, row[1] or 0


def _place(file: Path) -> Place | None:
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _close(connection: sqlite3.Connection) -> None:
    """An error now tells nothing new: what was acknowledged is on disk, and the log stays for the next start."""
    try:
        connection.close()
    except sqlite3.Error as error:
        log.warning("closing the journal: %s", error)
