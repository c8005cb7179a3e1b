"""Serial ports over pseudo-terminals: readiness, hang-ups, cancelling, closing, and that one process owns the port."""

import os
import termios
import tty
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import trio
import trio.testing

from transports.link import NothingWritten
from transports.serial import SerialDialer, SerialStream


class Line(NamedTuple):
    """The device's end of a pseudo-terminal, and the path of ours."""

    master: int
    path: str


@pytest.fixture
def line() -> Iterator[Line]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    path = os.ttyname(slave)
    os.close(slave)
    # While no other descriptor of the slave is open, the master reads EIO: exactly what a pulled plug looks like.
    yield Line(master, path)
    try:
        os.close(master)
    except OSError:
        return  # the test hung up itself


async def opened(line: Line) -> SerialStream:
    return await SerialDialer(line.path).dial()


async def test_bytes_go_both_ways(line: Line) -> None:
    port = await opened(line)
    await port.send_all(b"\xb6\x29\x00\x01\x01\x8c\xef")
    await trio.lowlevel.wait_readable(line.master)
    assert os.read(line.master, 100) == b"\xb6\x29\x00\x01\x01\x8c\xef"
    os.write(line.master, b"\x00\x0a\x0d\x11\x13\xff\x7f\x03")
    assert await port.receive_some(3) == b"\x00\x0a\x0d"
    assert await port.receive_some() == b"\x11\x13\xff\x7f\x03"
    await port.aclose()


async def test_the_port_is_8n1_at_115200_without_flow_control(line: Line) -> None:
    port = await opened(line)
    attributes = termios.tcgetattr(port.fileno())
    control, speed, special = attributes[2], attributes[4], attributes[6]
    assert special[termios.VMIN] == 1, "a read with nothing pending must not look like the end"
    assert speed == termios.B115200
    assert control & termios.CSIZE == termios.CS8
    assert not control & (termios.PARENB | termios.CSTOPB | termios.CRTSCTS)
    await port.aclose()


async def test_nothing_pending_is_not_the_end(line: Line) -> None:
    port = await opened(line)
    with trio.move_on_after(0.05) as scope:
        await port.receive_some()
    assert scope.cancelled_caught
    os.write(line.master, b"late")
    assert await port.receive_some() == b"late"
    await port.aclose()


@pytest.mark.parametrize(("empty_reads", "received"), [(1, b"data"), (2, b"")])
async def test_an_end_is_believed_when_it_shows_twice(
    line: Line, monkeypatch: pytest.MonkeyPatch, empty_reads: int, received: bytes
) -> None:
    """Another program that sets VMIN back and flushes lets one read answer nothing, though the line is up."""
    port = await opened(line)
    read, left = os.read, [b""] * empty_reads
    monkeypatch.setattr("transports.serial.os.read", lambda fd, count: left.pop() if left else read(fd, count))
    os.write(line.master, b"data")
    assert await port.receive_some() == received
    await port.aclose()


async def test_cancelling_a_read_is_immediate(line: Line) -> None:
    port = await opened(line)
    with trio.fail_after(60), trio.move_on_after(0.02):
        await port.receive_some()
    await port.aclose()


async def test_a_silent_peer_blocks_a_long_write_which_can_be_cancelled(line: Line) -> None:
    port = await opened(line)
    with trio.move_on_after(0.05) as scope:
        await port.send_all(bytes(1_000_000))
    assert scope.cancelled_caught
    with trio.fail_after(60):
        await port.aclose()
    # The output was dropped, for closing a slow line waits for it; one page the other side has taken already.
    assert len(left_over(line)) <= 4096


def left_over(line: Line) -> bytes:
    data = b""
    try:
        while True:
            data += os.read(line.master, 65536)
    except OSError:
        return data


async def test_a_long_write_arrives_whole(line: Line) -> None:
    port = await opened(line)
    received = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(port.send_all, bytes(range(256)) * 200)
        while len(received) < 51200:
            await trio.lowlevel.wait_readable(line.master)
            received += os.read(line.master, 4096)
    assert received == bytes(range(256)) * 200
    await port.aclose()


async def test_hanging_up(line: Line) -> None:
    port = await opened(line)
    os.close(line.master)
    assert await port.receive_some() == b""
    with pytest.raises(NothingWritten):
        await port.send_all(b"x")
    await port.aclose()


async def test_closing_wakes_a_reader(line: Line) -> None:
    port = await opened(line)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def read() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await port.receive_some()

        await trio.testing.wait_all_tasks_blocked()
        await port.aclose()
    await port.aclose()
    for action in (port.receive_some(), port.send_all(b"x")):
        with pytest.raises(trio.ClosedResourceError):
            await action


async def test_one_process_owns_the_port_and_gives_it_back(line: Line) -> None:
    port = await opened(line)
    with pytest.raises(OSError, match="exclusively lock"):
        await opened(line)
    await port.aclose()
    await (await opened(line)).aclose()


@pytest.mark.parametrize("path", ["/dev/no-such-port", "/dev/null", "/etc/hostname"])
async def test_what_is_no_port(path: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        await SerialDialer(path).dial()
