"""The day of a pinpad: sales that keep it, and the settlement that waits for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.pinpad.timetable import due, latest
from schemas.records import Conflict
from tests.actors.kkt.rack import START
from tests.actors.pinpad.counter import running_counter
from tests.actors.pinpad.scripted import Script, Terminal

HOUR = 3600.0


async def test_whoever_keeps_it_is_alone_with_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        await counter.hold("sale 1")
        assert counter.state.condition == "held"
        for attempt in (counter.submit(), counter.hold("sale 2")):
            with pytest.raises(Conflict) as caught:
                await attempt
            assert (caught.value.code, caught.value.holder) == ("pinpad_held", "sale 1")
        paid = await counter.submit(holder="sale 1")
        assert await counter.ended(paid) == "approved"
        assert counter.state.condition == "held"
        void = await counter.submit("emergency_void", of=paid, holder="sale 1")
        assert await counter.ended(void) == "approved"
        await counter.release("sale 1")
        assert (await counter.do())[1] == "approved"


async def test_a_hold_runs_out_and_outlives_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    terminal = Terminal()
    async with running_counter(tmp_path, terminal) as counter:
        await counter.hold("sale 1", 100.0)
    async with running_counter(tmp_path, terminal) as counter:
        assert counter.state.condition == "held"
        with pytest.raises(Conflict):
            await counter.submit()
        await trio.sleep(101)
        assert (await counter.do())[1] == "approved"
        assert counter.state.holds == 1


async def test_sales_queue_for_a_pinpad_that_queues(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, busy="queue") as counter:
        order: list[str] = []

        async def sale(name: str) -> None:
            await counter.hold(name, 30.0)
            order.append(name)
            await counter.ended(await counter.submit(holder=name))
            await trio.sleep(5)
            await counter.release(name)

        async with trio.open_nursery() as nursery:
            for name in ("a", "b", "c"):
                nursery.start_soon(sale, name)
                await trio.sleep(0.01)
        assert order == ["a", "b", "c"]
        assert [order.number for order in counter.terminal.sent] == [1, 2, 3]


async def test_the_settlement_waits_for_open_sales(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, settle_at="13:00") as counter:  # it is 12:00 there
        await counter.do()
        await counter.hold("sale 1", 10.0)
        await counter.release("sale 1", is_open=True)
        with pytest.raises(Conflict) as caught:
            await counter.submit("settlement")
        assert caught.value.code == "sales_open"
        await trio.sleep(2 * HOUR)
        assert counter.terminal.settled == 0
        assert "sale 1" in (counter.state.reason or "")
        await counter.release("sale 1")
        await counter.until(lambda: counter.terminal.settled == 1)
        await trio.sleep(20 * HOUR)
        assert counter.terminal.settled == 1
        await trio.sleep(4 * HOUR)
        assert counter.terminal.settled == 2


async def test_a_settlement_may_be_forced(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        await counter.hold("sale 1", 10.0)
        await counter.release("sale 1", is_open=True)
        assert (await counter.do("settlement", forced=True))[1] == "approved"


async def test_a_settlement_that_fails_is_tried_again_and_once_made_is_made(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    terminal = Terminal()
    terminal.scripts.extend([Script(unreachable=True), Script(verdict="refused")])
    async with running_counter(tmp_path, terminal, settle_at="13:00") as counter:
        await trio.sleep(3 * HOUR)
        keys = [row.external_id for row in reversed(counter.all(kind="settlement"))]
        assert keys == [f"settlement/2026-11-22/{n}" for n in (1, 2, 3)]
        assert [row.status for row in reversed(counter.all())] == ["failed", "refused", "approved"]
    async with running_counter(tmp_path, terminal, settle_at="13:00"):
        await trio.sleep(HOUR)
    assert terminal.settled == 1


async def test_the_boundary_chooses_between_void_and_refund(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        first, _ = await counter.do()
        second, _ = await counter.do()
        voided, _ = await counter.do("refund", of=first, amount=200)
        await trio.sleep(1)
        await counter.do("settlement")
        refunded, _ = await counter.do("void", of=first)
        forced, _ = await counter.do("void", of=second, forced=True)
        assert [counter.operation(each).sent for each in (voided, refunded, forced)] == ["void", "refund", "void"]
        assert [counter.operation(each).amount for each in (voided, refunded)] == [200, 1000]
        assert (counter.operation(first).status, counter.terminal.standing) == ("reversed", 0)


def test_when_a_settlement_is_due() -> None:
    local_noon = START  # 09:00 UTC, three hours ahead there
    assert latest("12:00", local_noon, 3.0) == local_noon
    assert latest("11:59", local_noon, 3.0) == local_noon - 60
    assert latest("12:01", local_noon, 3.0) == local_noon - 86_400 + 60
    assert due("11:00", local_noon, local_noon - HOUR - 1, 3.0) == local_noon - HOUR
    assert due("11:00", local_noon, local_noon - HOUR, 3.0) is None
    assert datetime.fromtimestamp(START, UTC).hour == 9
