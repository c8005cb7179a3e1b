"""Links: real connections one after another, clients that go away, faults on the wire, serial lines."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.lowlevel

from kassanet.sandbox.events import EventLine
from kassanet.sandbox.faults import Line
from kassanet.sandbox.terminalfa import serve_device, serve_pty
from tests.kassanet.sandbox.desk import Desk, framed
from transports.register import Lost
from transports.serial import SerialDialer
from transports.tcp import TcpDialer
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.commands import Nothing, encode_failure, encode_reply, encode_request
from transports.terminalfa.commands.information import ReadFnStatus, ReadModel, Restart, TextAnswer
from transports.terminalfa.commands.receipt import CommitReceipt
from transports.terminalfa.commands.shifts import CancelDocument
from transports.terminalfa.settings import TerminalFaSettings

COMMIT = encode_request(CommitReceipt(1, 15000))
STATUS = encode_request(ReadFnStatus())
CANCEL = encode_request(CancelDocument())
DONE = encode_reply(Nothing())
LENGTH = len(encode_reply(Nothing())) + 17
"""Of the answer to a receipt."""

BRIEF = 0.02
"""Seconds that a real wait takes in these tests, which cannot run on a virtual clock: the kernel's queue is real."""

LONG = 1.0
"""Seconds within which a test must have acted, however busy the machine is."""


@asynccontextmanager
async def listening(desk: Desk) -> AsyncIterator[int]:
    async with trio.open_nursery() as nursery:
        yield await nursery.start(serve_device, desk.device, "127.0.0.1", 0)
        nursery.cancel_scope.cancel()


async def connected(port: int) -> trio.SocketStream:
    with trio.fail_after(60):
        return await trio.open_tcp_stream("127.0.0.1", port)


async def everything(stream: trio.SocketStream) -> bytes:
    """What comes until the device closes."""
    told = b""
    with trio.fail_after(60):
        async for data in stream:
            told += data
    return told


async def asked(port: int, wire: bytes) -> bytes:
    async with await connected(port) as stream:
        await stream.send_all(wire)
        return await everything(stream)


async def shop_with(*faults: Line, seconds: float = 0.0) -> Desk:
    """A shop with a receipt passed and ready for its commit."""
    desk = Desk(faults=faults)
    await desk.open_shift()
    await desk.pass_receipt()
    desk.settings.document_seconds = seconds
    return desk


def told(desk: Desk) -> list[tuple[str, str | None, str, int | None, bool]]:
    return [(line.event, line.do, line.command, line.fd, line.in_window) for line in desk.events.read()]


async def committed(desk: Desk, fd: int = 3) -> None:
    with trio.fail_after(60):
        while desk.device.fn.last_fd < fd:  # noqa: ASYNC110 - the device under test has no event for us
            await trio.sleep(0.001)


async def heard(desk: Desk) -> list[EventLine]:
    with trio.fail_after(60):
        while not desk.events.read():  # noqa: ASYNC110
            await trio.sleep(0.001)
    return desk.events.read()


async def test_the_connection_is_closed_behind_the_answer(desk: Desk) -> None:
    async with listening(desk) as port:
        assert await asked(port, CANCEL + CANCEL) == DONE


async def test_connections_may_be_kept_open(desk: Desk) -> None:
    desk.settings.closes = False
    async with listening(desk) as port, await connected(port) as stream:
        for _ in range(3):
            await stream.send_all(CANCEL)
            assert await stream.receive_some() == DONE


async def test_a_request_may_come_byte_by_byte(desk: Desk) -> None:
    async with listening(desk) as port, await connected(port) as stream:
        for byte in CANCEL:
            await stream.send_all(bytes((byte,)))
            await trio.lowlevel.checkpoint()
        assert await everything(stream) == DONE


async def test_a_client_that_stalls_is_sent_away(desk: Desk) -> None:
    desk.settings.request_seconds = LONG
    async with listening(desk) as port:
        async with await connected(port) as stream:
            await stream.send_all(CANCEL[:4])
            assert await everything(stream) == encode_failure(0x25)
        desk.settings.request_seconds = BRIEF
        async with await connected(port) as stream:
            assert await everything(stream) == b""


async def test_a_command_is_executed_though_its_client_is_gone() -> None:
    desk = await shop_with(seconds=BRIEF)
    async with listening(desk) as port:
        stream = await connected(port)
        await stream.send_all(COMMIT)
        await stream.aclose()
        (event,) = await heard(desk)
    assert desk.device.fn.last_fd == 3
    assert (event.event, event.command, event.fd, event.in_window) == ("undelivered", "24", 3, True)


async def test_a_reset_client_is_gone_too() -> None:
    desk = await shop_with(seconds=BRIEF)
    async with listening(desk) as port:
        stream = await connected(port)
        await stream.send_all(COMMIT)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        await stream.aclose()
        (event,) = await heard(desk)
    assert event.in_window


