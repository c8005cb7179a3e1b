"""How long a register may work offline: 36 hours in one session, 168 in a calendar month of Kyiv.

The service measures a session from its beginning to the last document that moves money, but whoever plans to make one
more must count to the moment of making it. A session that spans two months burdens each with its own part.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct


@cache
def kyiv() -> tzinfo:
    """The zone of all documents. Systems with data from before 2022 know it by its older spelling."""
    try:
        return ZoneInfo("Europe/Kyiv")
    except ZoneInfoNotFoundError:
        return ZoneInfo("Europe/Kiev")


class OfflineLimits(Struct, frozen=True):
    """In seconds. ``warn_ahead``: a person is told when less than this is left."""

    session: float = 36 * 3600.0
    month: float = 168 * 3600.0
    warn_ahead: float = 2 * 3600.0


class Span(NamedTuple):
    """A session, from its beginning to its last document; both with a zone."""

    begin: datetime
    end: datetime


class Left(NamedTuple):
    """Seconds of offline work left, and which limit ends first."""

    seconds: float
    limit: str

    @property
    def is_over(self) -> bool:
        return self.seconds <= 0


def month_seconds(spans: Iterable[Span], at: datetime) -> float:
    """Offline time in the Kyiv month of ``at``."""
    first, following = month_of(at)
    return sum(max(0.0, (min(span.end, following) - max(span.begin, first)) / timedelta(seconds=1)) for span in spans)


def left(begin: datetime, now: datetime, earlier: Sequence[Span], limits: OfflineLimits) -> Left:
    """What is left of a session that began at ``begin``; ``earlier`` are the finished ones of this month."""
    session = limits.session - (now - begin).total_seconds()
    month = limits.month - month_seconds((*earlier, Span(begin, now)), now)
    return Left(session, "session") if session <= month else Left(month, "month")


def must_warn(remaining: Left, limits: OfflineLimits) -> bool:
    return remaining.seconds <= limits.warn_ahead


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The Kyiv month that holds a moment: its first instant and the first of the next."""
    local = at.astimezone(kyiv())
    first = datetime(local.year, local.month, 1, tzinfo=kyiv())
    following = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=kyiv())
    return first.astimezone(UTC), following.astimezone(UTC)
