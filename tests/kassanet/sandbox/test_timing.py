"""How long things take, on the virtual clock and over memory links: printing, the commit in its middle, queues."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.faults import Line
from kassanet.sandbox.terminalfa import serve_stream
from tests.kassanet.sandbox.desk import HOUR, Desk
from tests.kassanet.sandbox.reading import book_of
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer, null_modem
from transports.register import Lost, Refused
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.commands.information import ReadModel
from transports.terminalfa.commands.receipt import CommitReceipt
from transports.terminalfa.commands.shifts import BeginShiftOpening, CancelDocument, CommitShiftOpening, ReadShift

SECONDS = 4.0


@asynccontextmanager
async def dialled(desk: Desk) -> AsyncIterator[TerminalFa]:
    """A driver's client of the device on memory links."""
    desk.settings.document_seconds = SECONDS
    async with trio.open_nursery() as nursery:
        yield TerminalFa(MemoryDialer(nursery, partial(serve_stream, desk.device)))
        nursery.cancel_scope.cancel()


async def test_a_document_takes_its_time_and_everything_else_none(desk: Desk, autojump_clock: MockClock) -> None:
    async with dialled(desk) as client:
        await client.exchange(BeginShiftOpening())
        assert trio.current_time() == pytest.approx(0)
        await client.exchange(CommitShiftOpening())
        assert trio.current_time() == pytest.approx(SECONDS)
        await desk.pass_receipt()
        await client.exchange(CommitReceipt(1, 15000))
        assert trio.current_time() == pytest.approx(2 * SECONDS)
        assert await desk.code(CommitReceipt(1, 15000)) == 0x5B
        assert trio.current_time() == pytest.approx(2 * SECONDS)


async def test_shift_documents_may_take_a_share(desk: Desk, autojump_clock: MockClock) -> None:
    desk.settings.shift_share = 0.25
    async with dialled(desk) as client:
        await client.exchange(BeginShiftOpening())
        await client.exchange(CommitShiftOpening())
        assert trio.current_time() == pytest.approx(SECONDS / 4)


@pytest.mark.parametrize(("share", "earlier", "later"), [(0.5, 1.9, 2.1), (0.1, 0.3, 0.5)])
async def test_the_storage_commits_in_the_middle(
    shop: Desk, autojump_clock: MockClock, share: float, earlier: float, later: float
) -> None:
    shop.settings.commit_at = share
    await shop.pass_receipt()
    async with dialled(shop) as client, trio.open_nursery() as nursery:
        nursery.start_soon(client.exchange, CommitReceipt(1, 15000))
        await trio.sleep(earlier)
        assert (shop.device.fn.last_fd, len(book_of(shop))) == (2, 2)
        await trio.sleep(later - earlier)
        assert (shop.device.fn.last_fd, len(book_of(shop))) == (3, 3)


async def test_a_refusal_takes_no_time(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    async with dialled(shop) as client:
        with pytest.raises(Refused):
            await client.exchange(CommitReceipt(1, 1))
        assert trio.current_time() == pytest.approx(0)


async def test_a_refusal_of_the_storage_takes_no_time_either(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    shop.clock.advance(25 * HOUR)
    async with dialled(shop) as client:
        with pytest.raises(Refused) as refused:
            await client.exchange(CommitReceipt(1, 15000))
        assert refused.value.code == 0x16
        assert trio.current_time() == pytest.approx(0)


async def test_a_cancelled_client_changes_nothing(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    async with dialled(shop) as client:
        with trio.move_on_after(1):
            await client.exchange(CommitReceipt(1, 15000))
        await client.exchange(CancelDocument())
        assert trio.current_time() == pytest.approx(SECONDS)
        assert shop.device.fn.last_fd == 3
    (event,) = shop.events.read()
    assert (event.event, event.in_window) == ("undelivered", True)


async def test_power_cut_before_the_commit_leaves_nothing(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    async with dialled(shop) as client, trio.open_nursery() as nursery:
        nursery.start_soon(cut_power, shop, 1.0)
        with pytest.raises(Lost):
            await client.exchange(CommitReceipt(1, 15000))
        assert trio.current_time() == pytest.approx(1)
        with pytest.raises(Lost):
            await client.exchange(ReadShift())
        await trio.sleep(10)
        assert (await client.exchange(ReadShift())).receipts == 0
        with pytest.raises(Refused) as refused:
            await client.exchange(CommitReceipt(1, 15000))
        assert refused.value.code == 0x5B


async def cut_power(desk: Desk, after: float) -> None:
    await trio.sleep(after)
    desk.device.power_cycle(5)


async def test_memory_connections_wait_for_their_turn(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    async with dialled(shop) as first, trio.open_nursery() as nursery:
        nursery.start_soon(first.exchange, CommitReceipt(1, 15000))
        await trio.sleep(0.5)
        second = TerminalFa(MemoryDialer(nursery, partial(serve_stream, shop.device)))
        assert (await second.exchange(ReadShift())).receipts == 1
        assert trio.current_time() == pytest.approx(SECONDS)


async def test_dropped_replies_on_a_memory_link(shop: Desk, autojump_clock: MockClock) -> None:
    shop.plan.lines = (Line("drop_reply", on="04", seconds=7),)
    shop.switch_on()
    async with dialled(shop) as client:
        with pytest.raises(Lost):
            await client.exchange(ReadModel())
        assert trio.current_time() == pytest.approx(7)


@pytest.mark.parametrize("faults", [Faults(one_byte=True), Faults(delay=0.2), Faults(one_byte=True, delay=0.2)])
async def test_slow_links_change_nothing(shop: Desk, autojump_clock: MockClock, faults: Faults) -> None:
    await shop.pass_receipt()
    async with dialled(shop) as client, trio.open_nursery() as nursery:
        dialer = MemoryDialer(nursery, partial(serve_stream, shop.device))
        dialer.there = dialer.back = faults
        assert (await TerminalFa(dialer).exchange(CommitReceipt(1, 15000))).fd == 3
        assert (await client.exchange(ReadShift())).receipts == 1


async def test_a_persistent_stream_serves_many_commands(shop: Desk, autojump_clock: MockClock) -> None:
    ours, theirs = null_modem()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(serve_stream, persistent=True), shop.device, theirs)
        dialer = _Line(ours)
        client = TerminalFa(dialer)
        for _ in range(3):
            assert (await client.exchange(ReadShift())).is_open
        await ours.aclose()


async def test_several_links_share_one_register(shop: Desk, autojump_clock: MockClock) -> None:
    await shop.pass_receipt()
    ours, theirs = null_modem()
    async with dialled(shop) as client, trio.open_nursery() as nursery:
        nursery.start_soon(partial(serve_stream, persistent=True), shop.device, theirs)
        nursery.start_soon(client.exchange, CommitReceipt(1, 15000))
        await trio.sleep(0.5)
        assert (await TerminalFa(_Line(ours)).exchange(ReadShift())).receipts == 1
        assert trio.current_time() == pytest.approx(SECONDS)
        await ours.aclose()


class _Line:
    """Dials the one stream that there is."""

    address = "memory:line"
    persistent = True

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def dial(self) -> ByteStream:
        await trio.lowlevel.checkpoint()
        return self._stream
