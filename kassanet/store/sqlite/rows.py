"""Columns and the structs they become; each select list stands next to the function that reads it."""

from datetime import datetime

from kassanet.store.sqlite.transaction import Row
from schemas.receipts import FdWindow, Fiscal
from schemas.rows import (
    AttemptLine,
    OpenAttempt,
    StoredCallback,
    StoredCircuit,
    StoredIntegration,
    StoredKkt,
    StoredReceipt,
    StoredToken,
)

RECEIPT = """r.id, r.circuit_id, r.integration_id, r.external_id, r.status, r.revision, r.kind, r.total, r.digest,
    r.accepted_at, r.changed_at, r.body, r.reason, r.eip,
    r.fn, r.fd, r.fpd, r.shift, r.receipt_number, r.fiscal_at, r.kkt, r.qr,
    r.window_fn, r.window_first, r.window_last"""


def receipt(row: Row) -> StoredReceipt:
    """A row of :data:`RECEIPT`."""
    fiscal, window = _fiscal(row[14:22]), _window(row[22:25])
    return StoredReceipt(*(*row[:11], row[11] or b"", *row[12:14], fiscal, window))


def _fiscal(row: Row) -> Fiscal | None:
    fn, fd, fpd, shift, receipt_number, at, kkt, qr = row
    return None if fd is None else Fiscal(fn, fd, fpd, shift, receipt_number, datetime.fromisoformat(at), kkt, qr)


def _window(row: Row) -> FdWindow | None:
    return None if row[0] is None else FdWindow(*row)


OPEN_ATTEMPT = "a.id, a.receipt_id, a.eip, a.fn, a.fd_before, a.at, r.body, a.state = 'unknown'"


def open_attempt(row: Row) -> OpenAttempt:
    attempt_id, receipt_id, eip, fn, fd_before, at, body, unknown = row
    return OpenAttempt(attempt_id, receipt_id, eip, fn, fd_before, at, body or b"", bool(unknown))


ATTEMPT = "a.id, a.eip, a.fn, a.fd_before, a.state, a.fd, a.register_fault, a.reason, a.at, a.ended_at"


def attempt(row: Row) -> AttemptLine:
    attempt_id, eip, fn, fd_before, state, fd, fault, reason, at, ended_at = row
    return AttemptLine(attempt_id, eip, fn, fd_before, state, fd, bool(fault), reason, at, ended_at)


CIRCUIT = "id, inn, number, title, max_wait"


def circuit(row: Row) -> StoredCircuit:
    return StoredCircuit(*row)


KKT = "eip, circuit_id, type, is_active, serial, fn, state"


def kkt(row: Row) -> StoredKkt:
    return StoredKkt(*row)


INTEGRATION = "id, circuit_id, type, param1, param2, params, is_active, callback_key"


def integration(row: Row) -> StoredIntegration:
    return StoredIntegration(*row)


TOKEN = "id, token_hash, role, inn, integration_id, created_at, revoked_at"


def token(row: Row) -> StoredToken:
    return StoredToken(*row)


CALLBACK = """c.id, c.receipt_id, c.revision, c.url, c.body,
    (SELECT i.callback_key FROM receipts AS r JOIN integrations AS i ON i.id = r.integration_id
     WHERE r.id = c.receipt_id),
    c.tries, c.next_at, c.delivered_at, c.last_error"""


def callback(row: Row) -> StoredCallback:
    return StoredCallback(*row)
