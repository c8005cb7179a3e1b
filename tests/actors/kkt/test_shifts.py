"""When shifts close by themselves: before a day is over, at a set time, and never all at once."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from actors.kkt.settings import KktSettings
from actors.kkt.shifts import DAY, close_due, close_moment, expired, share_of

MOSCOW = timezone(timedelta(hours=3))
OPENED = datetime(2026, 11, 22, 9, 0, tzinfo=MOSCOW).timestamp()
SERIALS = st.text("0123456789", min_size=16, max_size=16)


@given(fn=SERIALS)
def test_a_shift_closes_before_the_register_would_refuse(fn: str) -> None:
    moment = close_moment(fn, OPENED, KktSettings())
    assert OPENED < moment < OPENED + DAY
    assert not close_due(fn, OPENED, moment - 1, KktSettings())
    assert close_due(fn, OPENED, moment, KktSettings())


def test_a_rack_opened_together_is_not_closed_together() -> None:
    moments = {round(close_moment(f"{number:016}", OPENED, KktSettings()) / 60) for number in range(200)}
    assert len(moments) > 45


def test_the_moment_of_an_fn_is_the_same_after_a_restart() -> None:
    assert share_of("9999078902003867") == share_of("9999078902003867")


def test_a_set_time_closes_by_the_registers_clock() -> None:
    settings = KktSettings(shift_close_at="21:30", shift_spread=0)
    moment = close_moment("1", OPENED, settings)
    assert datetime.fromtimestamp(moment, MOSCOW).strftime("%H:%M") == "21:30"


def test_a_set_time_already_past_is_tomorrows() -> None:
    settings = KktSettings(shift_close_at="08:00", shift_spread=0)
    moment = close_moment("1", OPENED, settings)
    assert moment == OPENED + 23 * 3600


def test_age_wins_over_a_set_time_that_comes_too_late() -> None:
    settings = KktSettings(shift_close_at="08:59", shift_spread=0, shift_max_age=3600)
    assert close_moment("1", OPENED, settings) == OPENED + 3600


def test_a_day_old_shift_is_expired_and_an_unknown_one_is_not_judged() -> None:
    assert expired(OPENED, OPENED + DAY)
    assert not expired(OPENED, OPENED + DAY - 1)
    assert not expired(None, OPENED)
