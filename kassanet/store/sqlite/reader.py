"""The read side: a connection that cannot write, opened when it is first needed and dropped when it fails.

It reads beside the writer and never waits for it. What it cannot tell it says; damage it meets is reported as
distrust, so that the write side looks at the file too.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from kassanet.store.sqlite import (
    alarms,
    audit,
    cashiers,
    listing,
    payment_rows,
    pinpad_rows,
    prro_rows,
    rows,
    sale_rows,
)
from kassanet.store.sqlite.failures import unavailable
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.site_reading import SiteReading
from kassanet.store.sqlite.transaction import Row
from schemas.cashier_records import StoredCashier, StoredCashierToken
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
from schemas.pinpad_records import OperationFilter, StoredHold, StoredOperation, StoredPinpad
from schemas.prro_records import StoredDocument, StoredPrro, StoredSession
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

Made = TypeVar("Made")

_HISTORY = """
    SELECT 1, 'queued', accepted_at, NULL FROM receipts WHERE id = ?1
    UNION ALL
    SELECT revision, status, at, detail FROM history WHERE receipt_id = ?1
    ORDER BY 1
"""
_QUEUED = """
    SELECT id, body, accepted_at FROM receipts
    WHERE circuit_id = ? AND status = 'queued' AND id > ? ORDER BY id LIMIT ?
"""
_FAILED_ON = """
    SELECT DISTINCT receipt_id, eip FROM attempts
    WHERE register_fault = 1 AND receipt_id BETWEEN ? AND ? ORDER BY receipt_id, eip
"""
_OVERDUE = """
    SELECT id FROM receipts
    WHERE circuit_id = ? AND status = 'queued' AND waiting_since < ? ORDER BY id LIMIT ?
"""
_OPEN_ATTEMPTS = f"""
    SELECT {rows.OPEN_ATTEMPT} FROM attempts AS a INDEXED BY attempts_open_by_fn
    JOIN receipts AS r ON r.id = a.receipt_id
    WHERE a.ended_at IS NULL AND (?1 IS NULL OR a.eip = ?1) AND (?2 IS NULL OR a.fn = ?2) ORDER BY a.id
"""
_DUE = f"""
    SELECT {rows.CALLBACK} FROM callbacks AS c
    WHERE c.next_at <= ? AND NOT EXISTS (
        SELECT 1 FROM callbacks AS e
        WHERE e.receipt_id = c.receipt_id AND e.revision < c.revision AND e.next_at IS NOT NULL
    )
    ORDER BY c.next_at, c.id LIMIT ?
