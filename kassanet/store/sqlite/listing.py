"""Searching receipts: the filter as one query, from new to old, that stays off rows it does not need.

A span of time becomes a span of ids, because the journal keeps which ids each hour accepted. The rest is left to
the planner; what it chooses for each kind of question is held fast by a test.
"""

from collections.abc import Iterator

from kassanet.store.sqlite import rows
from schemas.rows import ReceiptFilter

_SINCE = "r.id >= (SELECT min(first_id) FROM receipt_hours WHERE hour >= CAST(? / 3600 AS INTEGER))"
_UNTIL = "r.id <= (SELECT max(last_id) FROM receipt_hours WHERE hour <= CAST(? / 3600 AS INTEGER))"
_OF_INN = "r.circuit_id IN (SELECT id FROM circuits WHERE inn = ?)"
_OF_ANY = "r.circuit_id IN (SELECT id FROM circuits)"
"""Says nothing new, but lets the index of keys be used, which begins with the circuit."""
_FEW = "r.status NOT IN ('queued', 'fiscalized')"
"""Said again in the words of the partial index, which is not used otherwise."""

Term = tuple[str, tuple[object, ...]]


def query(wanted: ReceiptFilter) -> tuple[str, list[object]]:
    """The statement and its parameters. ``since`` is included, ``until`` is not."""
    terms = [*_plain(wanted), *_documents(wanted), *_times(wanted)]
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    parameters = [value for _, values in terms for value in values]
    return f"SELECT {rows.RECEIPT} FROM receipts AS r {where} ORDER BY r.id DESC LIMIT ?", [*parameters, wanted.limit]


def _plain(wanted: ReceiptFilter) -> Iterator[Term]:
    if wanted.circuit_id is not None:
        yield "r.circuit_id = ?", (wanted.circuit_id,)
    if wanted.inn is not None:
        yield _OF_INN, (wanted.inn,)
    if wanted.status is not None:
        yield "r.status = ?", (wanted.status,)
        if wanted.status not in ("queued", "fiscalized"):
            yield _FEW, ()
    if wanted.external_id is not None:
        yield "r.external_id = ?", (wanted.external_id,)
        if wanted.circuit_id is None and wanted.inn is None:
            yield _OF_ANY, ()
    if wanted.total is not None:
        yield "r.total = ?", (wanted.total,)
    if wanted.kkt is not None:
        yield "r.eip = ?", (wanted.kkt,)


def _documents(wanted: ReceiptFilter) -> Iterator[Term]:
    if wanted.fn is not None:
        yield "r.fn = ? AND r.fd IS NOT NULL", (wanted.fn,)
    if wanted.fd is not None:
        yield "r.fd = ?", (wanted.fd,)


def _times(wanted: ReceiptFilter) -> Iterator[Term]:
    if wanted.since is not None:
        yield f"{_SINCE} AND r.accepted_at >= ?", (wanted.since, wanted.since)
    if wanted.until is not None:
        yield f"{_UNTIL} AND r.accepted_at < ?", (wanted.until, wanted.until)
    if wanted.before_id is not None:
        yield "r.id < ?", (wanted.before_id,)
