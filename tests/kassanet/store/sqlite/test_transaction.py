"""The tallies of a transaction: what a write that was taken back had counted is not counted."""

import sqlite3
from pathlib import Path

from kassanet.store.sqlite import Opening
from kassanet.store.sqlite.transaction import Transaction


def connection(folder: Path) -> sqlite3.Connection:
    opened = Opening(folder).create_or_open()
    opened.execute("BEGIN IMMEDIATE")
    return opened


def test_a_write_taken_back_is_not_counted(tmp_path: Path) -> None:
    database = connection(tmp_path)
    transaction = Transaction(database)
    for circuit, kept in ((1, True), (2, False), (3, True)):
        mark = transaction.begin_write()
        transaction.count(circuit, "queued", 5)
        transaction.execute("INSERT INTO circuits (inn, number, title, created_at) VALUES ('1', ?, '', 0)", (circuit,))
        transaction.keep_write() if kept else transaction.undo_write(mark)
    transaction.finish()
    assert database.execute("SELECT circuit_id, receipts FROM receipt_counts").fetchall() == [(1, 5), (3, 5)]
    assert database.execute("SELECT number FROM circuits").fetchall() == [(1,), (3,)]
    database.close()


def test_counts_add_up_and_hours_grow(tmp_path: Path) -> None:
    database = connection(tmp_path)
    for first, last in ((10, 20), (5, 12), (15, 30)):
        transaction = Transaction(database)
        transaction.count(1, "queued", 2)
        transaction.count(1, "queued", -1)
        transaction.accepted(7, first, last)
        transaction.accepted(7, first + 1, last - 1)
        transaction.finish()
    assert database.execute("SELECT receipts FROM receipt_counts").fetchall() == [(3,)]
    assert database.execute("SELECT hour, first_id, last_id FROM receipt_hours").fetchall() == [(7, 5, 30)]
    database.close()
