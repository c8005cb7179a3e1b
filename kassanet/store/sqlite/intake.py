"""Accepting receipts: the hottest path of the store.

A run of receipts goes in as one ``executemany`` that skips keys it knows. Rows are never deleted and there is one
writer, so when every row went in their ids are the last n. Only when something was skipped is each looked up, and
only when a value cannot be stored at all does the run go row by row, so that the bad one fails alone.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from kassanet.store.sqlite.failures import UNSTORABLE, unstorable
from kassanet.store.sqlite.transaction import Transaction
from schemas.moved import ReceiptMoved
from schemas.records import Accepted, AcceptReceipt, Conflict, NotFound

Outcome = Accepted | Conflict | NotFound

_INSERT = """
    INSERT INTO receipts (circuit_id, integration_id, external_id, kind, total, digest, callback_url, body,
        status, revision, accepted_at, waiting_since, changed_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', 1, ?9, ?9, ?9)
    ON CONFLICT (circuit_id, external_id) DO NOTHING
"""
_values = attrgetter(
    "circuit_id", "integration_id", "external_id", "kind", "total", "digest", "callback_url", "body", "at"
)
_FIND = "SELECT id, status, digest FROM receipts WHERE circuit_id = ? AND external_id = ?"


def accept(transaction: Transaction, receipts: Sequence[AcceptReceipt]) -> list[Outcome]:
    """Insert what is new; answer one for each, in order."""
    mark = transaction.begin_write()
    try:
        outcomes = _accept_all(transaction, receipts)
    except UNSTORABLE:
        transaction.undo_write(mark)
        return [_accept_alone(transaction, receipt) for receipt in receipts]
    transaction.keep_write()
    return outcomes


def _accept_all(transaction: Transaction, receipts: Sequence[AcceptReceipt]) -> list[Outcome]:
    known = _last_id(transaction)
    inserted = transaction.connection.executemany(_INSERT, map(_values, receipts)).rowcount
    if inserted == len(receipts):
        ids = range(known + 1, known + 1 + inserted)
        _tally(transaction, receipts, ids)
        return [Accepted(receipt_id, "queued", True) for receipt_id in ids]
    return _look_up(transaction, receipts, known)


def _accept_alone(transaction: Transaction, receipt: AcceptReceipt) -> Outcome:
    try:
        return _accept_all(transaction, [receipt])[0]
    except UNSTORABLE as error:
        return _refusal(transaction, receipt, error)


def _look_up(transaction: Transaction, receipts: Sequence[AcceptReceipt], known: int) -> list[Outcome]:
    """Ids above ``known`` are of this run, and the first to name such a key is the one that made it."""
    made: dict[int, AcceptReceipt] = {}
    outcomes: list[Outcome] = []
    for receipt in receipts:
        row = transaction.row(_FIND, receipt.circuit_id, receipt.external_id)
        assert row is not None, "a receipt that was not skipped has gone in"
        receipt_id, status, digest = row
        created = receipt_id > known and receipt_id not in made
        if created:
            made[receipt_id] = receipt
        outcomes.append(Accepted(receipt_id, status, created, digest == receipt.digest))
    _tally(transaction, list(made.values()), list(made))
    return outcomes


def _tally(transaction: Transaction, receipts: Sequence[AcceptReceipt], ids: Sequence[int]) -> None:
    for circuit_id, accepted in Counter(receipt.circuit_id for receipt in receipts).items():
        transaction.count(circuit_id, "queued", accepted)
    for hour in {receipt.at // 3600 for receipt in receipts}:
        transaction.accepted(int(hour), ids[0], ids[-1])
    transaction.moved += [
        ReceiptMoved(
            receipt_id, receipt.circuit_id, receipt.external_id, "queued", 1, receipt.kind, receipt.total, receipt.at
        )
        for receipt_id, receipt in zip(ids, receipts, strict=True)
    ]


def _last_id(transaction: Transaction) -> int:
    row = transaction.row("SELECT max(id) FROM receipts")
    return int(row[0] or 0) if row else 0


def _refusal(transaction: Transaction, receipt: AcceptReceipt, error: Exception) -> Conflict | NotFound:
    if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return unstorable(error)
    if transaction.row("SELECT 1 FROM circuits WHERE id = ?", receipt.circuit_id) is None:
        return NotFound(f"circuit {receipt.circuit_id}")
    return NotFound(f"integration {receipt.integration_id}")
