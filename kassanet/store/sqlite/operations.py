"""Operations of pinpads: moving one from a status to the next, the only place where that happens.

    accepted ──BeginOperation──▶ sending ──ReceiveResult──▶ received ──EndOperation──▶ approved, refused, manual
       │                          │  ▲                        │
       └─EndOperation─▶ failed ◀──┤  │                        ▼
                     cancelled    └──┴──DoubtOperation──▶ unknown ──EndOperation──▶ any end
    manual, unknown ──ResolveOperation──▶ approved, refused, reversed

What an approved reversal gave back is counted on its original here too, so that the two can never disagree.
"""

from typing import NamedTuple

from kassanet.store.sqlite.transaction import Transaction
from schemas.operations import REVERSALS, OperationKind, OperationStatus
from schemas.pinpad_records import (
    AcceptedOperation,
    AcceptOperation,
    BeginOperation,
    DoubtOperation,
    EndOperation,
    ReceiveResult,
    ResolveOperation,
)
from schemas.records import Conflict, NotFound

_FIND = "SELECT id, status, digest FROM operations WHERE pinpad_id = ? AND external_id = ?"
_NUMBER = """
    UPDATE pinpads SET last_number = (last_number + 1) % 1000000 WHERE id = ? AND removed_at IS NULL
    RETURNING last_number
"""
_INSERT = """
    INSERT INTO operations (pinpad_id, external_id, kind, performed, status, revision, amount, currency, of_id, number,
        accepted_at, changed_at, digest, body, holder)
    VALUES (?1, ?2, ?3, ?4, 'accepted', 1, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12)
"""
_MOVE = "UPDATE operations SET status = ?, revision = revision + 1, changed_at = ?, reason = ? WHERE id = ?"
_HISTORY = "INSERT INTO operation_history (operation_id, revision, status, at, detail) VALUES (?, ?, ?, ?, ?)"

_UNDECIDED = """
    SELECT id FROM operations
    WHERE of_id = ? AND coalesce(performed, kind) = 'emergency_void' AND status IN ('manual', 'unknown') ORDER BY id
"""
_ENDS: dict[OperationStatus, tuple[OperationStatus, ...]] = {
    "accepted": ("failed", "cancelled"),
    "sending": ("failed",),
    "received": ("approved", "refused", "failed", "manual"),
    "unknown": ("approved", "refused", "failed", "manual", "reversed"),
}
"""From where an operation may end how."""


class Head(NamedTuple):
    """What a decision about an operation needs to know."""

    id: int
    pinpad_id: int
    status: OperationStatus
    revision: int
    sent: OperationKind
    amount: int | None
    returned: int
    of: int | None
    changed_at: float


def accept(transaction: Transaction, write: AcceptOperation) -> AcceptedOperation:
    """:class:`AcceptOperation`."""
    present = transaction.row(_FIND, write.pinpad_id, write.external_id)
    if present is not None:
        return AcceptedOperation(present[0], present[1], False, present[2] == write.digest)
    numbered = transaction.row(_NUMBER, write.pinpad_id)
    if numbered is None:
        raise NotFound(f"pinpad {write.pinpad_id}")
    operation_id = transaction.insert(
        _INSERT,
        write.pinpad_id, write.external_id, write.kind, write.performed, write.amount, write.currency, write.of,
        numbered[0], write.at, write.digest, write.body, write.holder,
    )  # fmt: skip
    return AcceptedOperation(operation_id, "accepted", True)


def begin(transaction: Transaction, write: BeginOperation) -> None:
    """:class:`BeginOperation`."""
    operation = head(transaction, write.operation_id)
    if _is_replay(operation, "sending", write.at):
        return
    _require(operation, "accepted", "unknown")
    transaction.execute(
        "UPDATE operations SET request = ?, sent_at = ?, result = NULL WHERE id = ?",
        (write.request, write.at, operation.id),
    )
    _move(transaction, operation, "sending", write.at)


def receive(transaction: Transaction, write: ReceiveResult) -> None:
    """:class:`ReceiveResult`."""
    operation = head(transaction, write.operation_id)
    if _is_replay(operation, "received", write.at):
        return
    _require(operation, "sending")
    transaction.execute("UPDATE operations SET result = ? WHERE id = ?", (write.result, operation.id))
    _move(transaction, operation, "received", write.at)


