"""The rules of a fiscal storage, in one place, above the state they guard.

1. Phases only go forward: ready (1) → fiscal (3) → closed, sending (7) → archive (15).
2. One document is formed at a time. A document belongs to its phase and to its shift state, otherwise 02.
3. Opening a shift may lag behind the last document by an hour (clocks are put back); nothing else may lag: 07.
4. A receipt or correction is made within 24 hours of the opening of its shift, otherwise 16. Closing stays possible.
5. Between two documents of a shift the register's clock and the storage's own timer may part by 5 minutes at most,
   otherwise 17. The timer lives as long as the power does.
6. A document that has waited 30 days for the OFD stops everything but closing the shift: 15; so do a full queue (14),
   a full archive (06), an expired storage (05) and a used-up key (12).
7. The storage is closed with its shift closed and nothing unsent.

Constants carry the clause; :class:`Limits` holds what differs between storages and what a test may turn.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kassanet.sandbox.fiscal_storage.records import SHIFT_DOCUMENTS, Current, FnFault, Phase
from kassanet.sandbox.fiscal_storage.state import EPOCH, State

SHIFT_LENGTH = timedelta(hours=24)
OPENING_LAG = timedelta(hours=1)
TIMER_TOLERANCE = 300.0
OFD_LIMIT = 30 * 86_400.0
KEY_DAYS_CRITICAL = 3
KEY_DAYS_WARNING = 30
ARCHIVE_WARNING = 0.9

FLAG_KEY_CRITICAL = 0x01
FLAG_KEY_WARNING = 0x02
FLAG_ARCHIVE = 0x04
FLAG_OFD = 0x08
FLAG_CRITICAL = 0x80


@dataclass
class Limits:
    """What a storage can hold and how its surroundings behave. May be turned while it works.

    ``ofd_seconds`` is the delay of a confirmation, ``None`` a silent OFD; ``ofd_overdue_days`` when the warning flag
    rises (no document tells the true figure); ``failure`` makes every document fail; ``archive_mark`` off drops
    the additional requisite (tag 1192) from archived documents.
    """

    ofd_seconds: float | None = 2.0
    ofd_overdue_days: float = 5.0
    ofd_capacity: int = 100_000
    archive_capacity: int = 250_000
    document_bytes: int = 32_768
    signatures: int = 1_000_000
    lifetime_days: int = 1_110
    reregistrations: int = 11
    archive_mark: bool = True
    failure: FnFault | None = None


PHASES = dict.fromkeys(Current, Phase.FISCAL) | {
    Current.REGISTRATION: Phase.READY,
    Current.REREGISTRATION_OF_FN: Phase.READY,
}
"""The phase in which each document is made (rule 2). A new storage in a used register begins with a re-registration."""

SHIFT_OPEN = {
    Current.REGISTRATION: False,
    Current.REREGISTRATION: False,
    Current.REREGISTRATION_OF_FN: False,
    Current.OPEN_SHIFT: False,
    Current.RECEIPT: True,
    Current.CORRECTION: True,
    Current.CLOSE_SHIFT: True,
    Current.CLOSE_FN: False,
}
"""Whether the shift must be open for each document; the settlement report does not care."""

STOPPABLE = frozenset({Current.OPEN_SHIFT, Current.RECEIPT, Current.CORRECTION})
"""Documents that rule 6 stops."""


def objection(state: State, limits: Limits, current: Current, at: datetime, now: float) -> FnFault | None:
    """What the rules have against making the document at the register's time ``at`` (``now``: UNIX time)."""
    if limits.failure:
        return limits.failure
    if state.phase is not PHASES[current] or SHIFT_OPEN.get(current, state.shift.is_open) != state.shift.is_open:
        return FnFault.STATE
    if current is Current.CLOSE_FN and len(state.ofd):
        return FnFault.STATE
    if current is Current.REREGISTRATION and not reregistrations_left(state, limits):
        return FnFault.RESOURCE_ENDED
    exhausted = _exhausted(state, limits, at, now) if current in STOPPABLE else None
    return exhausted or _untimely(state, current, at, now)


def reregistrations_left(state: State, limits: Limits) -> int:
    return max(0, limits.reregistrations - max(0, len(state.registration_fds) - 1))


def lead(at: datetime, now: float) -> float:
    """How far the register's clock leads the inner timer, in seconds (the zone is in it and cancels out)."""
    return (at - EPOCH).total_seconds() - now


def warning_flags(state: State, limits: Limits, at: datetime, now: float) -> int:
    """The warning byte of the status command."""
    flags = 0
    if state.expires is not None:
        left = state.expires - at
        flags |= FLAG_KEY_CRITICAL if left <= timedelta(days=KEY_DAYS_CRITICAL) else 0
        flags |= FLAG_KEY_WARNING if left <= timedelta(days=KEY_DAYS_WARNING) else 0
    flags |= FLAG_ARCHIVE if state.last_fd >= ARCHIVE_WARNING * limits.archive_capacity else 0
    flags |= FLAG_OFD if state.ofd.waiting_for(now) > 86_400 * limits.ofd_overdue_days else 0
    return flags | (FLAG_CRITICAL if limits.failure else 0)


def _exhausted(state: State, limits: Limits, at: datetime, now: float) -> FnFault | None:
    """Rule 6."""
    ends = (
        (state.expires is not None and at >= state.expires, FnFault.LIFE_ENDED),
        (state.last_fd >= limits.archive_capacity, FnFault.ARCHIVE_FULL),
        (state.last_fd >= limits.signatures, FnFault.RESOURCE_ENDED),
        (len(state.ofd) >= limits.ofd_capacity, FnFault.OFD_STORAGE_FULL),
        (state.ofd.waiting_for(now) > OFD_LIMIT, FnFault.OFD_WAIT),
    )
    return next((fault for reached, fault in ends if reached), None)


def _untimely(state: State, current: Current, at: datetime, now: float) -> FnFault | None:
    """Rules 3 to 5; times are compared by the minute, which is all that documents carry."""
    minute = to_minute(at)
    lag = OPENING_LAG if current is Current.OPEN_SHIFT else timedelta(0)
    if state.last_at is not None and minute < state.last_at - lag:
        return FnFault.TIME
    if current in SHIFT_DOCUMENTS and minute > state.shift.opened_at + SHIFT_LENGTH:
        return FnFault.SHIFT_EXPIRED
    if state.shift.is_open and state.timer is not None and abs(lead(at, now) - state.timer) > TIMER_TOLERANCE:
        return FnFault.TIME_DIFFERS
    return None


def to_minute(at: datetime) -> datetime:
    """The storage's clock has no seconds (DATETIME5)."""
    return at.replace(second=0, microsecond=0)
