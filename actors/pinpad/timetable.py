"""When the daily settlement of a pinpad is due: wall-clock time, re-checked often, so a stepped clock does no harm."""

from datetime import datetime, timedelta

EPOCH = datetime(1970, 1, 1)


def latest(clock_time: str, now: float, utc_offset: float) -> float:
    """The last moment (UNIX seconds) at which the set local time of day ``HH:MM`` came, at or before ``now``."""
    offset = utc_offset * 3600
    local = EPOCH + timedelta(seconds=now + offset)
    hour, minute = map(int, clock_time.split(":"))
    moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if moment > local:
        moment -= timedelta(days=1)
    return (moment - EPOCH).total_seconds() - offset


def due(clock_time: str, now: float, since: float, utc_offset: float) -> float | None:
    """The moment whose settlement is owed: it came after ``since`` (the last settlement, or the beginning)."""
    moment = latest(clock_time, now, utc_offset)
    return moment if moment > since else None


def day_of(moment: float, utc_offset: float) -> str:
    """The local date of a moment: ``2026-11-22``."""
    return f"{EPOCH + timedelta(seconds=moment + utc_offset * 3600):%Y-%m-%d}"