def doubt(transaction: Transaction, write: DoubtOperation) -> None:
    """:class:`DoubtOperation`."""
    operation = head(transaction, write.operation_id)
    if operation.status == "unknown":
        return
    _require(operation, "sending", "received")
    _move(transaction, operation, "unknown", write.at, write.reason)


def end(transaction: Transaction, write: EndOperation) -> None:
    """:class:`EndOperation`."""
    operation = head(transaction, write.operation_id)
    if _is_replay(operation, write.status, write.at):
        return
    if write.status not in _ENDS.get(operation.status, ()):
        raise _wrong_status(operation)
    _move(transaction, operation, write.status, write.at, write.reason)
    if write.status == "approved":
        _took_effect(transaction, operation, write.at)


def resolve(transaction: Transaction, write: ResolveOperation) -> None:
    """:class:`ResolveOperation`."""
    operation = head(transaction, write.operation_id)
    if _is_replay(operation, write.verdict, write.at):
        return
    _require(operation, "manual", "unknown")
    detail = f"{write.by}: {write.reason}"
    _move(transaction, operation, write.verdict, write.at, detail)
    if write.verdict == "approved":
        _took_effect(transaction, operation, write.at)
    decided: OperationStatus = "approved" if write.verdict == "reversed" else "refused"
    for (try_id,) in transaction.execute(_UNDECIDED, (operation.id,)).fetchall():
        _move(transaction, head(transaction, try_id), decided, write.at, detail)


def head(transaction: Transaction, operation_id: int) -> Head:
    """The operation, or :class:`NotFound`."""
    row = transaction.row(
        "SELECT id, pinpad_id, status, revision, coalesce(performed, kind), amount, returned, of_id, changed_at"
        " FROM operations WHERE id = ?",
        operation_id,
    )
    if row is None:
        raise NotFound(f"operation {operation_id}")
    return Head(*row)


def _took_effect(transaction: Transaction, operation: Head, at: float) -> None:
    if operation.sent == "settlement":
        transaction.execute("UPDATE pinpads SET settled_at = ? WHERE id = ?", (at, operation.pinpad_id))
    if operation.sent in REVERSALS and operation.of is not None and operation.amount is not None:
        _give_back(transaction, head(transaction, operation.of), operation, at)


def _give_back(transaction: Transaction, original: Head, reversal: Head, at: float) -> None:
    """``original`` lost what ``reversal`` gave back; where it was a reversal itself, its own original has it again."""
    returned = min(original.returned + (reversal.amount or 0), original.amount or 0)
    transaction.execute("UPDATE operations SET returned = ? WHERE id = ?", (returned, original.id))
    if returned == original.amount and original.status == "approved":
        _move(transaction, original, "reversed", at, f"operation {reversal.id}")
    if original.sent in REVERSALS and original.of is not None:
        _take_again(transaction, head(transaction, original.of), reversal, at)


def _take_again(transaction: Transaction, first: Head, reversal: Head, at: float) -> None:
    returned = max(first.returned - (reversal.amount or 0), 0)
    transaction.execute("UPDATE operations SET returned = ? WHERE id = ?", (returned, first.id))
    if first.status == "reversed":
        _move(transaction, first, "approved", at, f"operation {reversal.id}")


def _move(
    transaction: Transaction, operation: Head, status: OperationStatus, at: float, detail: str | None = None
) -> None:
    transaction.execute(_MOVE, (status, at, detail, operation.id))
    transaction.execute(_HISTORY, (operation.id, operation.revision + 1, status, at, detail))


def _is_replay(operation: Head, status: OperationStatus, at: float) -> bool:
    """Whether this very move was its last: whoever sends a write again sends nothing else in between."""
    return (operation.status, operation.changed_at) == (status, at)


def _require(operation: Head, *statuses: OperationStatus) -> None:
    if operation.status not in statuses:
        raise _wrong_status(operation)


def _wrong_status(operation: Head) -> Conflict:
    return Conflict("status", f"operation {operation.id} is {operation.status}", operation.status)
