"""When a shift closes by itself: before midnight in Kyiv, each register at its own moment.

The moment depends on the register alone, so it is the same after every restart. A shift that was open at a midnight
that nobody noticed is overdue and closes at once.
"""

import zlib
from datetime import UTC, datetime, timedelta

from actors.prro.settings import PrroSettings
from transports.prro.limits import kyiv


def share_of(register: int) -> float:
    """Where in a spread this register has its moment: a fraction of 1, evenly scattered over fiscal numbers."""
    return zlib.crc32(str(register).encode()) / 2**32


def closes_at(register: int, opened_at: float, settings: PrroSettings) -> float | None:
    """When the shift is to close (UNIX seconds), None when it does not by itself."""
    if settings.close_before is None:
        return None
    ahead = settings.close_before + settings.close_spread * share_of(register)
    midnight = midnight_after(opened_at)
    # Opened within the last minutes of a day it still closes on that day: halfway to midnight.
    return max(midnight - ahead, (opened_at + midnight) / 2 if midnight - ahead <= opened_at else 0.0)


def midnight_after(at: float) -> float:
    """The next midnight in Kyiv. Days have 23 or 25 hours there twice a year."""
    local = datetime.fromtimestamp(at, kyiv())
    day = local.date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=kyiv()).astimezone(UTC).timestamp()
