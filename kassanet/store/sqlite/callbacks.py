"""Notices owed to integrators, and retention, which must not drop one that is still owed.

A notice is due while ``next_at`` is set. Given up (``next_at`` null, not delivered) it no longer holds up the later
ones of its receipt: those carry a higher revision and the whole state.
"""

from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.records import CallbackDelivered, CallbackFailed, Conflict, NotFound, Prune, RetryCallback

_LATER_ARRIVED = """
    SELECT 1 FROM callbacks
    WHERE receipt_id = ? AND revision > ? AND delivered_at IS NOT NULL
"""
_FAILED = "UPDATE callbacks SET tries = tries + 1, tried_at = ?, next_at = ?, last_error = ? WHERE id = ?"
_DELIVERED = """
    UPDATE callbacks SET tries = tries + 1, tried_at = ?1, delivered_at = ?1, next_at = NULL, last_error = NULL
    WHERE id = ?2
"""
_PRUNABLE = """
    SELECT id FROM receipts AS r
    WHERE status IN ('fiscalized', 'refused', 'cancelled') AND body IS NOT NULL AND changed_at < ?
        AND NOT EXISTS (SELECT 1 FROM callbacks AS c WHERE c.receipt_id = r.id AND c.next_at IS NOT NULL)
    ORDER BY changed_at LIMIT ?
"""
_DROP = (
    "UPDATE receipts SET body = NULL, callback_url = NULL WHERE id = ?",
    "DELETE FROM history WHERE receipt_id = ?",
    "DELETE FROM callbacks WHERE receipt_id = ?",
    "DELETE FROM exchanges WHERE attempt_id IN (SELECT id FROM attempts WHERE receipt_id = ?)",
    "DELETE FROM attempts WHERE receipt_id = ?",
)


def delivered(transaction: Transaction, write: CallbackDelivered) -> None:
    """:class:`CallbackDelivered`."""
    _, _, delivered_at, _ = _callback(transaction, write.callback_id)
    if delivered_at is None:
        transaction.execute(_DELIVERED, (write.at, write.callback_id))


def failed(transaction: Transaction, write: CallbackFailed) -> None:
    """:class:`CallbackFailed`; one try is counted once."""
    _, _, delivered_at, tried_at = _callback(transaction, write.callback_id)
    if delivered_at is None and tried_at != write.at:
        transaction.execute(_FAILED, (write.at, write.next_at, write.error, write.callback_id))


def retry(transaction: Transaction, write: RetryCallback) -> None:
    """:class:`RetryCallback`: due at once; one that was delivered is sent again."""
    receipt_id, revision, _, _ = _callback(transaction, write.callback_id)
    if transaction.row(_LATER_ARRIVED, receipt_id, revision) is not None:
        text = f"a later notice of receipt {receipt_id} has arrived"
        raise Conflict("superseded", text, str(write.callback_id))
    transaction.execute(
        "UPDATE callbacks SET next_at = ?, delivered_at = NULL WHERE id = ?", (write.at, write.callback_id)
    )


def prune(transaction: Transaction, write: Prune) -> int:
    """:class:`Prune`."""
    found = transaction.execute(_PRUNABLE, (write.before, write.limit)).fetchall()
    for statement in _DROP:
        transaction.connection.executemany(statement, found)
    return len(found)


def _callback(transaction: Transaction, callback_id: int) -> Row:
    row = transaction.row(
        "SELECT receipt_id, revision, delivered_at, tried_at FROM callbacks WHERE id = ?", callback_id
    )
    if row is None:
        raise NotFound(f"callback {callback_id}")
    return row
