"""Payments: moving one from a state to the next, and its receipt with it, in one transaction.

due ──PaymentCredited──▶ done ──PaymentTakenBack──▶ cancelled
 │ ▲                      ▲
 ▼ │ PaymentTried         │
unknown ──────────────────┘      due, unknown ──PaymentRefused──▶ refused (owed to the payer)
waiting ──its receipt is fiscalized──▶ due
waiting ──its receipt was refused: a person's verdict──▶ done, refused
"""

import msgspec

from kassanet.store.sqlite import intake, payment_keys, payment_rows
from kassanet.store.sqlite.payment_intake import refunded_of
from kassanet.store.sqlite.payment_receipts import step
from kassanet.store.sqlite.transaction import Transaction
from schemas.payment_records import (
    AccountChecked,
    BeginFile,
    Credit,
    EndFile,
    GaveBack,
    PaymentCredited,
    PaymentNoted,
    PaymentRefused,
    PaymentTakenBack,
    PaymentTried,
    RemovePart,
    SavePart,
    StoredPayment,
)
from schemas.records import Accepted, AcceptReceipt, Conflict, NotFound

CHECKS_KEPT = 86_400.0
_TRIED = """
    UPDATE payments SET tries = tries + 1, next_at = ?, answer = ?, changed_at = ?,
        credit = CASE WHEN ? THEN 'unknown' ELSE credit END
    WHERE id = ?
"""
_DECIDED = """
    UPDATE payments SET credit = ?, is_open = 0, prv_txn = coalesce(?, prv_txn), outcome = ?, answer = ?,
        give_back = ?, changed_at = ?
    WHERE id = ?
"""
_CHECKED = "INSERT INTO payment_checks (channel, account, at, by, answer) VALUES (?, ?, ?, ?, ?)"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AcceptReceipt).decode


def save_part(transaction: Transaction, write: SavePart) -> None:
    """:class:`SavePart`."""
    transaction.execute(
        "INSERT INTO payment_parts (kind, name, body, changed_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
        (write.kind, write.name, write.body, write.at),
    )


def remove_part(transaction: Transaction, write: RemovePart) -> None:
    """:class:`RemovePart`."""
    waiting = "SELECT id FROM payments WHERE billing = ? AND credit IN ('waiting', 'due', 'unknown') LIMIT 1"
    row = transaction.row(waiting, write.name) if write.kind == "billing" else None
    if row is not None:
        raise Conflict("in_use", f"billing {write.name} has to decide about payment {row[0]}", str(row[0]))
    transaction.execute("DELETE FROM payment_parts WHERE kind = ? AND name = ?", (write.kind, write.name))


def credited(transaction: Transaction, write: PaymentCredited) -> None:
    """:class:`PaymentCredited`."""
    payment = find(transaction, write.payment_id)
    if payment.credit == "done":
        return
    _must_be_undecided(payment)
    _decide(transaction, payment, "done", write.at, write.answer, prv_txn=write.prv_txn)
    step(transaction, payment.id, "credited", write.at, write.by, write.answer)
    if payment.receipt == "waiting":
        _queue(transaction, payment.id, _receipt_of(transaction, payment.id), write.at)


def refused(transaction: Transaction, write: PaymentRefused) -> None:
    """:class:`PaymentRefused`."""
    payment = find(transaction, write.payment_id)
    if payment.credit == "refused":
        return
    _must_be_undecided(payment)
    _decide(transaction, payment, "refused", write.at, write.answer, outcome=write.outcome, give_back=1)
    _drop_waiting_receipt(transaction, payment)
    step(transaction, payment.id, "refused", write.at, write.by, write.answer)


def tried(transaction: Transaction, write: PaymentTried) -> None:
    """:class:`PaymentTried`; the history gets a line when the words are new, or a day of repeats would drown it."""
    payment = find(transaction, write.payment_id)
    if not payment.undecided or payment.changed_at == write.at:
        return
    transaction.execute(_TRIED, (write.next_at, write.answer, write.at, write.unknown, payment.id))
    if payment.answer != write.answer:
        event = "unknown" if write.unknown else "put_off"
        step(transaction, payment.id, event, write.at, write.by, write.answer)


def taken_back(transaction: Transaction, write: PaymentTakenBack) -> None:
    """:class:`PaymentTakenBack`."""
    payment = find(transaction, write.payment_id)
    if payment.credit == "cancelled":
        return
    if payment.credit not in ("done", "none"):
        raise Conflict("credit", f"the credit of payment {payment.id} is {payment.credit}", payment.credit)
    _decide(transaction, payment, "cancelled", write.at, write.answer)
    step(transaction, payment.id, "cancelled", write.at, write.by, write.answer)
    _drop_waiting_receipt(transaction, payment)
    made = payment.receipt_id is not None and payment.receipt not in ("refused", "cancelled")
    if write.refund is not None and made and not refunded_of(transaction, payment.id):
        _accept_receipt(transaction, payment.id, write.refund, write.at)


