"""The audit log: a line before somebody changes something, its outcome after, and a look at the lines.

Lines are few (people and their scripts, never receipts), so the log is searched from its end without an index, and it
is kept for ever: retention does not touch it.
"""

import json
from collections.abc import Iterator

from kassanet.store.sqlite.transaction import Transaction
from schemas.records import BeginAudit, EndAudit, NotFound
from schemas.rows import AuditFilter

_COLUMNS = "id, at, by, address, method, route, target, request_id, before, after, status, ended_at"
_BEGIN = """
    INSERT INTO audit (at, by, address, method, route, target, request_id, before) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_END = """
    UPDATE audit SET status = coalesce(status, ?2), after = CASE WHEN status IS NULL THEN ?3 ELSE after END,
        ended_at = coalesce(ended_at, ?4)
    WHERE id = ?1
"""
_REPLAYED_OF = 64
"""A replay follows its write closely: so many lines back it is looked for."""


def begin(transaction: Transaction, write: BeginAudit) -> int:
    """:class:`BeginAudit`."""
    replayed = transaction.row(
        "SELECT id FROM audit WHERE id > (SELECT max(id) - ? FROM audit) AND at = ? AND request_id = ?",
        _REPLAYED_OF, write.at, write.request_id,
    )  # fmt: skip
    if replayed is not None:
        return int(replayed[0])
    return transaction.insert(
        _BEGIN,
        write.at, write.by, write.address, write.method, write.route, write.target, write.request_id, write.before,
    )  # fmt: skip


def end(transaction: Transaction, write: EndAudit) -> None:
    """:class:`EndAudit`."""
    if not transaction.execute(_END, (write.audit_id, write.status, write.after, write.at)).rowcount:
        raise NotFound(f"audit line {write.audit_id}")


def query(wanted: AuditFilter) -> tuple[str, list[object]]:
    """The statement and its parameters."""
    terms = list(_terms(wanted))
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    return f"SELECT {_COLUMNS} FROM audit {where} ORDER BY id DESC LIMIT ?", [*(v for _, v in terms), wanted.limit]


def _terms(wanted: AuditFilter) -> Iterator[tuple[str, object]]:
    equal = ("by", "method", "route", "target", "status")
    compared = (("at >= ?", wanted.since), ("at < ?", wanted.until), ("id < ?", wanted.before_id))
    if wanted.targets:
        yield "target IN (SELECT value FROM json_each(?))", json.dumps(wanted.targets)
    for term, value in (*((f"{name} = ?", getattr(wanted, name)) for name in equal), *compared):
        if value is not None:
            yield term, value
