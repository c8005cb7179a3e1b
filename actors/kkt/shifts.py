"""When a shift is too old, and when it closes by itself.

The law gives a shift 24 hours. A rack of registers opened together must not be closed together: each FN has its own
moment inside the spread, the same after every restart.
"""

import zlib
from datetime import datetime, timedelta

from actors.kkt.settings import KktSettings

DAY = 86_400.0


def share_of(fn: str) -> float:
    """Where in a spread this FN has its moment: a fraction of 1, evenly scattered over serials."""
    return zlib.crc32(fn.encode()) / 2**32


def expired(opened_at: float | None, now: float) -> bool:
    """Whether the register itself would refuse a receipt (error 16). An unknown opening time is not judged."""
    return opened_at is not None and now - opened_at >= DAY


def close_due(fn: str, opened_at: float, now: float, settings: KktSettings) -> bool:
    """Whether the shift should be closed now, between two receipts. Times are UNIX seconds."""
    return now >= close_moment(fn, opened_at, settings)


def close_moment(fn: str, opened_at: float, settings: KktSettings) -> float:
    """When the shift closes by itself: at its age, or earlier at the set time of day."""
    spread = settings.shift_spread * share_of(fn)
    by_age = opened_at + max(settings.shift_max_age - spread, 60.0)
    if settings.shift_close_at is None:
        return by_age
    return min(by_age, _next_at(settings.shift_close_at, opened_at, settings.utc_offset) + spread)


def _next_at(clock: str, after: float, utc_offset: float) -> float:
    offset = utc_offset * 3600
    local = datetime(1970, 1, 1) + timedelta(seconds=after + offset)
    hour, minute = map(int, clock.split(":"))
    moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if moment <= local:
        moment += timedelta(days=1)
    return (moment - datetime(1970, 1, 1)).total_seconds() - offset
