"""The same client over a loopback socket and a pseudo-terminal: receipts, answers in pieces, silence, a dead device."""

import os
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
import trio

from schemas.kkt import Committed
from tests.transports.terminalfa.device import Device
from tests.transports.terminalfa.examples import RECEIPT
from transports.address import dialer_for
from transports.register import Lost, Unreachable
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.commands.receipt import CommitReceipt, CommittedAnswer
from transports.terminalfa.settings import TerminalFaSettings

REPLY = CommittedAnswer(1, 102, 5)
SETTINGS = TerminalFaSettings(quiet=0.02)


class Master:
    """The device's end of a pseudo-terminal as a byte stream."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    async def send_all(self, data: bytes) -> None:
        await trio.lowlevel.wait_writable(self._fd)
        assert os.write(self._fd, data) == len(data)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        while True:
            await trio.lowlevel.wait_readable(self._fd)
            try:
                return os.read(self._fd, max_bytes or 4096)
            except OSError:
                await trio.sleep(0.001)  # nobody has the port open yet

    async def aclose(self) -> None:
        return


class Link:
    """A device behind an address, and registers dialled there."""

    def __init__(self, device: Device, address: str) -> None:
        self.device = device
        self._address = address
        self._dialled: list[TerminalFa] = []

    def register(self, settings: TerminalFaSettings = SETTINGS) -> TerminalFa:
        self._dialled.append(TerminalFa(dialer_for(self._address), settings))
        return self._dialled[-1]

    async def aclose(self) -> None:
        for register in self._dialled:
            await register.aclose()


@pytest.fixture(params=["tcp", "pty"])
async def link(request: pytest.FixtureRequest, nursery: trio.Nursery) -> AsyncIterator[Link]:
    device = Device({CommitReceipt: REPLY})
    start = _on_tcp if request.param == "tcp" else _on_pty
    address, stop = await start(nursery, device)
    linked = Link(device, address)
    yield linked
    await linked.aclose()
    stop()


async def _on_tcp(nursery: trio.Nursery, device: Device) -> tuple[str, Callable[[], None]]:
    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await device.serve(_Adapted(stream))

    return await _listening(nursery, serve), nursery.cancel_scope.cancel


async def _listening(nursery: trio.Nursery, serve: Callable[[trio.SocketStream], Awaitable[None]]) -> str:
    [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    return f"127.0.0.1:{listener.socket.getsockname()[1]}"


async def _on_pty(nursery: trio.Nursery, device: Device) -> tuple[str, Callable[[], None]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    path = os.ttyname(slave)
    os.close(slave)
    device.closes = False
    nursery.start_soon(device.serve, Master(master))

    def stop() -> None:
        nursery.cancel_scope.cancel()
        os.close(master)

    return f"serial:{path}", stop


class _Adapted:
    """A socket stream of Trio's as a ByteStream."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    async def send_all(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return bytes(await self._stream.receive_some(max_bytes))

    async def aclose(self) -> None:
        await self._stream.aclose()


async def test_receipts(link: Link) -> None:
    register = link.register()
    for _ in range(3):
        await register.prepare(RECEIPT, "k1f")
        assert await register.commit(RECEIPT) == Committed(1, 102, 5, None, None)
    assert len(link.device.received) == 12


async def test_an_answer_in_two_pieces(link: Link) -> None:
    link.device.split_at = 2
    assert (await link.register().commit(RECEIPT)).fd == 102


async def test_silence(link: Link) -> None:
    link.device.seconds = 60
    with pytest.raises(Lost, match=r"no answer within 0\.05 s"):
        await link.register(TerminalFaSettings(answer_limit=0.05, quiet=0.01)).commit(RECEIPT)


async def test_nobody_there() -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    for address in (f"127.0.0.1:{port}", "serial:/dev/no-such-port"):
        with pytest.raises(Unreachable):
            await TerminalFa(dialer_for(address)).cancel()


async def test_a_device_that_closes_without_an_answer() -> None:
    async def closes(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        address = await _listening(nursery, closes)
        with pytest.raises(Lost, match="ended before the answer"):
            await TerminalFa(dialer_for(address)).commit(RECEIPT)
        nursery.cancel_scope.cancel()
