"""Shifts that close by themselves before midnight in Kyiv, each register at its own moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.prro import PrroSettings
from actors.prro.timetable import closes_at, midnight_after, share_of
from schemas.prro import CloseShift
from schemas.prro_commands import NotSigned
from tests.actors.prro.counter import open_counter, wall
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, REGISTER
from transports.prro.limits import kyiv

MIDNIGHT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC).timestamp()
SETTINGS = PrroSettings(tick=30.0)


async def test_a_shift_closes_by_itself(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, SETTINGS) as counter:
        await counter.perform(COFFEE, "a")
        await counter.until(lambda: not counter.state.shift_is_open, 10.0)
        assert MIDNIGHT - 1500 <= wall() <= MIDNIGHT - 900 + 60
        assert [document.kind for document in counter.documents()[-2:]] == ["z_report", "close_shift"]
        assert len(counter.registered()) == 4


async def test_it_closes_at_its_own_moment(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The window is counted in seconds, so a tick is too coarse for it."""
    settings = PrroSettings(close_before=3600.0, close_spread=20.0, tick=900.0)
    async with open_counter(tmp_path, settings) as counter:
        await counter.perform(COFFEE, "a")
        await counter.until(lambda: not counter.state.shift_is_open)
        due = MIDNIGHT - 3600 - 20 * share_of(REGISTER)
        assert due <= wall() <= due + 2


async def test_what_fails_is_tried_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The agent is away when the time comes: it is told, and the shift closes once it is back."""
    async with open_counter(tmp_path, SETTINGS) as counter:
        await counter.perform(COFFEE, "a")
        counter.agent.away = True
        await counter.until(lambda: counter.state.reason is not None, 10.0)
        assert counter.state.shift_is_open
        assert "the agent is away" in (counter.state.reason or "")
        counter.agent.away = False
        await counter.until(lambda: not counter.state.shift_is_open, 10.0)
        assert wall() < MIDNIGHT


async def test_midnight_does_not_wait_for_the_tax_service(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, SETTINGS) as counter:
        await counter.perform(COFFEE, "a")
        counter.network.away = True
        await counter.perform(COFFEE, "b")
        await counter.until(lambda: not counter.state.shift_is_open, 10.0)
        assert wall() < MIDNIGHT
        assert counter.state.condition == "offline"
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        assert len(counter.registered()) == 7


async def test_a_closing_that_stopped_half_way_makes_no_second_report(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    settings = PrroSettings(tick=30.0, offline=False)
    async with open_counter(tmp_path, settings) as counter:
        await counter.perform(COFFEE, "a")
        counter.network.away = True
        await counter.until(lambda: counter.documents()[-1].kind == "z_report", 10.0)
        counter.network.away = False
        await counter.until(lambda: not counter.state.shift_is_open, 10.0)
        assert [document.kind for document in counter.documents()] == ["open_shift", "sale", "z_report", "close_shift"]


async def test_a_sale_finishes_a_closing_that_stopped_half_way(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Nothing but the closing may follow a report, so the shift is closed and another one opened first."""
    async with open_counter(tmp_path, PrroSettings(tick=1e9)) as counter:
        await counter.perform(COFFEE, "a")
        counter.agent.fails_at = counter.agent.signed + 2
        with pytest.raises(NotSigned):
            await counter.perform(CloseShift(), "b")
        assert counter.documents()[-1].kind == "z_report"
        assert (await counter.perform(COFFEE, "c")).status == "registered"
        assert [document.kind for document in counter.documents()[2:]] == [
            "z_report", "close_shift", "open_shift", "sale"
        ]  # fmt: skip


@given(st.integers(0, 366 * 86_400), st.integers(REGISTER, REGISTER + 10**6))
def test_every_shift_closes_on_its_day(after: int, register: int) -> None:
    opened = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + after
    due = closes_at(register, opened, SETTINGS)
    assert due is not None
    assert opened <= due < midnight_after(opened)
    day = datetime.fromtimestamp(opened, kyiv()).date()
    assert datetime.fromtimestamp(due, kyiv()).date() == day


def test_registers_are_scattered() -> None:
    shares = sorted(share_of(REGISTER + number) for number in range(2000))
    assert all(abs(share - place / 2000) < 0.05 for place, share in enumerate(shares))


def test_days_of_23_and_25_hours() -> None:
    spring = datetime(2026, 3, 28, 23, 0, tzinfo=UTC).timestamp()
    assert midnight_after(spring) == datetime(2026, 3, 29, 21, 0, tzinfo=UTC).timestamp()
    autumn = datetime(2026, 10, 24, 22, 0, tzinfo=UTC).timestamp()
    assert midnight_after(autumn) == datetime(2026, 10, 25, 22, 0, tzinfo=UTC).timestamp()
    assert closes_at(1, spring, PrroSettings(close_before=None)) is None
