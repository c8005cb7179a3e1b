"""Keeping what a site tells of its receipts: on disk first, then it hears so and forgets them in its outbox."""

from collections.abc import Sequence

import structlog

from actors.durable import durably
from actors.runtime import Ref
from schemas.records import Conflict, NotFound
from schemas.site_link import Copied, Copies, Copy
from schemas.site_records import ApplyCopies, StoredSite

log = structlog.get_logger("sites.copying")


async def keep(journal: Ref, site: StoredSite, source: str, said: Copies, at: float) -> Copied:
    """What the site may not tell of (another organisation's) is passed over; one that no row can hold, too, loudly."""
    copies = tuple(copy for copy in said.copies if site.inn is None or copy.inn == site.inn)
    try:
        upto = await durably(journal, ApplyCopies(site.id, site.name, source, said.upto, copies, at))
    except (Conflict, NotFound):
        upto = await _one_by_one(journal, site, source, said.upto, copies, at)
    return Copied(upto)


async def _one_by_one(journal: Ref, site: StoredSite, source: str, upto: int, copies: Sequence[Copy], at: float) -> int:
    for copy in copies:
        try:
            await durably(journal, ApplyCopies(site.id, site.name, source, 0, (copy,), at))
        except (Conflict, NotFound) as reason:
            log.error("copy_not_kept", site=site.name, receipt=copy.receipt.id, reason=str(reason))
    return await durably(journal, ApplyCopies(site.id, site.name, source, upto, (), at))
