"""Whose documents stand in the FN: those that were made while nobody of ours was looking.

Between two looks of a living actor every document that it did not make is somebody else's. Across a restart or a lost
link that is not so: shifts were changed by ourselves just before, attempts were settled. So what is new is read back
from the archive, and only receipts that no receipt of ours answers for are counted.
"""

from actors.kkt.desk import Desk
from schemas.kkt import FnStatus

LOOK_BACK = 30
"""Documents that are read one by one; what lies before them is counted without a look."""


async def made_by_others(desk: Desk, last_seen: FnStatus | None, found: FnStatus) -> int:
    """Receipts in the FN since it was ``last_seen`` that kassanet did not cause. Raises Refused, Lost, Unreachable."""
    if last_seen is None or last_seen.fn != found.fn:
        return 0
    accounted = await desk.reader.call(lambda store: store.last_accounted(found.fn))
    known = max(last_seen.last_fd, accounted or 0)
    unread = max(0, found.last_fd - known - LOOK_BACK)
    seen = [await _is_receipt(desk, fd) for fd in range(known + unread + 1, found.last_fd + 1)]
    return unread + sum(seen)


async def _is_receipt(desk: Desk, fd: int) -> bool:
    document = await desk.register.document(fd)
    return document is not None and document.kind in ("receipt", "correction")
