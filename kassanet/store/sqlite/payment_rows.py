"""Reading payments: rows to structs, and the questions that are asked of them."""

from collections.abc import Iterator, Sequence

from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.payment_records import PaymentFilter, StoredPayment
from schemas.payments_live import PaymentMoved

COLUMNS = ", ".join(f"p.{name}" for name in StoredPayment.__struct_fields__)
PAYMENT = f"SELECT {COLUMNS} FROM payments AS p WHERE p.id = ?"
BY_KEY = f"SELECT {COLUMNS} FROM payments AS p WHERE p.channel = ? AND p.txn_id = ?"
HISTORY = "SELECT event, at, by, answer FROM payment_history WHERE payment_id = ? ORDER BY step"
PARTS = "SELECT kind, name, body FROM payment_parts ORDER BY kind, name"
DUE = f"""
    SELECT {COLUMNS} FROM payments AS p
    WHERE p.is_open = 1 AND p.billing = ? AND p.next_at <= ? AND NOT EXISTS (
        SELECT 1 FROM payments AS q
        WHERE q.is_open = 1 AND q.billing = p.billing AND q.account = p.account AND q.id < p.id
    )
    ORDER BY p.next_at LIMIT ?
"""
"""The first undecided payment of each account: a later one never overtakes it."""
NEXT_DUE = "SELECT min(next_at) FROM payments WHERE is_open = 1 AND billing = ?"
BACKLOG = "SELECT billing, count(*), min(accepted_at) FROM payments WHERE is_open = 1 GROUP BY billing"
FILES = "SELECT id, sha256, channel, name, at, by, ended_at, report FROM payment_files ORDER BY id DESC LIMIT ?"
UNDECIDED = "SELECT channel, credit, count(*) FROM payments WHERE is_open = 1 GROUP BY channel, credit"
OWED = "SELECT count(*), coalesce(sum(sum), 0) FROM payments WHERE give_back = 1 AND give_back > 0"
STUCK = "SELECT count(*) FROM payments WHERE credit = 'waiting' AND receipt IN ('refused', 'cancelled')"
KNOWN = "SELECT 1 FROM payments WHERE channel = ? AND txn_id = ?"

_STATES = {
    "open": "p.is_open = 1",
    "give_back": "p.give_back = 1",
    "given_back": "p.give_back = 2",
    "stuck": "p.credit = 'waiting' AND p.receipt IN ('refused', 'cancelled')",
}


def payment(row: Row) -> StoredPayment:
    return StoredPayment(*row)


def moved(transaction: Transaction) -> Sequence[PaymentMoved]:
    """What this transaction did to payments, each once, as they stand at its end."""
    events: dict[int, list[str]] = {}
    for payment_id, event in transaction.paid:
        events.setdefault(payment_id, []).append(event)
    return [PaymentMoved(_present(transaction, payment_id), tuple(told)) for payment_id, told in events.items()]


def _present(transaction: Transaction, payment_id: int) -> StoredPayment:
    row = transaction.fresh.get(payment_id)
    if row is None:
        found = transaction.row(PAYMENT, payment_id)
        assert found is not None, "rows are never deleted"
        row = payment(found)
    return row


def listing(wanted: PaymentFilter) -> tuple[str, list[object]]:
    """The statement and its parameters, from new to old."""
    terms = list(_terms(wanted))
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    values = [value for _, given in terms for value in given]
    return f"SELECT {COLUMNS} FROM payments AS p {where} ORDER BY p.id DESC LIMIT ?", [*values, wanted.limit]


def _terms(wanted: PaymentFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    for name in ("channel", "billing", "account", "txn_id", "inn", "of_id", "kind"):
        value = getattr(wanted, name)
        if value is not None:
            yield f"p.{name} = ?", (value,)
    if wanted.state is not None:
        yield _STATES[wanted.state], ()
        if wanted.state in ("give_back", "given_back"):
            yield "p.give_back > 0", ()  # in the words of the partial index
    if wanted.before_id is not None:
        yield "p.id < ?", (wanted.before_id,)
