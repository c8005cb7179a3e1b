"""The audit log from the command line: all of it as NDJSON, oldest first, also while the service runs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from kassanet.store import identity
from kassanet.store.sqlite import Opening, SqliteReader
from schemas.audit import shown_audit
from schemas.records import NotFound
from schemas.rows import AuditFilter, StoredAudit

PAGE = 500

_encode = msgspec.json.Encoder().encode


def export(folder: Path) -> Iterator[str]:
    """One JSON object a line, as ``GET /api/v1/audit`` shows them."""
    if not (folder / identity.DATABASE).exists():
        raise NotFound(f"journal in {folder}; name its directory with --data")
    reader = SqliteReader(Opening(folder))
    try:
        for row in reversed(_everything(reader)):
            yield _encode(shown_audit(row)).decode()
    finally:
        reader.close()


def _everything(reader: SqliteReader) -> list[StoredAudit]:
    found: list[StoredAudit] = []
    page = reader.audit(AuditFilter(limit=PAGE))
    while page:
        found += page
        page = reader.audit(AuditFilter(before_id=page[-1].id, limit=PAGE))
    return found