"""


class SqliteReader(SiteReading):
    """``actors.store.StoreReader`` over one SQLite file. Opens nothing until it is asked something."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._connection: sqlite3.Connection | None = None

    def receipt(self, receipt_id: int) -> StoredReceipt | None:
        return self._one(rows.receipt, f"SELECT {rows.RECEIPT} FROM receipts AS r WHERE r.id = ?", receipt_id)

    def receipts(self, wanted: ReceiptFilter) -> Sequence[StoredReceipt]:
        sql, parameters = listing.query(wanted)
        return self._all(rows.receipt, sql, *parameters)

    def history(self, receipt_id: int) -> Sequence[HistoryLine]:
        return self._all(lambda row: HistoryLine(*row), _HISTORY, receipt_id)

    def attempts(self, receipt_id: int) -> Sequence[AttemptLine]:
        sql = f"SELECT {rows.ATTEMPT} FROM attempts AS a WHERE a.receipt_id = ? ORDER BY a.id"
        return self._all(rows.attempt, sql, receipt_id)

    def exchange(self, attempt_id: int) -> StoredExchange | None:
        sql = "SELECT attempt_id, complete, pieces FROM exchanges WHERE attempt_id = ?"
        return self._one(lambda row: StoredExchange(row[0], bool(row[1]), row[2]), sql, attempt_id)

    def queued(self, circuit_id: int, after_id: int, limit: int) -> Sequence[QueuedReceipt]:
        found = self._rows(_QUEUED, circuit_id, after_id, limit)
        failed_on: dict[int, tuple[str, ...]] = {}
        if found:
            for receipt_id, eip in self._rows(_FAILED_ON, found[0][0], found[-1][0]):
                failed_on[receipt_id] = (*failed_on.get(receipt_id, ()), eip)
        return [QueuedReceipt(key, body, at, failed_on.get(key, ())) for key, body, at in found]

    def overdue(self, circuit_id: int, accepted_before: float, limit: int) -> Sequence[int]:
        return self._all(_number, _OVERDUE, circuit_id, accepted_before, limit)

    def queue_depth(self, circuit_id: int) -> int:
        sql = "SELECT receipts FROM receipt_counts WHERE circuit_id = ? AND status = 'queued'"
        return self._one(_number, sql, circuit_id) or 0

    def open_attempts(self, eip: str | None = None, fn: str | None = None) -> Sequence[OpenAttempt]:
        return self._all(rows.open_attempt, _OPEN_ATTEMPTS, eip, fn)

    def register_faults(self, receipt_id: int) -> Sequence[str]:
        sql = "SELECT DISTINCT eip FROM attempts WHERE register_fault = 1 AND receipt_id = ? ORDER BY eip"
        return self._all(_text, sql, receipt_id)

    def claimed(self, fn: str, fds: Collection[int]) -> Collection[int]:
        sql = "SELECT fd FROM receipts WHERE fn = ? AND fd BETWEEN ? AND ?"
        if not fds:
            return frozenset()
        return frozenset(fds).intersection(self._all(_number, sql, fn, min(fds), max(fds)))

    def last_accounted(self, fn: str) -> int | None:
        claimed = self._one(_perhaps, "SELECT max(fd) FROM receipts WHERE fn = ? AND fd IS NOT NULL", fn)
        sql = "SELECT max(window_last) FROM receipts WHERE status = 'manual' AND window_fn = ?"
        in_question = self._one(_perhaps, sql, fn)
        return max((fd for fd in (claimed, in_question) if fd is not None), default=None)

    def circuits(self) -> Sequence[StoredCircuit]:
        return self._all(rows.circuit, f"SELECT {rows.CIRCUIT} FROM circuits ORDER BY id")

    def kkts(self) -> Sequence[StoredKkt]:
        return self._all(rows.kkt, f"SELECT {rows.KKT} FROM kkts ORDER BY added_at, eip")

    def integrations(self) -> Sequence[StoredIntegration]:
        return self._all(rows.integration, f"SELECT {rows.INTEGRATION} FROM integrations ORDER BY id")

    def tokens(self) -> Sequence[StoredToken]:
        return self._all(rows.token, f"SELECT {rows.TOKEN} FROM tokens ORDER BY id")

    def shift(self, fn: str) -> StoredShift | None:
        return self._one(lambda row: StoredShift(*row), "SELECT fn, number, opened_at FROM shifts WHERE fn = ?", fn)

    def callbacks_due(self, now: float, limit: int) -> Sequence[StoredCallback]:
        return self._all(rows.callback, _DUE, now, limit)

    def callbacks_of(self, receipt_id: int) -> Sequence[StoredCallback]:
        sql = f"SELECT {rows.CALLBACK} FROM callbacks AS c WHERE c.receipt_id = ? ORDER BY c.revision"
        return self._all(rows.callback, sql, receipt_id)

    def audit(self, wanted: AuditFilter) -> Sequence[StoredAudit]:
        sql, parameters = audit.query(wanted)
        return self._all(lambda row: StoredAudit(*row), sql, *parameters)

    def acknowledgements(self) -> Sequence[StoredAcknowledgement]:
        sql = f"SELECT {alarms.ACKNOWLEDGEMENT} FROM acknowledgements ORDER BY alarm"
        return self._all(lambda row: StoredAcknowledgement(*row), sql)

    def counts(self) -> dict[str, int]:
        sql = "SELECT status, sum(receipts) FROM receipt_counts GROUP BY status HAVING sum(receipts) > 0"
        return dict(self._rows(sql))

    def pinpads(self) -> Sequence[StoredPinpad]:
        return self._all(pinpad_rows.pinpad, pinpad_rows.PINPADS)

    def pinpad_holds(self, pinpad_id: int) -> Sequence[StoredHold]:
        return self._all(lambda row: StoredHold(*row), pinpad_rows.HOLDS, pinpad_id)

    def operation(self, operation_id: int) -> StoredOperation | None:
        return self._one(pinpad_rows.operation, pinpad_rows.OPERATION, operation_id)

    def operation_by_key(self, pinpad_id: int, external_id: str) -> StoredOperation | None:
        return self._one(pinpad_rows.operation, pinpad_rows.BY_KEY, pinpad_id, external_id)

    def operations(self, wanted: OperationFilter) -> Sequence[StoredOperation]:
        sql, parameters = pinpad_rows.listing(wanted)
        return self._all(pinpad_rows.operation, sql, *parameters)

    def operations_of(self, original_id: int) -> Sequence[StoredOperation]:
        return self._all(pinpad_rows.operation, pinpad_rows.OF, original_id)

    def open_operations(self, pinpad_id: int) -> Sequence[StoredOperation]:
        return self._all(pinpad_rows.operation, pinpad_rows.OPEN, pinpad_id)

    def last_sent(self, pinpad_id: int, count: int = 1) -> Sequence[StoredOperation]:
        return self._all(pinpad_rows.operation, pinpad_rows.LAST_SENT, pinpad_id, count)

    def operation_history(self, operation_id: int) -> Sequence[OperationStep]:
        return self._all(lambda row: OperationStep(*row), pinpad_rows.HISTORY, operation_id)

    def operation_counts(self) -> dict[str, int]:
        return dict(self._rows(pinpad_rows.COUNTS))

    def sale(self, sale_id: int) -> StoredSale | None:
        return self._one(sale_rows.sale, sale_rows.SALE, sale_id)

    def sales(self, wanted: SaleFilter) -> Sequence[StoredSale]:
        sql, parameters = sale_rows.listing(wanted)
        return self._all(sale_rows.sale, sql, *parameters)

    def open_sales(self) -> Sequence[StoredSale]:
        return self._all(sale_rows.sale, sale_rows.OPEN)

    def sales_left(self) -> Sequence[StoredSale]:
        return self._all(sale_rows.sale, sale_rows.LEFT)

    def sale_history(self, sale_id: int) -> Sequence[SaleStep]:
        return self._all(lambda row: SaleStep(*row), sale_rows.HISTORY, sale_id)

    def payment(self, payment_id: int) -> StoredPayment | None:
        return self._one(payment_rows.payment, payment_rows.PAYMENT, payment_id)

    def payment_by_key(self, channel: str, txn_id: str) -> StoredPayment | None:
        return self._one(payment_rows.payment, payment_rows.BY_KEY, channel, txn_id)

    def payments(self, wanted: PaymentFilter) -> Sequence[StoredPayment]:
        sql, parameters = payment_rows.listing(wanted)
        return self._all(payment_rows.payment, sql, *parameters)

    def payment_history(self, payment_id: int) -> Sequence[PaymentStep]:
        return self._all(lambda row: PaymentStep(*row), payment_rows.HISTORY, payment_id)

    def payment_parts(self) -> Sequence[StoredPart]:
        return self._all(lambda row: StoredPart(*row), payment_rows.PARTS)

    def payments_due(self, billing: str, now: float, limit: int) -> Sequence[StoredPayment]:
        return self._all(payment_rows.payment, payment_rows.DUE, billing, now, limit)

    def next_payment_due(self, billing: str) -> float | None:
        row = self._rows(payment_rows.NEXT_DUE, billing)[0]
        return None if row[0] is None else float(row[0])

    def payment_backlog(self) -> Sequence[Backlog]:
        return self._all(lambda row: Backlog(*row), payment_rows.BACKLOG)

    def payment_counts(self) -> PaymentCounts:
        undecided = {(channel, credit): number for channel, credit, number in self._rows(payment_rows.UNDECIDED)}
        owed, owed_sum = self._rows(payment_rows.OWED)[0]
        return PaymentCounts(undecided, owed, owed_sum, int(self._rows(payment_rows.STUCK)[0][0]))

    def payments_known(self, channel: str, txn_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(one for one in txn_ids if self._rows(payment_rows.KNOWN, channel, one))

    def payment_files(self, limit: int) -> Sequence[StoredFile]:
        return self._all(lambda row: StoredFile(*row), payment_rows.FILES, limit)

    def prros(self) -> Sequence[StoredPrro]:
        return self._all(prro_rows.register, prro_rows.REGISTERS)

    def prro(self, register_id: int) -> StoredPrro | None:
        return self._one(prro_rows.register, prro_rows.REGISTER, register_id)

    def prro_document(self, document_id: int) -> StoredDocument | None:
        return self._one(prro_rows.document, prro_rows.DOCUMENT, document_id)

    def prro_document_by_key(self, register_id: int, external_id: str) -> StoredDocument | None:
        return self._one(prro_rows.document, prro_rows.BY_KEY, register_id, external_id)

    def prro_open_documents(self, register_id: int) -> Sequence[StoredDocument]:
        return self._all(prro_rows.document, prro_rows.OPEN, register_id)

    def prro_session_documents(self, register_id: int, session: int) -> Sequence[StoredDocument]:
        return self._all(prro_rows.document, prro_rows.OF_SESSION, register_id, session)

    def prro_session_last(self, register_id: int, session: int) -> StoredDocument | None:
        return self._one(prro_rows.document, prro_rows.LAST_OF_SESSION, register_id, session)

    def prro_documents_since(self, register_id: int, local_number: int) -> Sequence[StoredDocument]:
        return self._all(prro_rows.document, prro_rows.SINCE, register_id, local_number)

    def prro_documents_before(self, register_id: int, local_number: int, most: int) -> Sequence[StoredDocument]:
        return self._all(prro_rows.document, prro_rows.BEFORE, register_id, local_number, most)

    def prro_document_counts(self) -> dict[tuple[str, str, int | None], int]:
        return {(kind, status, code or None): count for kind, status, code, count in self._rows(prro_rows.COUNTS)}

    def prro_sessions(self, register_id: int, since: float) -> Sequence[StoredSession]:
        return self._all(prro_rows.session, prro_rows.SESSIONS, register_id, since)

    def cashiers(self) -> Sequence[StoredCashier]:
        return self._all(cashiers.cashier, cashiers.CASHIERS)

    def cashier_tokens(self, now: float) -> Sequence[StoredCashierToken]:
        return self._all(cashiers.token, cashiers.TOKENS, now)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _one(self, make: Callable[[Row], Made], sql: str, *parameters: object) -> Made | None:
        found = self._all(make, sql, *parameters)
        return found[0] if found else None

    def _all(self, make: Callable[[Row], Made], sql: str, *parameters: object) -> list[Made]:
        return [make(row) for row in self._rows(sql, *parameters)]

    def _rows(self, sql: str, *parameters: object) -> list[Row]:
        try:
            if self._connection is None:
                self._connection = self._opening.open_reader()
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            self.close()
            raise unavailable(error) from error


def _number(row: Row) -> int:
    return int(row[0])


def _perhaps(row: Row) -> int | None:
    return None if row[0] is None else int(row[0])


def _text(row: Row) -> str:
    return str(row[0])
