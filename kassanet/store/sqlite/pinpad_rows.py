"""What is read of pinpads and their operations: each query next to the struct that its rows become."""

from collections.abc import Iterator

import msgspec

from kassanet.store.sqlite.transaction import Row
from schemas.pinpad_records import OperationFilter, StoredOperation, StoredPinpad
from schemas.pinpads import PinpadSpec

PINPADS = "SELECT id, spec, is_active, settled_at, added_at FROM pinpads WHERE removed_at IS NULL ORDER BY id"
HOLDS = "SELECT holder, until FROM pinpad_holds WHERE pinpad_id = ? ORDER BY at, holder"

_OPERATION = """o.id, o.pinpad_id, o.external_id, o.kind, o.performed, o.status, o.revision, o.amount, o.currency,
    o.of_id, o.number, o.returned, o.accepted_at, o.changed_at, o.sent_at, o.reason, o.digest, o.result, o.request,
    o.body, o.holder,
    (SELECT count(*) FROM operations AS v
     WHERE v.of_id = o.id AND coalesce(v.performed, v.kind) = 'emergency_void' AND v.sent_at IS NOT NULL
        AND v.status <> 'failed')"""
OPERATION = f"SELECT {_OPERATION} FROM operations AS o WHERE o.id = ?"
BY_KEY = f"SELECT {_OPERATION} FROM operations AS o WHERE o.pinpad_id = ? AND o.external_id = ?"
OF = f"SELECT {_OPERATION} FROM operations AS o WHERE o.of_id = ? ORDER BY o.id"
OPEN = f"""
    SELECT {_OPERATION} FROM operations AS o INDEXED BY operations_open
    WHERE o.status IN ('accepted', 'sending', 'received', 'unknown', 'manual') AND o.pinpad_id = ? ORDER BY o.id
"""
LAST_SENT = f"""
    SELECT {_OPERATION} FROM operations AS o
    WHERE o.pinpad_id = ? AND o.sent_at IS NOT NULL AND o.status <> 'failed' AND coalesce(o.performed, o.kind) IN (
        'payment', 'void', 'refund', 'settlement', 'emergency_void', 'preauthorisation', 'completion', 'top_up',
        'cash_withdrawal'
    )
    ORDER BY o.sent_at DESC, o.id DESC LIMIT ?
"""
HISTORY = """
    SELECT 1, 'accepted', accepted_at, NULL FROM operations WHERE id = ?1
    UNION ALL
    SELECT revision, status, at, detail FROM operation_history WHERE operation_id = ?1
    ORDER BY 1
"""
COUNTS = """
    SELECT status, count(*) FROM operations INDEXED BY operations_open
    WHERE status IN ('accepted', 'sending', 'received', 'unknown', 'manual') GROUP BY status
"""


def pinpad(row: Row) -> StoredPinpad:
    return StoredPinpad(row[0], msgspec.json.decode(row[1], type=PinpadSpec), *row[2:])


def operation(row: Row) -> StoredOperation:
    return StoredOperation(*row)


def listing(wanted: OperationFilter) -> tuple[str, list[object]]:
    """The statement and its parameters, from new to old. ``since`` is included, ``until`` is not."""
    terms = list(_terms(wanted))
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    parameters = [value for _, value in terms]
    return f"SELECT {_OPERATION} FROM operations AS o {where} ORDER BY o.id DESC LIMIT ?", [*parameters, wanted.limit]


def _terms(wanted: OperationFilter) -> Iterator[tuple[str, object]]:
    compared = (
        ("o.pinpad_id = ?", wanted.pinpad_id),
        ("o.status = ?", wanted.status),
        ("o.kind = ?", wanted.kind),
        ("o.external_id = ?", wanted.external_id),
        ("o.of_id = ?", wanted.of),
        ("o.accepted_at >= ?", wanted.since),
        ("o.accepted_at < ?", wanted.until),
        ("o.id < ?", wanted.before_id),
    )
    for term, value in compared:
        if value is not None:
            yield term, value
