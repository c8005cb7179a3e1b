"""36 hours in a session, 168 in a month of Kyiv."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.prro.limits import OfflineLimits, Span, left, month_of, month_seconds, must_warn

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
LIMITS = OfflineLimits()


def hours(begin: datetime, count: float) -> Span:
    return Span(begin, begin + count * HOUR)


@pytest.mark.parametrize(
    ("elapsed", "earlier", "seconds", "limit"),
    [
        (0, [], 36 * 3600, "session"),
        (35.5, [], 1800, "session"),
        (36, [], 0, "session"),
        (1, [hours(START - 200 * HOUR, 36)] * 4, (168 - 145) * 3600, "month"),
        (24, [hours(START - 200 * HOUR, 36)] * 4, 0, "month"),
    ],
)
def test_what_is_left(elapsed: float, earlier: list[Span], seconds: float, limit: str) -> None:
    found = left(START, START + elapsed * HOUR, earlier, LIMITS)
    assert (round(found.seconds), found.limit) == (seconds, limit)
    assert found.is_over == (seconds <= 0)


def test_warnings_come_ahead() -> None:
    assert not must_warn(left(START, START + 33.9 * HOUR, [], LIMITS), LIMITS)
    assert must_warn(left(START, START + 34 * HOUR, [], LIMITS), LIMITS)


def test_a_month_begins_at_midnight_in_kyiv() -> None:
    first, following = month_of(datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
    assert (first, following) == (datetime(2026, 10, 31, 22, tzinfo=UTC), datetime(2026, 11, 30, 22, tzinfo=UTC))
    assert month_of(datetime(2026, 12, 15, tzinfo=UTC))[1] == datetime(2026, 12, 31, 22, tzinfo=UTC)
    assert month_of(datetime(2026, 7, 15, tzinfo=UTC))[0] == datetime(2026, 6, 30, 21, tzinfo=UTC)


def test_a_session_over_the_end_of_a_month_burdens_both() -> None:
    span = Span(datetime(2026, 11, 30, 20, tzinfo=UTC), datetime(2026, 12, 1, 4, tzinfo=UTC))
    assert month_seconds([span], datetime(2026, 11, 30, 21, tzinfo=UTC)) == 2 * 3600
    assert month_seconds([span], datetime(2026, 12, 1, 4, tzinfo=UTC)) == 6 * 3600


@given(st.floats(0, 100), st.lists(st.tuples(st.floats(-400, 0), st.floats(0, 36)), max_size=6))
def test_never_more_than_either_limit(elapsed: float, earlier: list[tuple[float, float]]) -> None:
    spans = [hours(START + begin * HOUR, count) for begin, count in earlier]
    found = left(START, START + elapsed * HOUR, spans, LIMITS)
    assert found.seconds <= LIMITS.session - elapsed * 3600 + 1e-3
    assert found.seconds <= LIMITS.month