async def test_a_client_that_only_stopped_sending_is_not_gone() -> None:
    desk = await shop_with(seconds=BRIEF)
    async with listening(desk) as port, await connected(port) as stream:
        await stream.send_all(COMMIT)
        await stream.send_eof()
        assert len(await everything(stream)) == LENGTH
    assert told(desk) == []


async def test_an_answer_to_nobody_without_a_document_is_outside_the_window(desk: Desk) -> None:
    desk.plan.lines = (Line("delay", seconds=BRIEF),)
    desk.switch_on()
    async with listening(desk) as port:
        stream = await connected(port)
        await stream.send_all(STATUS)
        await stream.aclose()
        await heard(desk)
        await trio.sleep(2 * BRIEF)
    assert told(desk) == [("fault", "delay", "08", None, False), ("undelivered", None, "08", None, False)]


async def test_a_later_client_waits_for_what_a_dead_one_began() -> None:
    """The fence: an answer to ``10`` proves that nothing sent before it is still to come."""
    desk = await shop_with(seconds=2 * BRIEF)
    async with listening(desk) as port:
        dead = await connected(port)
        await dead.send_all(COMMIT)
        await dead.aclose()
        assert await asked(port, CANCEL) == DONE
        assert desk.device.fn.last_fd == 3


async def test_clients_are_served_in_the_order_of_their_connections(desk: Desk) -> None:
    async with listening(desk) as port:
        first, second = await connected(port), await connected(port)
        await second.send_all(CANCEL)
        with trio.move_on_after(BRIEF):
            await second.receive_some()
            pytest.fail("served before the first")
        await first.send_all(CANCEL)
        assert await everything(first) == DONE
        assert await everything(second) == DONE
        await first.aclose()
        await second.aclose()


async def test_cut_request() -> None:
    desk = await shop_with(Line("cut_request", on="24", at=5, nth=1))
    async with listening(desk) as port:
        with pytest.raises(trio.BrokenResourceError):
            await asked(port, COMMIT)
        assert desk.device.fn.last_fd == 2
        assert len(await asked(port, COMMIT)) == LENGTH
    assert told(desk) == [("fault", "cut_request", "24", None, False)]


async def test_a_request_cut_behind_its_last_byte() -> None:
    desk = await shop_with(Line("cut_request", on="24", at=len(COMMIT)))
    async with listening(desk) as port:
        assert await asked(port, COMMIT) == b""
    assert desk.device.fn.last_fd == 2


@pytest.mark.parametrize("at", [0, 1, 4, LENGTH - 1])
async def test_cut_reply(at: int) -> None:
    desk = await shop_with(Line("cut_reply", on="commit_receipt", at=at))
    async with listening(desk) as port:
        reply = await asked(port, COMMIT)
    assert len(reply) == at
    assert desk.device.fn.last_fd == 3
    assert told(desk) == [("fault", "cut_reply", "24", 3, True)]


async def test_a_reply_cut_behind_its_last_byte_arrives() -> None:
    desk = await shop_with(Line("cut_reply", on="24", at=LENGTH))
    async with listening(desk) as port:
        assert framed(await asked(port, COMMIT)).head == 0
    assert told(desk) == [("fault", "cut_reply", "24", None, False)]


async def test_drop_reply_holds_the_connection_and_serves_the_next() -> None:
    desk = await shop_with(Line("drop_reply", on="24", seconds=LONG))
    async with listening(desk) as port, await connected(port) as stream:
        await stream.send_all(COMMIT)
        await committed(desk)
        assert await asked(port, CANCEL) == DONE
        with trio.move_on_after(BRIEF):
            await stream.receive_some()
            pytest.fail("closed or answered")
        assert await everything(stream) == b""
    assert told(desk) == [("fault", "drop_reply", "24", 3, True)]


async def test_delay() -> None:
    desk = await shop_with(Line("delay", on="24", seconds=BRIEF))
    async with listening(desk) as port:
        before = trio.current_time()
        assert framed(await asked(port, COMMIT)).head == 0
        assert trio.current_time() - before >= BRIEF
    assert told(desk) == [("fault", "delay", "24", None, False)]


async def test_a_client_that_does_not_wait_for_a_delayed_reply_is_missed() -> None:
    desk = await shop_with(Line("delay", on="24", seconds=BRIEF))
    async with listening(desk) as port:
        stream = await connected(port)
        await stream.send_all(COMMIT)
        await stream.aclose()
        assert await asked(port, CANCEL) == DONE
    assert told(desk)[1:] == [("undelivered", None, "24", 3, True)]


async def test_bad_crc() -> None:
    desk = await shop_with(Line("bad_crc", on="24"))
    async with listening(desk) as port:
        client = TerminalFa(TcpDialer("127.0.0.1", port))
        with pytest.raises(Lost):
            await client.exchange(CommitReceipt(1, 15000))
    assert told(desk) == [("fault", "bad_crc", "24", 3, True)]


