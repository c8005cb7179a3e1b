"""The journal: the one place where state becomes durable, and the protocol of the store behind it.

Nothing is acknowledged before it is on disk. Writes from everywhere meet in one mailbox; whatever has gathered
there is committed as one transaction (group commit), and only then is each asker answered.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from schemas.records import Write
from schemas.rows import (
    HistoryLine,
    OpenAttempt,
    QueuedReceipt,
    ReceiptFilter,
    StoredCallback,
    StoredCircuit,
    StoredIntegration,
    StoredKkt,
    StoredReceipt,
    StoredShift,
    StoredToken,
)


class StoreUnavailable(Exception):
    """The store cannot write now (disk full, locked, failing); ``reason`` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Store(Protocol):
    """A durable store. Every method blocks and is called from a thread; ``commit`` never from two at once."""

    def commit(self, writes: Sequence[Write[object]]) -> Sequence[object]:
        """Apply all in one durable transaction, in order; answer one result or exception (not raised) for each.

        Raises :class:`StoreUnavailable` when nothing of the batch became durable.
        """

    def close(self) -> None: ...


class StoreReader(Protocol):
    """The store's read side, on a connection of its own."""

    def receipt(self, receipt_id: int) -> StoredReceipt | None: ...

    def receipts(self, wanted: ReceiptFilter) -> Sequence[StoredReceipt]: ...

    def history(self, receipt_id: int) -> Sequence[HistoryLine]: ...

    def queued(self, circuit_id: int, after_id: int, limit: int) -> Sequence[QueuedReceipt]:
        """Waiting receipts of a circuit with ids above ``after_id``, oldest first."""

    def overdue(self, circuit_id: int, accepted_before: float, limit: int) -> Sequence[int]: ...

    def queue_depth(self, circuit_id: int) -> int: ...

    def open_attempts(self, eip: str | None = None) -> Sequence[OpenAttempt]: ...

    def register_faults(self, receipt_id: int) -> Sequence[str]:
        """The distinct registers whose fault returned this receipt."""

    def claimed(self, fn: str, fds: Collection[int]) -> Collection[int]:
        """Which of these FDs already answer a receipt."""

    def circuits(self) -> Sequence[StoredCircuit]: ...

    def kkts(self) -> Sequence[StoredKkt]: ...

    def integrations(self) -> Sequence[StoredIntegration]: ...

    def tokens(self) -> Sequence[StoredToken]: ...

    def shift(self, fn: str) -> StoredShift | None: ...

    def callbacks_due(self, now: float, limit: int) -> Sequence[StoredCallback]: ...

    def callbacks_of(self, receipt_id: int) -> Sequence[StoredCallback]: ...

    def counts(self) -> dict[str, int]:
        """Receipts by status."""

    def close(self) -> None: ...
