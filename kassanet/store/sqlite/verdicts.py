"""What is decided about a receipt that no register has: cancelled, refused or set aside while it waits, and a
person's verdict on one in ``manual``. These have no attempt to be known again by, so a replay is known by its line
in the history.
"""

from kassanet.store.sqlite.attempts import manual_attempted, refuse_attempted
from kassanet.store.sqlite.moves import Head, head, move, moved_before, record_document, require
from kassanet.store.sqlite.sites import at_site
from kassanet.store.sqlite.transaction import Transaction
from schemas.receipts import FdWindow, Status
from schemas.records import BecameManual, Cancel, Conflict, Refuse, Resolve

_VERDICTS: dict[str, Status] = {"fiscalized": "fiscalized", "absent": "queued", "cancelled": "cancelled"}


def refuse(transaction: Transaction, write: Refuse) -> None:
    """:class:`Refuse`."""
    if write.attempt_id is not None:
        refuse_attempted(transaction, write, write.attempt_id)
    else:
        _leave_queue(transaction, write.receipt_id, "refused", write.at, write.reason)


def become_manual(transaction: Transaction, write: BecameManual) -> None:
    """:class:`BecameManual`."""
    if write.attempt_id is not None:
        manual_attempted(transaction, write, write.attempt_id)
    else:
        _leave_queue(transaction, write.receipt_id, "manual", write.at, write.reason, write.window)


def cancel(transaction: Transaction, write: Cancel) -> None:
    """:class:`Cancel`."""
    _leave_queue(transaction, write.receipt_id, "cancelled", write.at, write.reason)


def resolve(transaction: Transaction, write: Resolve) -> None:
    """:class:`Resolve`."""
    receipt = head(transaction, write.receipt_id)
    status = _VERDICTS[write.verdict]
    detail = f"{write.verdict} by {write.by}: {write.reason}"
    if moved_before(transaction, receipt.id, status, write.at, detail):
        return
    require(receipt, "manual")
    site = at_site(transaction, receipt.id)
    if site is not None:
        raise Conflict("at_site", f"site {site} has receipt {receipt.id}: settle it there", site)
    if write.verdict == "fiscalized":
        _found(transaction, write)
    elif write.verdict == "absent":
        _begin_anew(transaction, receipt, write.at)
    found = write.verdict == "fiscalized"
    move(
        transaction, receipt, status, write.at,
        detail=detail, reason=write.reason, eip=receipt.eip if found else None, fiscal=write.fiscal if found else None,
    )  # fmt: skip


def _leave_queue(
    transaction: Transaction, receipt_id: int, status: Status, at: float, reason: str, window: FdWindow | None = None
) -> None:
    receipt = head(transaction, receipt_id)
    if moved_before(transaction, receipt_id, status, at, reason):
        return
    require(receipt, "queued")
    move(transaction, receipt, status, at, detail=reason, reason=reason, window=window)


def _found(transaction: Transaction, write: Resolve) -> None:
    if write.fiscal is None:
        raise Conflict("constraint", "a verdict of fiscalized names the document")
    record_document(transaction, write.receipt_id, write.fiscal)


def _begin_anew(transaction: Transaction, receipt: Head, at: float) -> None:
    """A person vouches for the receipt: earlier failures and the time it waited no longer count against it."""
    transaction.execute("UPDATE attempts SET register_fault = 0 WHERE receipt_id = ?", (receipt.id,))
    transaction.execute("UPDATE receipts SET waiting_since = ? WHERE id = ?", (at, receipt.id))
