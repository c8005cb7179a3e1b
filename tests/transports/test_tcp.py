"""TCP over loopback: connections by number and by name, and what is known when one breaks."""

import socket
import struct
from collections.abc import AsyncIterator

import pytest
import trio
import trio.testing

from transports.link import NothingWritten
from transports.tcp import TcpDialer, TcpStream


@pytest.fixture
async def listener() -> AsyncIterator[trio.SocketListener]:
    [listening] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listening:
        yield listening


def port_of(listening: trio.SocketListener) -> int:
    port: int = listening.socket.getsockname()[1]
    return port


async def pair(listening: trio.SocketListener, host: str = "127.0.0.1") -> tuple[TcpStream, trio.SocketStream]:
    stream = await TcpDialer(host, port_of(listening)).dial()
    return stream, await listening.accept()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_bytes_go_both_ways(listener: trio.SocketListener, host: str) -> None:
    ours, theirs = await pair(listener, host)
    await ours.send_all(b"there")
    assert await theirs.receive_some() == b"there"
    await theirs.send_all(b"back")
    assert await ours.receive_some(2) == b"ba"
    assert await ours.receive_some() == b"ck"
    await ours.aclose()
    assert await theirs.receive_some() == b""
    await theirs.aclose()


async def test_ipv6_by_number() -> None:
    try:
        [listening] = await trio.open_tcp_listeners(0, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    async with listening:
        dialer = TcpDialer("::1", port_of(listening))
        assert dialer.address == f"[::1]:{port_of(listening)}"
        await (await dialer.dial()).aclose()


async def test_nobody_listens() -> None:
    [listening] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = port_of(listening)
    await listening.aclose()
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(OSError, match="refused"):
            await TcpDialer(host, port).dial()


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b", "кас\ud800са"])
async def test_what_is_no_host_name(host: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        await TcpDialer(host, 7777).dial()


async def test_the_end_of_the_stream(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    await theirs.send_all(b"last")
    await theirs.aclose()
    assert await ours.receive_some() == b"last"
    assert await ours.receive_some() == b""
    await ours.aclose()


async def reset(theirs: trio.SocketStream) -> None:
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await theirs.aclose()


async def test_a_connection_reset_before_the_first_byte_is_known_to_be_untouched(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    await reset(theirs)
    with pytest.raises(NothingWritten):
        await ours.send_all(b"x")
    await ours.aclose()


async def test_a_connection_reset_after_the_first_byte_is_not(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def read_a_little_and_reset() -> None:
            await theirs.receive_some(1)
            await reset(theirs)

        with pytest.raises(trio.BrokenResourceError) as broken:
            await ours.send_all(bytes(50_000_000))
    assert not isinstance(broken.value, NothingWritten)
    await ours.aclose()


async def test_a_reset_while_reading(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    await ours.send_all(b"x")
    await theirs.receive_some()
    await reset(theirs)
    with pytest.raises(trio.BrokenResourceError):
        await ours.receive_some()
    await ours.aclose()


async def test_after_closing(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    await ours.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await ours.send_all(b"x")
    with pytest.raises(trio.ClosedResourceError):
        await ours.receive_some()
    await theirs.aclose()


async def test_closing_wakes_who_waits_for_an_answer(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def wait_for_an_answer() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await ours.receive_some()

        await trio.testing.wait_all_tasks_blocked()
        await ours.aclose()
    await theirs.aclose()


async def test_a_cancelled_task_sends_nothing(listener: trio.SocketListener) -> None:
    ours, theirs = await pair(listener)
    with trio.CancelScope() as scope:
        scope.cancel()
        await ours.send_all(b"x")
    assert scope.cancelled_caught
    await ours.aclose()
    assert await theirs.receive_some() == b""
    await theirs.aclose()


async def test_a_cancelled_dial_leaves_no_socket_open() -> None:
    # 192.0.2.0/24 is for documentation: nothing answers. A machine without a route refuses at once, which is as good.
    with trio.move_on_after(0.01), pytest.raises((OSError, trio.Cancelled)):
        await TcpDialer("192.0.2.1", 7777).dial()
