"""Receipts that sites told, as they are shown here."""

import msgspec

from actors.journal import Reader
from schemas.records import NotFound
from schemas.rows import ReceiptFilter
from schemas.site_records import ArchiveFilter


class ArchivedPage(msgspec.Struct, frozen=True):
    """A page of receipts as their site told them, from new to old; their numbers are the site's."""

    receipts: tuple[msgspec.Raw, ...]
    next_cursor: int | None


async def archived_page(reader: Reader, site_id: int | None, wanted: ReceiptFilter) -> ArchivedPage:
    asked = ArchiveFilter(
        site_id=site_id, inn=wanted.inn, status=wanted.status, external_id=wanted.external_id, fn=wanted.fn,
        fd=wanted.fd, total=wanted.total, kkt=wanted.kkt, since=wanted.since, until=wanted.until,
        before_id=wanted.before_id, limit=wanted.limit,
    )  # fmt: skip
    rows = await reader.call(lambda store: store.archived(asked))
    following = rows[-1].id if len(rows) == wanted.limit else None
    return ArchivedPage(tuple(msgspec.Raw(row.receipt) for row in rows), following)


async def archived_receipt(reader: Reader, site_id: int, origin_id: int, inn: str | None) -> msgspec.Raw:
    asked = ArchiveFilter(site_id=site_id, origin_id=min(origin_id, 2**63 - 1), inn=inn, limit=1)
    for row in await reader.call(lambda store: store.archived(asked)):
        return msgspec.Raw(row.receipt)
    raise NotFound(f"receipt {origin_id} of this site")
