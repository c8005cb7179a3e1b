"""The same client over loopback sockets and pseudo-terminals: payments, packets, a borrowed host link, silence."""

import os
import socket
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import trio

from tests.transports.smartsale.device import WAIT, Device, Script, Wire, answering
from tests.transports.smartsale.orders import SALE
from tests.transports.smartsale.test_relay import opening, send
from tests.transports.smartsale.vectors import BY_NAME
from transports.link import Dialer
from transports.pinpad import Place, Unknown, Unreachable
from transports.serial import SerialDialer
from transports.smartsale.client import SmartSale
from transports.smartsale.fields import AMOUNT, DATA, OPERATION, RRN, SLIPS, STATUS, Field
from transports.smartsale.frames import ACK, EOT
from transports.smartsale.message import Message
from transports.smartsale.profiles import make_profile
from transports.smartsale.slips import SlipData, write_slips
from transports.tcp import TcpDialer, TcpStream

APPROVAL: dict[Field[Any], Any] = {AMOUNT: 1200, RRN: "632612345678", STATUS: 1}
PROFILE = make_profile({"timers": {"quiet": 0.02}})
LONG = 60


class Stream:
    """A descriptor or socket of Trio's as a ByteStream."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]) -> None:
        self._send = send
        self._receive = receive

    async def send_all(self, data: bytes) -> None:
        await self._send(data)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return await self._receive()

    async def aclose(self) -> None:
        return


class Link:
    """A scripted device behind a real link."""

    def __init__(self, device: Device, dialer: Dialer) -> None:
        self.device = device
        self.dialer = dialer

    def pinpad(self, place: Place | None = None, timers: dict[str, float] | None = None) -> SmartSale:
        profile = make_profile({"timers": {"quiet": 0.02, **(timers or {})}})
        return SmartSale(self.dialer, place or Place(), profile)


@pytest.fixture(params=["tcp", "pty"])
async def link(request: pytest.FixtureRequest, nursery: trio.Nursery) -> AsyncIterator[Link]:
    device = Device(answering(APPROVAL))
    if request.param == "tcp":
        port = await listening(nursery, partial(_on_socket, device))
        yield Link(device, TcpDialer("127.0.0.1", port))
        nursery.cancel_scope.cancel()
        return
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    nursery.start_soon(device.serve, Stream(partial(_write, master), partial(_read, master)))
    yield Link(device, SerialDialer(os.ttyname(slave), 9600))
    nursery.cancel_scope.cancel()
    os.close(slave)
    os.close(master)


async def listening(nursery: trio.Nursery, serve: Callable[[trio.SocketStream], Awaitable[None]]) -> int:
    [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    port: int = listener.socket.getsockname()[1]
    return port


async def _on_socket(device: Device, stream: trio.SocketStream) -> None:
    async def receive() -> bytes:
        return bytes(await stream.receive_some())

    async with stream:
        await device.serve(Stream(stream.send_all, receive))


async def _write(fd: int, data: bytes) -> None:
    await trio.lowlevel.wait_writable(fd)
    assert os.write(fd, data) == len(data)


async def _read(fd: int) -> bytes:
    while True:
        await trio.lowlevel.wait_readable(fd)
        try:
            return os.read(fd, 4096)
        except OSError:
            await trio.sleep(0.001)


async def until(true: Callable[[], bool]) -> None:
    """Real devices take real time."""
    with trio.fail_after(LONG):
        while not true():  # noqa: ASYNC110 - what it looks at is a list
            await trio.sleep(0.005)


async def test_payments(link: Link) -> None:
    pinpad = link.pinpad()
    for _ in range(5):
        answer = await pinpad.run(pinpad.intend(SALE), lambda progress: None)
        await pinpad.acknowledge()
        assert answer.verdict == "approved"
    await until(lambda: link.device.controls == [ACK, ACK, ACK, EOT] * 5)
    await pinpad.aclose()


async def test_the_last_bytes_leave_before_the_link_is_closed(link: Link) -> None:
    for _ in range(10):
        pinpad = link.pinpad()
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)
        await pinpad.acknowledge()
        await pinpad.aclose()
    await until(lambda: link.device.controls == [ACK, ACK, ACK, EOT] * 10)


async def test_a_result_that_came_twice_does_not_take_the_acknowledgement_with_it(link: Link) -> None:
    async def twice(wire: Wire) -> None:
        await wire.request()
        frame = Message.of({OPERATION: 1, AMOUNT: 1200, STATUS: 1}).frame()
        await wire.write(frame, frame, frame)
        assert await wire.control() == ACK
        assert await wire.control() == EOT

    link.device.script = twice
    pinpad = link.pinpad()
    for _ in range(3):
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)
        await trio.sleep(0.01)
        await pinpad.acknowledge()
    await pinpad.aclose()
    await until(lambda: link.device.controls == [ACK, EOT] * 3)


async def test_a_long_slip_in_packets(link: Link) -> None:
    text = "\n".join(f"СТРОКА {number}" for number in range(500))

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.say(WAIT)
        await wire.split(Message.of({OPERATION: 1, **APPROVAL, SLIPS: write_slips(SlipData(text))}), 1000)
        await wire.control()

    link.device.script = script
    pinpad = link.pinpad()
    answer = await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    await pinpad.acknowledge()
    assert answer.slips.customer == text
    await pinpad.aclose()


async def test_a_host_reached_through_us(link: Link, nursery: trio.Nursery) -> None:
    async def bank(stream: trio.SocketStream) -> None:
        async with stream:
            async for data in stream:
                await stream.send_all(data[::-1])

    port = await listening(nursery, bank)
    seen: list[bytes | None] = []
    link.device.script = _asking_a_host(port, seen)
    pinpad = link.pinpad(Place(wiring="pkh", allow=(f"127.0.0.1:{port}",)))
    answer = await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    await pinpad.acknowledge()
    await pinpad.aclose()
    assert answer.verdict == "approved"
    assert seen == [b"dcba\0"] * 3, "three connections one after another"


def _asking_a_host(port: int, seen: list[bytes | None]) -> Script:
    async def script(wire: Wire) -> None:
        await wire.request()
        for _ in range(3):
            await wire.ask(opening(f"127.0.0.1;{port}".encode()))
            await wire.ask(send(b"\0abcd"))
            answer = Message()
            while answer.get(DATA) is None:
                answer = await wire.ask(BY_NAME["read"].message)
            seen.append(answer.get(DATA))
            await wire.ask(BY_NAME["close"].message)
        await wire.say(Message.of({OPERATION: 1, **APPROVAL}))
        await wire.control()

    return script


async def test_silence(link: Link) -> None:
    async def silent(wire: Wire) -> None:
        await wire.event()

    link.device.script = silent
    pinpad = link.pinpad(timers={"acknowledge": 0.05})
    with pytest.raises(Unknown, match=r"not acknowledged within 0\.05 s"):
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    await until(lambda: link.device.controls == [EOT])
    await pinpad.aclose()


async def test_nobody_there() -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    dialers: list[Dialer] = [TcpDialer("127.0.0.1", port), SerialDialer("/dev/no-such-port")]
    for dialer in dialers:
        with pytest.raises(Unreachable):
            await SmartSale(dialer, Place(), PROFILE).check()


async def test_a_pinpad_that_closes_without_a_result(nursery: trio.Nursery) -> None:
    async def closes(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(bytes((ACK,)))
        await stream.aclose()

    port = await listening(nursery, closes)
    pinpad = SmartSale(TcpDialer("127.0.0.1", port), Place(), PROFILE)
    with pytest.raises(Unknown):
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    nursery.cancel_scope.cancel()


async def test_an_acknowledgement_that_nobody_receives_is_told(nursery: trio.Nursery) -> None:
    """A peer that has no room stands for a pulled cable here: what is sent last is confirmed by nobody."""
    result = Message.of({OPERATION: 1, **APPROVAL}).frame()

    async def deaf(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(bytes((ACK,)) + result)
        await trio.sleep_forever()

    port = await listening(nursery, deaf)
    dialer = Clogging(TcpDialer("127.0.0.1", port))
    pinpad = SmartSale(dialer, Place(), make_profile({"timers": {"confirm": 0.2}}))
    await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    await dialer.clog()
    with pytest.raises(Unknown, match="cannot be acknowledged: nobody confirms"):
        await pinpad.acknowledge()
    nursery.cancel_scope.cancel()


class Clogging:
    """Dials like another; ``clog`` fills the way there, and leaves room for more on our side only."""

    def __init__(self, dialer: TcpDialer) -> None:
        self._dialer = dialer
        self.address = dialer.address
        self.persistent = False

    async def dial(self) -> TcpStream:
        self.stream = await self._dialer.dial()
        return self.stream

    async def clog(self) -> None:
        way, quiet = self.stream._socket, 0
        way.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        while quiet < 5:
            quiet += 1
            with suppress(BlockingIOError):
                while True:
                    way.send(bytes(4096))
                    quiet = 0
            await trio.sleep(0.02)
        way.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 131_072)
