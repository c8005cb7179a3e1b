"""Attempts: what is written down before the first byte that can create a document, and how each ends.

A receipt has at most one open attempt and so has an FN; an end is told from its replay by how the attempt ended.
"""

from typing import Literal, NamedTuple

from kassanet.store.sqlite.moves import head, move, record_document, require, wrong_status
from kassanet.store.sqlite.transaction import Transaction
from schemas.receipts import Fiscal
from schemas.records import (
    BecameManual,
    BecameUnknown,
    BeginAttempt,
    Conflict,
    Fiscalized,
    KeepExchange,
    NotFound,
    Refuse,
    Returned,
)

End = Literal["fiscalized", "returned", "refused", "manual"]

_COLUMNS = "id, receipt_id, eip, fn, fd_before, state, fd"
_OPEN_OF = f"SELECT {_COLUMNS} FROM attempts WHERE receipt_id = ? AND ended_at IS NULL"
_INSERT = """
    INSERT INTO attempts (receipt_id, eip, fn, fd_before, state, at) VALUES (?, ?, ?, ?, 'open', ?)
"""
_END = "UPDATE attempts SET state = ?, ended_at = ?, reason = ?, fd = ?, register_fault = ? WHERE id = ?"

_KEEP = """
    INSERT INTO exchanges (attempt_id, complete, pieces)
    SELECT a.id, ?, ? FROM attempts AS a WHERE a.id = ?
    ON CONFLICT (attempt_id) DO UPDATE SET complete = excluded.complete, pieces = excluded.pieces
    WHERE length(excluded.pieces) > length(exchanges.pieces)
"""


class Attempt(NamedTuple):
    """An attempt's row. ``fd`` is the document it became."""

    id: int
    receipt_id: int
    eip: str
    fn: str
    fd_before: int
    state: str
    fd: int | None

    @property
    def is_open(self) -> bool:
        return self.state in ("open", "unknown")

    def is_begun_by(self, write: BeginAttempt) -> bool:
        """Whether the write is a replay of the one that began this attempt."""
        asked = (write.receipt_id, write.eip, write.fn, write.fd_before)
        return self.state == "open" and asked == (self.receipt_id, self.eip, self.fn, self.fd_before)


def begin(transaction: Transaction, write: BeginAttempt) -> int:
    """:class:`BeginAttempt`."""
    present = _open_of(transaction, write.receipt_id)
    if present is not None and present.is_begun_by(write):
        return present.id
    receipt = head(transaction, write.receipt_id)
    require(receipt, "queued")
    _fn_must_be_free(transaction, write.fn)
    attempt_id = transaction.insert(_INSERT, receipt.id, write.eip, write.fn, write.fd_before, write.at)
    move(transaction, receipt, "assigned", write.at, detail=write.eip, eip=write.eip)
    return attempt_id


def fiscalized(transaction: Transaction, write: Fiscalized) -> None:
    """:class:`Fiscalized`."""
    attempt = _attempt(transaction, write.attempt_id)
    fiscal = write.fiscal
    if attempt.state == "fiscalized" and (attempt.fn, attempt.fd) == (fiscal.fn, fiscal.fd):
        return
    _must_be_open(transaction, attempt)
    _must_be_possible(attempt, fiscal)
    record_document(transaction, attempt.receipt_id, fiscal)
    _end(transaction, attempt, "fiscalized", write.at, fd=fiscal.fd)
    receipt = head(transaction, attempt.receipt_id)
    detail = f"{fiscal.fn}/{fiscal.fd}"
    move(transaction, receipt, "fiscalized", write.at, detail=detail, eip=attempt.eip, fiscal=fiscal)


def returned(transaction: Transaction, write: Returned) -> None:
    """:class:`Returned`."""
    attempt = _attempt(transaction, write.attempt_id)
    if attempt.state == "returned":
        return
    _must_be_open(transaction, attempt)
    _end(transaction, attempt, "returned", write.at, write.reason, fault=write.register_fault)
    receipt = head(transaction, attempt.receipt_id)
    move(transaction, receipt, "queued", write.at, detail=f"{attempt.eip}: {write.reason}", reason=write.reason)


