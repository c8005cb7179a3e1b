"""Moving a receipt from one status to the next: the only place where that happens.

    queued ──BeginAttempt, Reserve──▶ assigned ──BecameUnknown──▶ unknown
      ▲  │                              │                            │
      │  ├──Cancel──▶ cancelled         ├──Fiscalized──▶ fiscalized ◀┤
      │  ├──Refuse──▶ refused      ◀────┼──────Refuse────────────────┤
      │  └──BecameManual──▶ manual ◀────┴──────BecameManual──────────┤
      └───────Returned────────────────────────────────────────────────┘
    manual ──Resolve──▶ fiscalized, queued (absent), cancelled

Rule 1: who calls :func:`move` has checked that the receipt may go there. Rule 2: every move adds one to the revision
and a line to the history, keeps the tallies, and owes the integrator a notice where the contract promises one.
"""

from typing import NamedTuple

from kassanet.store.sqlite import rows
from kassanet.store.sqlite.payment_receipts import receipt_moved
from kassanet.store.sqlite.transaction import Transaction
from schemas.moved import ReceiptMoved
from schemas.receipts import FdWindow, Fiscal, Kind, Status
from schemas.records import Conflict, NotFound
from schemas.shown import shown_json

NOTICED: frozenset[Status] = frozenset({"fiscalized", "refused", "manual", "cancelled"})
"""Where integrators are told."""

_MOVE = """
    UPDATE receipts SET status = ?, revision = revision + 1, changed_at = ?, reason = ?, eip = ?,
        window_fn = NULL, window_first = NULL, window_last = NULL
    WHERE id = ?
"""
_HISTORY = "INSERT INTO history (receipt_id, revision, status, at, detail) VALUES (?, ?, ?, ?, ?)"
_FISCAL = """
    UPDATE receipts SET fn = ?, fd = ?, fpd = ?, shift = ?, receipt_number = ?, fiscal_at = ?, kkt = ?, qr = ?
    WHERE id = ?
"""
_WINDOW = "UPDATE receipts SET window_fn = ?, window_first = ?, window_last = ? WHERE id = ?"
_OWE = "INSERT INTO callbacks (receipt_id, revision, url, body, next_at) VALUES (?, ?, ?, ?, ?)"


class Head(NamedTuple):
    """What a decision about a receipt needs to know."""

    id: int
    circuit_id: int
    status: Status
    revision: int
    eip: str | None
    callback_url: str | None
    external_id: str
    kind: Kind
    total: int


def head(transaction: Transaction, receipt_id: int) -> Head:
    """The receipt, or :class:`NotFound`."""
    row = transaction.row(
        "SELECT id, circuit_id, status, revision, eip, callback_url, external_id, kind, total"
        " FROM receipts WHERE id = ?",
        receipt_id,
    )
    if row is None:
        raise NotFound(f"receipt {receipt_id}")
    return Head(*row)


def require(receipt: Head, status: Status) -> None:
    """Refuse unless the receipt is in that status; the conflict names the one it is in."""
    if receipt.status != status:
        raise wrong_status(receipt)


def wrong_status(receipt: Head) -> Conflict:
    return Conflict("status", f"receipt {receipt.id} is {receipt.status}", receipt.status)


def move(
    transaction: Transaction, receipt: Head, status: Status, at: float, *,
    detail: str | None = None, reason: str | None = None, eip: str | None = None, window: FdWindow | None = None,
    fiscal: Fiscal | None = None,
) -> None:  # fmt: skip
    """Put the receipt into ``status``. ``detail`` is for the history, ``reason`` and ``eip`` for the receipt itself.

    ``fiscal`` is told to those who watch; it is recorded by :func:`record_document`.
    """
    transaction.execute(_MOVE, (status, at, reason, eip, receipt.id))
    if window is not None:
        transaction.execute(_WINDOW, (window.fn, window.first, window.last, receipt.id))
    transaction.execute(_HISTORY, (receipt.id, receipt.revision + 1, status, at, detail))
    transaction.count(receipt.circuit_id, receipt.status, -1)
    transaction.count(receipt.circuit_id, status, 1)
    told = ReceiptMoved(
        receipt.id, receipt.circuit_id, receipt.external_id, status, receipt.revision + 1, receipt.kind, receipt.total,
        at, reason, eip, fiscal,
    )  # fmt: skip
    transaction.moved.append(told)
    if status in NOTICED:
        receipt_moved(transaction, receipt.id, status, at, reason, fiscal)
    if status in NOTICED and receipt.callback_url is not None:
        _owe_notice(transaction, receipt.id, receipt.callback_url, at)


def moved_before(transaction: Transaction, receipt_id: int, status: Status, at: float, detail: str | None) -> bool:
    """Whether the history holds this very move: then the write is a replay."""
    found = transaction.row(
        "SELECT 1 FROM history WHERE receipt_id = ? AND status = ? AND at = ? AND detail IS ?",
        receipt_id, status, at, detail,
    )  # fmt: skip
    return found is not None


def record_document(transaction: Transaction, receipt_id: int, fiscal: Fiscal) -> None:
    """Write down which document the receipt became; one document answers for one receipt."""
    taken = transaction.row("SELECT id FROM receipts WHERE fn = ? AND fd = ?", fiscal.fn, fiscal.fd)
    if taken is not None and taken[0] != receipt_id:
        text = f"document {fiscal.fd} of FN {fiscal.fn} already answers receipt {taken[0]}"
        raise Conflict("fd_taken", text, str(taken[0]))
    transaction.execute(
        _FISCAL,
        (fiscal.fn, fiscal.fd, fiscal.fpd, fiscal.shift, fiscal.receipt_number, fiscal.at.isoformat(), fiscal.kkt,
         fiscal.qr, receipt_id),
    )  # fmt: skip


def _owe_notice(transaction: Transaction, receipt_id: int, url: str, at: float) -> None:
    row = transaction.row(f"SELECT {rows.RECEIPT} FROM receipts AS r WHERE r.id = ?", receipt_id)
    assert row is not None
    stored = rows.receipt(row)
    transaction.execute(_OWE, (receipt_id, stored.revision, url, shown_json(stored), at))