async def test_split() -> None:
    desk = await shop_with(Line("split", on="24", seconds=LONG))
    async with listening(desk) as port, await connected(port) as stream:
        await stream.send_all(COMMIT)
        assert await stream.receive_some() == b"\xb6\x29"
        assert len(await everything(stream)) == LENGTH - 2
    assert told(desk) == [("fault", "split", "24", None, False)]


async def test_duplicate() -> None:
    desk = await shop_with(Line("duplicate", on="24"))
    async with listening(desk) as port:
        reply = await asked(port, COMMIT)
    assert reply[:LENGTH] == reply[LENGTH:]
    assert desk.device.fn.last_fd == 3


async def test_an_error_without_execution() -> None:
    desk = await shop_with(Line("error:35", on="24", nth=1))
    async with listening(desk) as port:
        assert await asked(port, COMMIT) == encode_failure(0x35)
        assert desk.device.fn.last_fd == 2
        assert framed(await asked(port, COMMIT)).head == 0


@pytest.mark.parametrize(("at", "last_fd", "in_window"), [(0, 2, False), (1, 3, True)])
async def test_power_cycle(at: int, last_fd: int, in_window: bool) -> None:
    desk = await shop_with(Line("power_cycle", on="24", at=at, seconds=LONG, nth=1), seconds=BRIEF)
    async with listening(desk) as port:
        before = trio.current_time()
        with pytest.raises((trio.BrokenResourceError, AssertionError)):  # reset, or closed without an answer
            assert await asked(port, COMMIT)
        with pytest.raises(OSError, match="all attempts to connect"):
            await connected(port)
        assert await up_again(port) == encode_failure(0x5B)  # the open receipt is gone either way
        assert trio.current_time() - before >= LONG
    assert desk.device.fn.last_fd == last_fd
    assert told(desk) == [("fault", "power_cycle", "24", 3 if in_window else None, in_window)]


async def up_again(port: int) -> bytes:
    while True:
        try:
            return await asked(port, COMMIT)
        except OSError:
            await trio.sleep(0.002)


async def test_power_that_is_cut_by_hand_ends_a_command_before_its_commit() -> None:
    desk = await shop_with(seconds=2.0)
    async with listening(desk) as port:
        stream = await connected(port)
        await stream.send_all(COMMIT)
        await trio.sleep(BRIEF)
        desk.device.power_cycle(BRIEF)
        with pytest.raises((trio.BrokenResourceError, AssertionError)):
            assert await everything(stream)
        assert await up_again(port) == encode_failure(0x5B)
        await stream.aclose()
    assert desk.device.fn.last_fd == 2


async def test_the_restart_command_answers_first() -> None:
    desk = await shop_with()
    desk.settings.restart_seconds = BRIEF
    async with listening(desk) as port:
        assert await asked(port, encode_request(Restart())) == DONE
        assert await up_again(port) == encode_failure(0x5B)


async def test_another_device_may_answer() -> None:
    desk, other = await shop_with(), Desk()
    other.device.serial = "550780200002"
    desk.device.posing_as = other.device
    async with listening(desk) as port:
        reply = await asked(port, STATUS)
    assert framed(reply).data[-4:] == b"\1\0\0\0"


async def test_a_serial_line(desk: Desk, tmp_path: Path) -> None:
    desk.plan.lines = (Line("cut_reply", on="24", at=3, nth=1), Line("power_cycle", on="04", seconds=BRIEF, nth=1))
    desk.switch_on()
    await desk.open_shift()
    link = tmp_path / "pty-0"
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_pty, desk.device, link)
        client = TerminalFa(SerialDialer(str(link)), TerminalFaSettings(quiet=BRIEF, answer_limit=LONG))
        for fd in (3, 4):
            await desk.pass_receipt()
            if fd == 3:
                with pytest.raises(Lost):
                    await client.exchange(CommitReceipt(1, 15000))
            else:
                assert (await client.exchange(CommitReceipt(1, 15000))).fd == fd
        with pytest.raises(Lost):
            await client.exchange(ReadModel())
        assert await client.exchange(ReadModel()) == TextAnswer("Terminal-FA")
        await client.aclose()
        nursery.cancel_scope.cancel()
    assert not link.is_symlink()


async def test_noise_on_a_serial_line_is_not_answered(desk: Desk) -> None:
    desk.settings.request_seconds = BRIEF
    async with trio.open_nursery() as nursery:
        path = await nursery.start(serve_pty, desk.device)
        port = await SerialDialer(path).dial()
        await port.send_all(b"\x00\xff\x29" + CANCEL[:5])
        with trio.move_on_after(3 * BRIEF):
            await port.receive_some()
            pytest.fail("answered")
        await port.send_all(CANCEL)
        assert await port.receive_some() == DONE
        await port.send_all(CANCEL[:-1] + b"\x00")
        assert await port.receive_some() == encode_failure(0x25)
        await port.aclose()
        nursery.cancel_scope.cancel()