def noted(transaction: Transaction, write: PaymentNoted) -> None:
    """:class:`PaymentNoted`."""
    find(transaction, write.payment_id)
    replayed = "SELECT 1 FROM payment_history WHERE payment_id = ? AND event = ? AND at = ?"
    if transaction.row(replayed, write.payment_id, write.event, write.at) is None:
        step(transaction, write.payment_id, write.event, write.at, write.by, write.answer)


def checked(transaction: Transaction, write: AccountChecked) -> None:
    """:class:`AccountChecked`."""
    transaction.execute(_CHECKED, (write.channel, write.account, write.at, write.by, write.answer))
    transaction.execute(
        "DELETE FROM payment_checks WHERE id IN (SELECT id FROM payment_checks ORDER BY id LIMIT 10) AND at < ?",
        (write.at - CHECKS_KEPT,),
    )


def gave_back(transaction: Transaction, write: GaveBack) -> None:
    """:class:`GaveBack`."""
    payment = find(transaction, write.payment_id)
    if payment.give_back == 0:
        raise Conflict("give_back", f"nothing is owed for payment {payment.id}", payment.credit)
    if payment.give_back == 1:
        transaction.execute("UPDATE payments SET give_back = 2, changed_at = ? WHERE id = ?", (write.at, payment.id))
        step(transaction, payment.id, "given_back", write.at, write.by, write.reason)


def begin_file(transaction: Transaction, write: BeginFile) -> int:
    """:class:`BeginFile`."""
    known = "SELECT id FROM payment_files WHERE sha256 = ? AND channel = ? AND at = ?"
    row = transaction.row(known, write.sha256, write.channel, write.at)
    if row is not None:
        return int(row[0])
    return transaction.insert(
        "INSERT INTO payment_files (sha256, channel, name, at, by) VALUES (?, ?, ?, ?, ?)",
        write.sha256, write.channel, write.name, write.at, write.by,
    )  # fmt: skip


def end_file(transaction: Transaction, write: EndFile) -> None:
    """:class:`EndFile`."""
    transaction.execute(
        "UPDATE payment_files SET ended_at = ?, report = ? WHERE id = ?", (write.at, write.report, write.file_id)
    )


def find(transaction: Transaction, payment_id: int) -> StoredPayment:
    """The payment, or :class:`NotFound`."""
    row = transaction.row(payment_rows.PAYMENT, payment_id)
    if row is None:
        raise NotFound(f"payment {payment_id}")
    return payment_rows.payment(row)


def _queue(transaction: Transaction, payment_id: int, receipt: AcceptReceipt, at: float) -> None:
    accepted = _accept_receipt(transaction, payment_id, receipt, at)
    transaction.execute(
        "UPDATE payments SET receipt_id = ?, receipt = ? WHERE id = ?",
        (accepted.receipt_id, accepted.status, payment_id),
    )
    step(transaction, payment_id, "queued", at, None, f"receipt {accepted.receipt_id}")


def _accept_receipt(transaction: Transaction, payment_id: int, receipt: AcceptReceipt, at: float) -> Accepted:
    """By the same way as every receipt, so that its key, its tallies and its queue are those of all."""
    receipt = msgspec.structs.replace(receipt, at=at)
    [first] = intake.accept(transaction, [receipt])
    outcome = payment_keys.own(transaction, receipt, payment_id, first)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _receipt_of(transaction: Transaction, payment_id: int) -> AcceptReceipt:
    row = transaction.row("SELECT receipt_write FROM payments WHERE id = ?", payment_id)
    assert row is not None, "a payment whose receipt waits has it"
    return _decode(row[0])


def _decide(
    transaction: Transaction, payment: StoredPayment, credit: Credit, at: float, answer: str, *,
    prv_txn: str | None = None, outcome: str | None = None, give_back: int = 0,
) -> None:  # fmt: skip
    transaction.execute(_DECIDED, (credit, prv_txn, outcome, answer, give_back, at, payment.id))


def _drop_waiting_receipt(transaction: Transaction, payment: StoredPayment) -> None:
    if payment.receipt == "waiting":
        transaction.execute("UPDATE payments SET receipt = 'dropped' WHERE id = ?", (payment.id,))


def _must_be_undecided(payment: StoredPayment) -> None:
    """One that was to be fiscalized first, and could not be, is for a person to decide."""
    stuck = payment.credit == "waiting" and payment.receipt in ("refused", "cancelled")
    if not (payment.undecided or stuck):
        raise Conflict("credit", f"the credit of payment {payment.id} is {payment.credit}", payment.credit)
