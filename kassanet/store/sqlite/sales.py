"""Sales: moving one from a status to the next, the only place where that happens."""

from kassanet.store.sqlite.transaction import Transaction
from schemas.records import Conflict, NotFound
from schemas.sale_records import AbortSale, AcceptedSale, AcceptSale, MoveSale, ResolveSale
from schemas.sales import ABORTABLE, SaleStatus

_FIND = "SELECT id, status, digest FROM sales WHERE circuit_id = ? AND external_id = ?"
_INSERT = """
    INSERT INTO sales (circuit_id, external_id, integration_id, pinpad_id, status, revision, charge, total, currency,
        accepted_at, changed_at, digest, body, receipt, receipt_digest)
    VALUES (?1, ?2, ?3, ?4, 'accepted', 1, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12)
"""
_MOVE = """
    UPDATE sales SET status = ?, revision = revision + 1, changed_at = ?, reason = ?,
        operation_id = coalesce(?, operation_id), receipt_id = coalesce(?, receipt_id)
    WHERE id = ? RETURNING revision
"""
_HISTORY = "INSERT INTO sale_history (sale_id, revision, status, at, detail) VALUES (?, ?, ?, ?, ?)"

_NEXT: dict[SaleStatus, tuple[SaleStatus, ...]] = {
    "accepted": ("charging", "fiscalizing", "failed", "aborted"),
    "charging": ("charged", "unknown", "refused", "failed", "aborted", "reversed"),
    "unknown": ("charged", "refused", "failed", "aborted", "reversed"),
    "charged": ("fiscalizing", "reversing"),
    "fiscalizing": ("done", "pending", "reversing", "refused", "aborted"),
    "pending": ("done", "reversing"),
    "reversing": ("reversed", "manual"),
}


def accept(transaction: Transaction, write: AcceptSale) -> AcceptedSale:
    """:class:`AcceptSale`."""
    present = transaction.row(_FIND, write.circuit_id, write.external_id)
    if present is not None:
        return AcceptedSale(present[0], present[1], False, present[2] == write.digest)
    taken = transaction.row(
        "SELECT id FROM receipts WHERE circuit_id = ? AND external_id = ?", write.circuit_id, write.external_id
    )
    if taken is not None:
        raise Conflict("receipt_exists", f"{write.external_id} is receipt {taken[0]}", f"receipt {taken[0]}")
    _must_exist(transaction, "circuit", "SELECT 1 FROM circuits WHERE id = ?", write.circuit_id)
    if write.pinpad_id is not None:
        sql = "SELECT 1 FROM pinpads WHERE id = ? AND removed_at IS NULL"
        _must_exist(transaction, "pinpad", sql, write.pinpad_id)
    sale_id = transaction.insert(
        _INSERT,
        write.circuit_id, write.external_id, write.integration_id, write.pinpad_id, write.charge, write.total,
        write.currency, write.at, write.digest, write.body, write.receipt, write.receipt_digest,
    )  # fmt: skip
    return AcceptedSale(sale_id, "accepted", True)


def move(transaction: Transaction, write: MoveSale) -> None:
    """:class:`MoveSale`."""
    status = _status(transaction, write.sale_id)
    if status == write.status:
        return
    if status != write.before or write.status not in _NEXT.get(status, ()):
        raise Conflict("status", f"sale {write.sale_id} is {status}", status)
    _go(transaction, write.sale_id, write.status, write.reason, write.at, write.operation_id, write.receipt_id)


def abort(transaction: Transaction, write: AbortSale) -> None:
    """:class:`AbortSale`."""
    status = _status(transaction, write.sale_id)
    if status not in ABORTABLE:
        raise Conflict("status", f"sale {write.sale_id} is {status}", status)
    row = transaction.row(
        "UPDATE sales SET aborted_at = ?, revision = revision + 1 WHERE id = ? AND aborted_at IS NULL"
        " RETURNING revision",
        write.at, write.sale_id,
    )  # fmt: skip
    if row is not None:
        transaction.execute(_HISTORY, (write.sale_id, row[0], status, write.at, f"to be taken back: {write.by}"))


def resolve(transaction: Transaction, write: ResolveSale) -> None:
    """:class:`ResolveSale`."""
    status = _status(transaction, write.sale_id)
    if status != "manual":
        raise Conflict("status", f"sale {write.sale_id} is {status}", status)
    _go(transaction, write.sale_id, write.status, f"{write.reason} ({write.by})", write.at, None, None)


def _status(transaction: Transaction, sale_id: int) -> SaleStatus:
    row = transaction.row("SELECT status FROM sales WHERE id = ?", sale_id)
    if row is None:
        raise NotFound(f"sale {sale_id}")
    status: SaleStatus = row[0]
    return status


def _go(
    transaction: Transaction,
    sale_id: int,
    status: SaleStatus,
    reason: str | None,
    at: float,
    operation_id: int | None,
    receipt_id: int | None,
) -> None:
    moved = transaction.row(_MOVE, status, at, reason, operation_id, receipt_id, sale_id)
    assert moved is not None, "its status was just read"
    transaction.execute(_HISTORY, (sale_id, moved[0], status, at, reason))


def _must_exist(transaction: Transaction, what: str, sql: str, number: int) -> None:
    if transaction.row(sql, number) is None:
        raise NotFound(f"{what} {number}")