def became_unknown(transaction: Transaction, write: BecameUnknown) -> None:
    """:class:`BecameUnknown`."""
    attempt = _attempt(transaction, write.attempt_id)
    if attempt.state == "unknown":
        return
    _must_be_open(transaction, attempt)
    transaction.execute("UPDATE attempts SET state = 'unknown', reason = ? WHERE id = ?", (write.reason, attempt.id))
    receipt = head(transaction, attempt.receipt_id)
    move(transaction, receipt, "unknown", write.at, detail=write.reason, reason=write.reason, eip=attempt.eip)


def keep_exchange(transaction: Transaction, write: KeepExchange) -> None:
    """:class:`KeepExchange`."""
    transaction.execute(_KEEP, (write.complete, write.pieces, write.attempt_id))


def refuse_attempted(transaction: Transaction, write: Refuse, attempt_id: int) -> None:
    """:class:`Refuse` of a receipt that a register has."""
    attempt = _attempt_on(transaction, attempt_id, write.receipt_id)
    if attempt.state == "refused":
        return
    _must_be_open(transaction, attempt)
    _end(transaction, attempt, "refused", write.at, write.reason)
    receipt = head(transaction, attempt.receipt_id)
    move(transaction, receipt, "refused", write.at, detail=write.reason, reason=write.reason, eip=attempt.eip)


def manual_attempted(transaction: Transaction, write: BecameManual, attempt_id: int) -> None:
    """:class:`BecameManual` of a receipt that a register has: the register is free again."""
    attempt = _attempt_on(transaction, attempt_id, write.receipt_id)
    if attempt.state == "manual":
        return
    _must_be_open(transaction, attempt)
    _end(transaction, attempt, "manual", write.at, write.reason)
    receipt = head(transaction, attempt.receipt_id)
    move(
        transaction, receipt, "manual", write.at,
        detail=write.reason, reason=write.reason, eip=attempt.eip, window=write.window,
    )  # fmt: skip


def open_on_register(transaction: Transaction, eip: str) -> int | None:
    """The id of an open attempt on that register, if there is one."""
    row = transaction.row("SELECT id FROM attempts WHERE ended_at IS NULL AND eip = ?", eip)
    return None if row is None else int(row[0])


def _end(
    transaction: Transaction, attempt: Attempt, end: End, at: float, reason: str | None = None, *,
    fd: int | None = None, fault: bool = False,
) -> None:  # fmt: skip
    transaction.execute(_END, (end, at, reason, fd, int(fault), attempt.id))


def _fn_must_be_free(transaction: Transaction, fn: str) -> None:
    row = transaction.row("SELECT id FROM attempts WHERE fn = ? AND ended_at IS NULL", fn)
    if row is not None:
        raise Conflict("fn_busy", f"attempt {row[0]} on FN {fn} is not settled", str(row[0]))


def _must_be_open(transaction: Transaction, attempt: Attempt) -> None:
    if not attempt.is_open:
        raise wrong_status(head(transaction, attempt.receipt_id))


def _must_be_possible(attempt: Attempt, fiscal: Fiscal) -> None:
    if fiscal.fn != attempt.fn:
        raise Conflict("wrong_fn", f"attempt {attempt.id} is on FN {attempt.fn}, not {fiscal.fn}", attempt.fn)
    if fiscal.fd <= attempt.fd_before:
        text = f"document {fiscal.fd} stood in FN {fiscal.fn} before attempt {attempt.id} began"
        raise Conflict("fd_not_after", text, str(attempt.fd_before))


def _attempt(transaction: Transaction, attempt_id: int) -> Attempt:
    row = transaction.row(f"SELECT {_COLUMNS} FROM attempts WHERE id = ?", attempt_id)
    if row is None:
        raise NotFound(f"attempt {attempt_id}")
    return Attempt(*row)


def _attempt_on(transaction: Transaction, attempt_id: int, receipt_id: int) -> Attempt:
    attempt = _attempt(transaction, attempt_id)
    if attempt.receipt_id != receipt_id:
        raise NotFound(f"attempt {attempt_id} on receipt {receipt_id}")
    return attempt


def _open_of(transaction: Transaction, receipt_id: int) -> Attempt | None:
    row = transaction.row(_OPEN_OF, receipt_id)
    return None if row is None else Attempt(*row)
