"""What the journal and its readers need of a store: who needs a service names it, who provides it stands above.

SQLite stands behind it today; another engine takes its place by passing the same acceptance suite.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from actors.site_store import SiteStoreReader
from schemas.cashier_records import StoredCashier, StoredCashierToken
from schemas.moved import ReceiptMoved
from schemas.operations import OperationStep
from schemas.payment_records import (
    Backlog,
    PaymentCounts,
    PaymentFilter,
    PaymentStep,
    StoredFile,
    StoredPart,
    StoredPayment,
)
from schemas.payments_live import PaymentMoved
from schemas.pinpad_records import OperationFilter, StoredHold, StoredOperation, StoredPinpad
from schemas.prro_records import StoredDocument, StoredPrro, StoredSession
from schemas.records import Write
from schemas.rows import (
    AttemptLine,
    AuditFilter,
    HistoryLine,
    OpenAttempt,
    QueuedReceipt,
    ReceiptFilter,
    StoredAcknowledgement,
    StoredAudit,
    StoredCallback,
    StoredCircuit,
    StoredExchange,
    StoredIntegration,
    StoredKkt,
    StoredReceipt,
    StoredShift,
    StoredToken,
)
from schemas.sale_records import SaleFilter, StoredSale
from schemas.sales import SaleStep

Moved = ReceiptMoved | PaymentMoved
"""What those who watch are told about."""


class StoreUnavailable(Exception):
    """The store cannot be used now (disk full, locked, failing); ``reason`` is for the operator.

    ``distrusted`` is true when what is on disk must be read again before anything in it is believed.
    """

    def __init__(self, reason: str, *, distrusted: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.distrusted = distrusted


class StoreRefused(StoreUnavailable):
    """Waiting does not cure it (the file is gone, is another's, or is newer than this program): a person must act."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, distrusted=True)


class Store(Protocol):
    """A durable store's write side. Every method blocks and is called from a thread, never from two at once."""

    def commit(self, writes: Sequence[Write[Any]]) -> Sequence[object]:
        """Apply all in one durable transaction, in order; answer one result or exception (not raised) for each.

        A write that fails leaves no trace and does not undo its neighbours. Raises :class:`StoreUnavailable` when
        the batch as a whole is not known to be durable; after that, until :meth:`recover` returns, always.
        """

    def take_moved(self) -> Sequence[Moved]:
        """What the last :meth:`commit` moved, in order, once: receipts, then payments. They are durable."""

    def recover(self) -> None:
        """Make the store writable again and prove it by a durable write.

        Where the failure left room for doubt about the file it is opened anew and checked first, never recreated.
        Raises :class:`StoreUnavailable` while it cannot be done.
        """

    def doubt(self, reason: str) -> None:
        """A reader met something that cannot be: stop, and let :meth:`recover` look before anything is believed."""

    def close(self) -> None: ...


class StoreReader(SiteStoreReader, Protocol):
    """The store's read side, on a connection of its own; it sees what is committed and nothing else.

    Every method blocks, is called from a thread (one at a time), and raises :class:`StoreUnavailable` when it cannot
    tell.
    """

    def receipt(self, receipt_id: int) -> StoredReceipt | None: ...

    def receipts(self, wanted: ReceiptFilter) -> Sequence[StoredReceipt]:
        """From new to old, at most ``wanted.limit``."""

    def history(self, receipt_id: int) -> Sequence[HistoryLine]: ...

    def attempts(self, receipt_id: int) -> Sequence[AttemptLine]:
        """Every attempt at making it, earliest first."""

    def exchange(self, attempt_id: int) -> StoredExchange | None:
        """What was kept of its bytes."""

    def queued(self, circuit_id: int, after_id: int, limit: int) -> Sequence[QueuedReceipt]:
        """Waiting receipts of a circuit with ids above ``after_id``, oldest first."""

    def overdue(self, circuit_id: int, accepted_before: float, limit: int) -> Sequence[int]:
        """Receipts that have waited since before that time, oldest first."""

    def queue_depth(self, circuit_id: int) -> int: ...

    def open_attempts(self, eip: str | None = None, fn: str | None = None) -> Sequence[OpenAttempt]:
        """Attempts that have not ended, earliest first: the order in which those of one FN must be settled."""

    def register_faults(self, receipt_id: int) -> Sequence[str]:
        """The distinct registers whose fault returned this receipt."""

    def claimed(self, fn: str, fds: Collection[int]) -> Collection[int]:
        """Which of these FDs already answer a receipt."""

    def last_accounted(self, fn: str) -> int | None:
        """The highest FD of that FN that answers a receipt, or is in question for one; None when there is none."""

    def circuits(self) -> Sequence[StoredCircuit]: ...

    def kkts(self) -> Sequence[StoredKkt]: ...

    def integrations(self) -> Sequence[StoredIntegration]: ...

    def tokens(self) -> Sequence[StoredToken]: ...

    def shift(self, fn: str) -> StoredShift | None: ...

    def callbacks_due(self, now: float, limit: int) -> Sequence[StoredCallback]:
        """For each receipt the earliest notice still owed, where its time has come."""

    def callbacks_of(self, receipt_id: int) -> Sequence[StoredCallback]: ...

    def audit(self, wanted: AuditFilter) -> Sequence[StoredAudit]:
        """The audit log from new to old, at most ``wanted.limit``."""

    def acknowledgements(self) -> Sequence[StoredAcknowledgement]:
        """Alarms that somebody has taken on."""

    def counts(self) -> dict[str, int]:
        """Receipts by status; statuses that no receipt has are left out."""

    def pinpads(self) -> Sequence[StoredPinpad]:
        """Those that were not removed."""

    def pinpad_holds(self, pinpad_id: int) -> Sequence[StoredHold]: ...

    def operation(self, operation_id: int) -> StoredOperation | None: ...

    def operation_by_key(self, pinpad_id: int, external_id: str) -> StoredOperation | None: ...

    def operations(self, wanted: OperationFilter) -> Sequence[StoredOperation]:
        """From new to old, at most ``wanted.limit``."""

    def operations_of(self, original_id: int) -> Sequence[StoredOperation]:
        """What was done to an operation (voids, refunds, completions), oldest first."""

    def open_operations(self, pinpad_id: int) -> Sequence[StoredOperation]:
        """Those on their way, unknown or waiting for a person, oldest first."""

    def last_sent(self, pinpad_id: int, count: int = 1) -> Sequence[StoredOperation]:
        """The newest that the bank may have seen, the last first: reports and other questions are none."""

    def operation_history(self, operation_id: int) -> Sequence[OperationStep]: ...

    def operation_counts(self) -> dict[str, int]:
        """Operations by status, of those that have not ended."""

    def sale(self, sale_id: int) -> StoredSale | None: ...

    def sales(self, wanted: SaleFilter) -> Sequence[StoredSale]:
        """From new to old, at most ``wanted.limit``."""

    def open_sales(self) -> Sequence[StoredSale]:
        """Those that have not ended, oldest first."""

    def sales_left(self) -> Sequence[StoredSale]:
        """Those that are not on their way any more and still have a pinpad kept."""

    def sale_history(self, sale_id: int) -> Sequence[SaleStep]: ...

    def payment(self, payment_id: int) -> StoredPayment | None: ...

    def payment_by_key(self, channel: str, txn_id: str) -> StoredPayment | None: ...

    def payments(self, wanted: PaymentFilter) -> Sequence[StoredPayment]:
        """From new to old, at most ``wanted.limit``."""

    def payment_history(self, payment_id: int) -> Sequence[PaymentStep]: ...

    def payment_parts(self) -> Sequence[StoredPart]: ...

    def payments_due(self, billing: str, now: float, limit: int) -> Sequence[StoredPayment]:
        """What the billing is to be asked now: of each account its first undecided payment, if its time has come."""

    def next_payment_due(self, billing: str) -> float | None:
        """When the billing is to be asked next; None when it has decided everything."""

    def payment_backlog(self) -> Sequence[Backlog]: ...

    def payment_counts(self) -> PaymentCounts: ...

    def payments_known(self, channel: str, txn_ids: Sequence[str]) -> frozenset[str]:
        """Which of these numbers a channel has sent before."""

    def payment_files(self, limit: int) -> Sequence[StoredFile]:
        """Bank files that were brought, the last first."""

    def prros(self) -> Sequence[StoredPrro]:
        """Software registers that were not removed."""

    def prro(self, register_id: int) -> StoredPrro | None: ...

    def prro_document(self, document_id: int) -> StoredDocument | None: ...

    def prro_document_by_key(self, register_id: int, external_id: str) -> StoredDocument | None: ...

    def prro_open_documents(self, register_id: int) -> Sequence[StoredDocument]:
        """Documents whose outcome is not known, or that are delivered later, in their order."""

    def prro_session_documents(self, register_id: int, session: int) -> Sequence[StoredDocument]:
        """Everything made in an offline session, in order."""

    def prro_session_last(self, register_id: int, session: int) -> StoredDocument | None:
        """The last of them; its place is their number."""

    def prro_documents_since(self, register_id: int, local_number: int) -> Sequence[StoredDocument]:
        """Documents that have this local number or a later one, in order."""

    def prro_documents_before(self, register_id: int, local_number: int, most: int) -> Sequence[StoredDocument]:
        """At most so many documents with earlier local numbers, the last first."""

    def prro_document_counts(self) -> Mapping[tuple[str, str, int | None], int]:
        """How many documents there are by kind, status, and the code with which they were refused."""

    def prro_sessions(self, register_id: int, since: float) -> Sequence[StoredSession]:
        """Offline sessions that lasted beyond that time."""

    def cashiers(self) -> Sequence[StoredCashier]:
        """Every cashier, the revoked ones too, oldest first."""

    def cashier_tokens(self, now: float) -> Sequence[StoredCashierToken]:
        """Those that are good at that time."""

    def close(self) -> None: ...
