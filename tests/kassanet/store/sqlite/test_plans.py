"""Plans: the questions that are asked all day stay off the table of all receipts, however long it gets."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from kassanet.store.identity import DATABASE
from kassanet.store.sqlite import Opening, SqliteStore, attempts, callbacks, listing, pinpad_rows, prro_rows, reader
from schemas.rows import ReceiptFilter
from tests.kassanet.store.writes import FN, INN, T0


def plan(folder: Path, sql: str, *parameters: object) -> str:
    SqliteStore.open(Opening(folder)).close()
    connection = sqlite3.connect(folder / DATABASE)
    lines = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    connection.close()
    return "\n".join(lines)


LISTINGS: list[tuple[dict[str, Any], str]] = [
    ({"circuit_id": 1}, "receipts_by_circuit (circuit_id=?)"),
    ({"circuit_id": 1, "before_id": 9}, "receipts_by_circuit (circuit_id=? AND id<?)"),
    ({"circuit_id": 1, "status": "queued"}, "receipts_queue (circuit_id=? AND status=?)"),
    ({"status": "manual"}, "receipts_by_status (status=?)"),
    ({"circuit_id": 1, "external_id": "a"}, "autoindex_receipts_1 (circuit_id=? AND external_id=?)"),
    ({"external_id": "a"}, "autoindex_receipts_1 (circuit_id=? AND external_id=?)"),
    ({"inn": INN, "external_id": "a"}, "autoindex_receipts_1 (circuit_id=? AND external_id=?)"),
    ({"fn": FN, "fd": 1}, "receipts_by_document (fn=? AND fd=?)"),
    ({"since": T0, "until": T0 + 60}, "PRIMARY KEY (rowid>? AND rowid<?)"),
    ({"since": T0, "until": T0 + 60, "total": 5}, "PRIMARY KEY (rowid>? AND rowid<?)"),
]


@pytest.mark.parametrize(("fields", "index"), LISTINGS, ids=[" ".join(fields) for fields, _ in LISTINGS])
def test_listings(tmp_path: Path, fields: dict[str, Any], index: str) -> None:
    sql, parameters = listing.query(ReceiptFilter(**fields))
    told = plan(tmp_path, sql, *parameters)
    assert index in told
    assert "SCAN r" not in told


QUESTIONS = {
    "documents of a software register": (
        prro_rows.BEFORE,
        (1, 9, 10),
        "prro_documents_by_number (register_id=? AND local_number<?)",
    ),
    "queue": (reader._QUEUED, (1, 0, 10), "receipts_queue (circuit_id=? AND status=? AND id>?)"),
    "overdue": (reader._OVERDUE, (1, T0, 10), "COVERING INDEX receipts_queue (circuit_id=? AND status=?)"),
    "faults": (
        reader._FAILED_ON,
        (1, 10),
        "COVERING INDEX attempts_faulty (register_fault=? AND receipt_id>? AND receipt_id<?)",
    ),
    "due": (reader._DUE, (T0, 10), "callbacks_due (next_at<?)"),
    "prunable": (callbacks._PRUNABLE, (T0, 10), "receipts_prunable (changed_at<?)"),
    "last sent": (pinpad_rows.LAST_SENT, (1, 8), "operations_sent (pinpad_id=? AND sent_at>?)"),
    "operation by key": (pinpad_rows.BY_KEY, (1, "a"), "autoindex_operations_1 (pinpad_id=? AND external_id=?)"),
    "done to it": (pinpad_rows.OF, (1,), "operations_of (of_id=?)"),
    "replay": (attempts._OPEN_OF, (1,), "attempts_open_by_receipt (receipt_id=?)"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_of_every_minute(tmp_path: Path, name: str) -> None:
    sql, parameters, index = QUESTIONS[name]
    told = plan(tmp_path, sql, *parameters)
    assert index in told
    assert "TEMP B-TREE" not in told


def test_open_attempts_are_few_whatever_was_attempted(tmp_path: Path) -> None:
    assert "attempts_open_by" in plan(tmp_path, reader._OPEN_ATTEMPTS, None, None)
