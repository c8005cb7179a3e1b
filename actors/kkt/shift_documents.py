"""Opening and closing shifts: documents too, whose lost answers are settled by reading the FN.

A shift's document answers no receipt, so nothing is journalled before it; the opening time is, after it.
"""

from datetime import datetime

from actors.kkt.desk import Desk
from actors.kkt.settling import fence
from schemas.kkt import FnStatus, ShiftDocument, ShiftStatus
from schemas.records import SaveShift
from transports.register import Lost, Refused

EPOCH = datetime(1970, 1, 1)

SEARCH_LIMIT = 20
"""How many documents are read backwards in search of the one that opened the shift."""


async def change_shift(desk: Desk, before: FnStatus, cashier: str | None = None) -> ShiftDocument:
    """Close the open shift, or open one. Raises what the register said when it did not happen."""
    opening = not before.shift_is_open
    command = desk.register.open_shift if opening else desk.register.close_shift
    try:
        document = await command(cashier or desk.settings.cashier)
    except (Lost, Refused) as trouble:
        document = await _settle_shift(desk, before, trouble)
    opened_at = desk.clock() if opening else None
    await desk.durably(SaveShift(before.fn, document.shift, opened_at))
    return document


async def _settle_shift(desk: Desk, before: FnStatus, trouble: Exception) -> ShiftDocument:
    """The answer was lost or bad: did it happen all the same? Raises ``trouble`` when it did not."""
    await fence(desk)
    after = await desk.register.fn_status()
    if after.fn != before.fn or after.shift_is_open == before.shift_is_open:
        raise trouble
    shift = await desk.register.shift_status()
    document = await desk.register.document(after.last_fd)
    return ShiftDocument(shift.number, after.last_fd, document.fpd if document else 0)


async def opening_time(desk: Desk, fn: FnStatus, shift: ShiftStatus) -> float | None:
    """When the open shift was opened (UNIX seconds): from the journal, else from the FN's archive."""
    if not shift.is_open:
        return None
    stored = await desk.reader.call(lambda store: store.shift(fn.fn))
    if stored is not None and stored.number == shift.number and stored.opened_at is not None:
        return stored.opened_at
    found = await _search(desk, fn, shift)
    if found is not None:
        await desk.durably(SaveShift(fn.fn, shift.number, found))
    return found


async def _search(desk: Desk, fn: FnStatus, shift: ShiftStatus) -> float | None:
    newest = fn.last_fd - shift.receipts
    for fd in range(newest, max(newest - SEARCH_LIMIT, 0), -1):
        document = await desk.register.document(fd)
        if document is not None and document.kind == "open_shift":
            return _unix(document.at, desk.settings.utc_offset)
    return None


def _unix(local: datetime, utc_offset: float) -> float:
    return (local - EPOCH).total_seconds() - utc_offset * 3600
