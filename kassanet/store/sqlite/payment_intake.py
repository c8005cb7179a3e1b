"""Accepting payments: a run of them goes in with a handful of statements, each with its receipt and its history.

Rows are never deleted and there is one writer, so the ids of a run are the next ones. A run in which a value cannot be
stored goes row by row, so that the bad one fails alone.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from kassanet.store.sqlite import intake, payment_keys, payment_rows
from kassanet.store.sqlite.failures import UNSTORABLE, stands_alone, unstorable
from kassanet.store.sqlite.transaction import Transaction
from schemas.payment_records import AcceptPayment, AcceptPayments, Credit, PaymentAccepted, StoredPayment
from schemas.records import Accepted, AcceptReceipt, Conflict, NotFound

OWN_NUMBER = 9 * 10**18
"""What our own numbers to billings begin with: nineteen digits that no channel counts up to."""

OWN_NUMBERS = 2 * 10**17
"""How many there are: all of them are below 2^63, where billings keep them in a column of eight bytes."""

_CREDITS: dict[str, Credit] = {"fiscalize_then_credit": "waiting", "fiscalize_only": "none"}
_COLUMNS = StoredPayment.__struct_fields__
_INSERT = f"""
    INSERT INTO payments ({", ".join(_COLUMNS)}, is_open, receipt_write)
    VALUES ({", ".join("?" * (len(_COLUMNS) + 2))})
"""
_HISTORY = "INSERT INTO payment_history (payment_id, step, event, at, by, answer) VALUES (?, ?, ?, ?, ?, ?)"
_CHECK = "SELECT at, by, answer FROM payment_checks WHERE channel = ? AND account = ? ORDER BY at DESC LIMIT 1"
_TAKEN = "SELECT 1 FROM payments WHERE billing = ? AND billing_txn = ?"
_LAST = "SELECT max(id), (SELECT count(*) FROM (SELECT 1 FROM payment_checks LIMIT 1)) FROM payments"
_encode = msgspec.msgpack.Encoder().encode

Outcome = PaymentAccepted | Exception
Line = tuple[int, int, str, float, str | None, str | None]
"""Of the history: payment, step, event, time, who said it, in which words."""
Key = tuple[str, str]


def accept_one(transaction: Transaction, write: AcceptPayment) -> PaymentAccepted:
    """:class:`AcceptPayment`."""
    outcome = _accept(transaction, [write])[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def accept_many(transaction: Transaction, write: AcceptPayments) -> list[Outcome]:
    """:class:`AcceptPayments`; each succeeds or fails alone."""
    mark = transaction.begin_write()
    try:
        outcomes = _accept(transaction, write.payments)
    except UNSTORABLE:
        transaction.undo_write(mark)
        return [_alone(transaction, payment) for payment in write.payments]
    transaction.keep_write()
    return outcomes


def _alone(transaction: Transaction, write: AcceptPayment) -> Outcome:
    mark = transaction.begin_write()
    try:
        outcome = _accept(transaction, [write])[0]
    except Exception as error:
        if not stands_alone(error):
            raise
        transaction.undo_write(mark)
        return unstorable(error) if isinstance(error, UNSTORABLE) else error
    transaction.keep_write()
    return outcome


def _accept(transaction: Transaction, writes: Sequence[AcceptPayment]) -> list[Outcome]:
    run = _Run(transaction)
    outcomes = [run.take(write) for write in writes]
    run.finish()
    return [outcome() if callable(outcome) else outcome for outcome in outcomes]


class _Run:
    """Payments that go in together: what is known is looked up, what is new is gathered."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        row = transaction.row(_LAST) or (0, 0)
        self._next = int(row[0] or 0) + 1
        self._any_checks = bool(row[1])
        self._made: dict[Key, int] = {}
        self._numbers: set[Key] = set()
        self._new: list[tuple[AcceptPayment, StoredPayment]] = []
        self._done: list[Outcome] = []

    def take(self, write: AcceptPayment) -> "Outcome | _Later":
        """What is known already, or what :meth:`finish` will make of it."""
        key = (write.channel, write.txn_id)
        if key in self._made:
            return _Later(self, self._made[key], write, created=False)
        row = self._transaction.row(payment_rows.BY_KEY, *key)
        if row is not None:
            return _repeated(payment_rows.payment(row), write)
        refusal = _more_than_was_paid(self._transaction, write) if write.kind == "refund" else None
        if refusal is not None:
            return refusal
        self._made[key] = len(self._new)
        self._new.append((write, _fresh(write, self._next, self._number(write))))
        self._next += 1
        return _Later(self, self._made[key], write, created=True)

    def outcome(self, place: int) -> Outcome:
        """Of the payment at that place among the new ones."""
        return self._done[place]

    def finish(self) -> None:
        """Queue the receipts that need not wait, and put everything in."""
        receipts = iter(intake.accept(self._transaction, list(self._queued_now())))
        self._done = [self._with_receipt(write, row, receipts) for write, row in self._new]
        going = [
            (write, done.payment)
            for (write, _), done in zip(self._new, self._done, strict=True)
            if isinstance(done, PaymentAccepted)
        ]
        connection = self._transaction.connection
        connection.executemany(_INSERT, [_values(write, row) for write, row in going])
        lines = [line for write, row in going for line in self._history(write, row)]
        connection.executemany(_HISTORY, lines)
        self._transaction.paid += [(payment_id, event) for payment_id, _, event, *_ in lines]
        self._transaction.fresh.update((row.id, row) for _, row in going)

    def _queued_now(self) -> Iterator[AcceptReceipt]:
        for write, row in self._new:
            if write.receipt is not None and row.credit != "due":
                yield msgspec.structs.replace(write.receipt, at=write.at)

    def _with_receipt(self, write: AcceptPayment, row: StoredPayment, receipts: Iterator[intake.Outcome]) -> Outcome:
        if write.receipt is None or row.credit == "due":
            return PaymentAccepted(row, True)
        accepted = payment_keys.own(self._transaction, write.receipt, row.id, next(receipts))
        if not isinstance(accepted, Accepted):
            return accepted
        queued = msgspec.structs.replace(row, receipt_id=accepted.receipt_id, receipt=accepted.status)
        return PaymentAccepted(queued, True)

    def _number(self, write: AcceptPayment) -> str | None:
        """The number that the billing hears: the channel's where no other payment has it there.

        One of ours is made of the payment's key: a journal that was put back to an older state asks for the same
        payment with the same number, and for another never with one that the billing has heard.
        """
        if write.billing is None:
            return None
        if write.billing_txn is not None and self._is_free(write.billing, write.billing_txn):
            return write.billing_txn
        number = own_number(write.channel, write.txn_id)
        while not self._is_free(write.billing, str(number)):
            number += 1
        return str(number)

    def _is_free(self, billing: str, number: str) -> bool:
        key = (billing, number)
        if key in self._numbers or self._transaction.row(_TAKEN, *key) is not None:
            return False
        self._numbers.add(key)
        return True

    def _history(self, write: AcceptPayment, row: StoredPayment) -> Iterator[Line]:
        """The last answer to a check of this account belongs to the payment that followed it."""
        lines: list[tuple[str, float, str | None, str | None]] = []
        found = self._transaction.row(_CHECK, write.channel, write.account) if self._any_checks else None
        if found is not None:
            lines.append(("checked", *found))
        lines.append(("received", write.at, write.channel, f"route {write.route}"))
        if row.receipt_id is not None:
            lines.append(("queued", write.at, None, f"receipt {row.receipt_id}"))
        for step, line in enumerate(lines, 1):
            yield row.id, step, *line


