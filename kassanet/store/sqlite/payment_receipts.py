"""What a receipt's fate means for the payment that it is of: told in the receipt's own transaction."""

from kassanet.store.sqlite.transaction import Transaction
from schemas.receipts import Fiscal, Status

_MOVED = """
    UPDATE payments SET receipt = ?2, changed_at = ?3,
        is_open = CASE WHEN credit = 'waiting' AND ?2 = 'fiscalized' THEN 1 ELSE is_open END,
        next_at = CASE WHEN credit = 'waiting' AND ?2 = 'fiscalized' THEN ?3 ELSE next_at END,
        credit = CASE WHEN credit = 'waiting' AND ?2 = 'fiscalized' THEN 'due' ELSE credit END
    WHERE receipt_id = ?1 RETURNING id
"""
_STEP = """
    INSERT INTO payment_history (payment_id, step, event, at, by, answer)
    SELECT ?1, coalesce(max(step), 0) + 1, ?2, ?3, ?4, ?5 FROM payment_history WHERE payment_id = ?1
"""


def step(
    transaction: Transaction, payment_id: int, event: str, at: float, by: str | None = None, answer: str | None = None
) -> None:
    """Add a line to a payment's history, and let it be told."""
    transaction.execute(_STEP, (payment_id, event, at, by, answer))
    transaction.paid.append((payment_id, event))
    transaction.fresh.pop(payment_id, None)


def receipt_moved(
    transaction: Transaction, receipt_id: int, status: Status, at: float, reason: str | None, fiscal: Fiscal | None
) -> None:
    """A receipt has come to where people are told. One that had to be fiscalized before it is credited is due now."""
    row = transaction.row(_MOVED, receipt_id, status, at)
    if row is not None:
        told = reason if fiscal is None else f"ФН {fiscal.fn} ФД {fiscal.fd} ФПД {fiscal.fpd}"
        step(transaction, int(row[0]), status, at, None if fiscal is None else fiscal.kkt, told)
