"""Receipts that other journals told: sites' own, and what was imported.

They are known by their journal and their number there.
"""

from collections.abc import Iterator

import msgspec

from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.site_link import Copy
from schemas.site_records import ArchiveFilter, ArchiveReceipts, StoredArchived

_encode = msgspec.json.Encoder().encode

_KEEP = """
    INSERT INTO archived_receipts (source, origin_id, site_id, inn, external_id, status, revision, total, accepted_at,
        kkt, fn, fd, receipt)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (source, origin_id) DO UPDATE SET
        site_id = coalesce(excluded.site_id, site_id), status = excluded.status, revision = excluded.revision,
        kkt = excluded.kkt, fn = excluded.fn, fd = excluded.fd, receipt = excluded.receipt
    WHERE excluded.revision > revision AND inn = excluded.inn AND (
        coalesce(site_id, excluded.site_id) IS coalesce(excluded.site_id, site_id)
        OR EXISTS (SELECT 1 FROM sites WHERE sites.id = site_id AND revoked_at IS NOT NULL)
    )
"""
"""A site names its journal itself, so its word counts for no other site's receipts, unless that site is revoked."""
_COLUMNS = "a.id, a.source, a.site_id, a.inn, a.receipt"
_EQUAL = ("site_id", "origin_id", "inn", "status", "external_id", "fn", "fd", "total", "kkt")


def archive(transaction: Transaction, source: str, site_id: int | None, copy: Copy) -> bool:
    """Keep what is new or newer; answers whether it was."""
    receipt, fiscal = copy.receipt, copy.receipt.fiscal
    document = (None, None) if fiscal is None else (fiscal.fn, fiscal.fd)
    values = (
        source, receipt.id, site_id, copy.inn, receipt.external_id, receipt.status, receipt.revision, receipt.total,
        receipt.accepted_at.timestamp(), receipt.kkt, *document, _encode(receipt),
    )  # fmt: skip
    return transaction.execute(_KEEP, values).rowcount > 0


def archive_many(transaction: Transaction, write: ArchiveReceipts) -> int:
    """:class:`ArchiveReceipts`."""
    own = transaction.row("SELECT 1 FROM store WHERE identity = ?", write.source)
    if own is not None:
        return 0
    return sum(archive(transaction, write.source, None, copy) for copy in write.copies)


def query(wanted: ArchiveFilter) -> tuple[str, list[object]]:
    """The statement and its parameters, from new to old."""
    terms = list(_terms(wanted))
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    values = [value for _, value in terms]
    return f"SELECT {_COLUMNS} FROM archived_receipts AS a {where} ORDER BY a.id DESC LIMIT ?", [*values, wanted.limit]


def archived(row: Row) -> StoredArchived:
    return StoredArchived(*row)


def _terms(wanted: ArchiveFilter) -> Iterator[tuple[str, object]]:
    for name in _EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            yield f"a.{name} = ?", value
    if wanted.since is not None:
        yield "a.accepted_at >= ?", wanted.since
    if wanted.until is not None:
        yield "a.accepted_at < ?", wanted.until
    if wanted.before_id is not None:
        yield "a.id < ?", wanted.before_id