class _Later:
    """The outcome of a new payment, once the run is in."""

    def __init__(self, run: _Run, place: int, write: AcceptPayment, *, created: bool) -> None:
        self._run = run
        self._place = place
        self._write = write
        self._created = created

    def __call__(self) -> Outcome:
        outcome = self._run.outcome(self._place)
        if self._created or not isinstance(outcome, PaymentAccepted):
            return outcome
        return _repeated(outcome.payment, self._write)


def own_number(channel: str, txn_id: str) -> int:
    """Where nothing else has it: the number of ours that a payment has."""
    digest = sha256(f"{channel}\0{txn_id}".encode()).digest()
    return OWN_NUMBER + int.from_bytes(digest[:8], "big") % OWN_NUMBERS


def _repeated(present: StoredPayment, write: AcceptPayment) -> PaymentAccepted:
    same = (present.account, present.sum, present.kind) == (write.account, write.sum, write.kind)
    return PaymentAccepted(present, False, same)


def _fresh(write: AcceptPayment, payment_id: int, number: str | None) -> StoredPayment:
    credit = _CREDITS.get(write.policy, "due") if write.billing is not None else "none"
    receipt = "none" if write.receipt is None else "waiting"
    return StoredPayment(
        payment_id, write.channel, write.txn_id, write.kind, write.of_id, write.inn, write.account, write.sum,
        write.service, write.paid_at, write.route, write.policy, write.billing, number, write.circuit_id, None, credit,
        receipt, 0, 0, write.at, None, None, None, write.at, write.at, write.body,
    )  # fmt: skip


def _values(write: AcceptPayment, row: StoredPayment) -> tuple[object, ...]:
    """A receipt that is queued already need not be kept for later."""
    waiting = write.receipt is not None and row.receipt == "waiting"
    return (*msgspec.structs.astuple(row), row.credit == "due", _encode(write.receipt) if waiting else None)


def _more_than_was_paid(transaction: Transaction, write: AcceptPayment) -> Conflict | NotFound | None:
    """No more can be given back than was paid, however many refunds there are; of one taken back, nothing."""
    row = transaction.row("SELECT sum, credit FROM payments WHERE id = ?", write.of_id)
    if row is None:
        return NotFound(f"payment {write.of_id}")
    paid, refunded = row[0], refunded_of(transaction, write.of_id)
    if row[1] == "cancelled":
        return Conflict("refunded", f"payment {write.of_id} was taken back as a whole", str(paid))
    if refunded + write.sum > paid:
        return Conflict("refunded", f"of {paid} kopecks {refunded} were given back", str(refunded))
    return None


def refunded_of(transaction: Transaction, payment_id: int | None) -> int:
    """Kopecks that were given back of a payment."""
    sql = "SELECT coalesce(sum(sum), 0) FROM payments WHERE of_id = ? AND kind = 'refund'"
    row = transaction.row(sql, payment_id)
    return 0 if row is None else int(row[0])
