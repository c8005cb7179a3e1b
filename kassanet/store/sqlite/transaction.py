"""One transaction: the connection, and the tallies that are written once for the whole batch.

Counting rows by status would scan a million of them; a trigger would cost each insert. So every write notes what it
moved, and the batch adds the sums up in a handful of statements just before it commits.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

from schemas.moved import ReceiptMoved
from schemas.payment_records import StoredPayment
from schemas.receipts import Status

Row = tuple[Any, ...]
Mark = tuple[int, int, int]
"""How much was noted when a savepoint was opened."""

_ADD_COUNT = """
    INSERT INTO receipt_counts (circuit_id, status, receipts) VALUES (?, ?, ?)
    ON CONFLICT (circuit_id, status) DO UPDATE SET receipts = receipts + excluded.receipts
"""
_ADD_HOUR = """
    INSERT INTO receipt_hours (hour, first_id, last_id) VALUES (?, ?, ?)
    ON CONFLICT (hour) DO UPDATE SET
        first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)
"""


class Transaction:
    """What a write's handler works with. ``execute`` and ``row`` run SQL; the rest keeps the tallies.

    ``moved`` are the receipts that changed their status, ``paid`` what happened to payments: to be told once they are
    durable. ``fresh`` are rows of payments as they were put in, of those that nothing happened to since.
    """

    __slots__ = ("_hours", "_moves", "connection", "execute", "fresh", "moved", "paid")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.execute = connection.execute
        self._moves: list[tuple[int, Status, int]] = []
        self._hours: dict[int, tuple[int, int]] = {}
        self.moved: list[ReceiptMoved] = []
        self.paid: list[tuple[int, str]] = []
        self.fresh: dict[int, StoredPayment] = {}

    def row(self, sql: str, *parameters: object) -> Row | None:
        """The first row of an answer."""
        found: Row | None = self.execute(sql, parameters).fetchone()
        return found

    def insert(self, sql: str, *parameters: object) -> int:
        """Insert one row and return its id."""
        return self.execute(sql, parameters).lastrowid or 0

    def count(self, circuit_id: int, status: Status, receipts: int) -> None:
        """Note that a circuit has that many receipts more (or fewer) in a status."""
        self._moves.append((circuit_id, status, receipts))

    def accepted(self, hour: int, first_id: int, last_id: int) -> None:
        """Note that receipts from ``first_id`` to ``last_id`` may have been accepted in that hour."""
        first, last = self._hours.get(hour, (first_id, last_id))
        self._hours[hour] = (min(first, first_id), max(last, last_id))

    def begin_write(self) -> Mark:
        """Open a savepoint; returns the mark to hand to :meth:`undo_write`."""
        self.execute("SAVEPOINT one_write")
        return len(self._moves), len(self.moved), len(self.paid)

    def keep_write(self) -> None:
        self.execute("RELEASE one_write")

    def undo_write(self, mark: Mark) -> None:
        """Take back everything since the savepoint. An hour noted too much only widens a search."""
        self.execute("ROLLBACK TO one_write")
        self.execute("RELEASE one_write")
        del self._moves[mark[0] :]
        del self.moved[mark[1] :]
        del self.paid[mark[2] :]

    def finish(self) -> None:
        """Write the tallies."""
        self.connection.executemany(_ADD_COUNT, self._sums())
        self.connection.executemany(_ADD_HOUR, ((hour, *span) for hour, span in self._hours.items()))

    def _sums(self) -> Iterable[tuple[int, Status, int]]:
        sums: Counter[tuple[int, Status]] = Counter()
        for circuit_id, status, receipts in self._moves:
            sums[circuit_id, status] += receipts
        return [(circuit_id, status, receipts) for (circuit_id, status), receipts in sums.items() if receipts]
