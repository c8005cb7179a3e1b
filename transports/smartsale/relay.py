"""The host link that a pinpad borrows (wiring ``pkh``): bytes to its bank and back, verbatim, through our network.

A pinpad asks by operation 63: open or close (65 = 16), send or read (65 = 17). No length is added, removed or looked
at. It reaches the hosts on its allow-list and nothing else; what it asked for beyond that is answered as failed and
reported, as is every connection. What travels is between the pinpad and its bank: it is never logged.
"""

from collections.abc import Awaitable, Callable

import trio

from transports.link import ByteStream
from transports.smartsale.actions import OPEN_CLOSE, SEND_READ, USER_COMMAND
from transports.smartsale.fields import DATA, MODE, MODE2, OPERATION, RESULT
from transports.smartsale.message import Message
from transports.smartsale.settings import HostLink
from transports.smartsale.values import ENCODING, Malformed
from transports.tcp import TcpDialer

DONE = 0
_OPEN, _CLOSE = (OPEN_CLOSE, 1), (OPEN_CLOSE, 0)
_SEND, _READ = (SEND_READ, 0), (SEND_READ, 1)
BROKEN = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)

Dial = Callable[[str, int], Awaitable[ByteStream]]
Report = Callable[[str], None]


class _Failed(Exception):
    """The command did not succeed; ``result`` is field 67 of the answer, the message is for the report."""

    def __init__(self, result: int, reason: str) -> None:
        super().__init__(reason)
        self.result = result


async def dial_host(host: str, port: int) -> ByteStream:
    """The way out: a name is looked up, but only one that stands on the allow-list gets here."""
    return await TcpDialer(host, port).dial()


class HostRelay:
    """Serves the host commands of one operation. ``report`` hears, without waiting, what people should know."""

    def __init__(self, allow: tuple[str, ...], link: HostLink, report: Report, dial: Dial = dial_host) -> None:
        self._allowed = {_place(each) for each in allow}
        self._link = link
        self._report = report
        self._dial = dial
        self._host: ByteStream | None = None
        self._name = ""
        self._left = link.most

    async def serve(self, command: Message) -> Message:
        """The answer to one command; never raises but when cancelled."""
        try:
            mode2, mode = command.get(MODE2), command.get(MODE)
        except Malformed:
            return _answer(None, self._link.failed)
        try:
            data = await self._carry_out(command, mode2, mode)
        except _Failed as failed:
            if str(failed):
                self._report(str(failed))
            return _answer(mode2, failed.result)
        return _answer(mode2, DONE, data)

    async def aclose(self) -> None:
        """Close what the pinpad left open."""
        host, self._host = self._host, None
        if host is not None:
            await host.aclose()

    async def _carry_out(self, command: Message, mode2: int | None, mode: int | None) -> bytes | None:
        if (mode2, mode) == _OPEN:
            await self._open(command.raw(DATA.number) or b"")
        elif (mode2, mode) == _CLOSE:
            await self.aclose()
        elif (mode2, mode) == _SEND:
            await self._send(command.raw(DATA.number) or b"")
        elif (mode2, mode) == _READ:
            return await self._read()
        else:  # TLS has numbers of its own, which nobody has published
            raise _Failed(self._link.failed, f"the pinpad asked for an unknown host command {mode2}/{mode}")
        return None

    async def _open(self, data: bytes) -> None:
        await self.aclose()
        host, port = _asked(data)
        self._name = f"{host}:{port}"
        if (host, port) not in self._allowed:
            raise _Failed(self._link.failed, f"{self._name} is not on the pinpad's allow-list")
        try:
            with trio.fail_after(self._link.connect):
                self._host = await self._dial(host, port)
        except (*BROKEN, trio.TooSlowError) as error:
            raise _Failed(self._link.failed, f"{self._name} cannot be reached: {_why(error)}") from None
        self._report(f"connected to {self._name}")

    async def _send(self, data: bytes) -> None:
        self._count(len(data))
        host = self._connected(self._link.failed)
        try:
            with trio.fail_after(self._link.send):
                await host.send_all(data)
        except (*BROKEN, trio.TooSlowError) as error:
            await self.aclose()
            raise _Failed(self._link.failed, f"{self._name} takes nothing more: {_why(error)}") from None

    async def _read(self) -> bytes:
        host = self._connected(self._link.read_failed)
        data = None
        try:
            with trio.move_on_after(self._link.read):
                data = await host.receive_some(self._link.chunk)
        except BROKEN:
            data = b""
        if data is None:
            raise _Failed(self._link.nothing_yet, "")
        if not data:
            await self.aclose()
            raise _Failed(self._link.read_failed, f"{self._name} closed the connection")
        self._count(len(data))
        return data

    def _connected(self, failure: int) -> ByteStream:
        if self._host is None:
            raise _Failed(failure, "")
        return self._host

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _Failed(self._link.failed, f"more than {self._link.most} bytes to and from the host in one operation")


def _answer(mode2: int | None, result: int, data: bytes | None = None) -> Message:
    """In the order in which the maker's library writes it."""
    return Message.of({OPERATION: USER_COMMAND, MODE2: mode2, DATA: data, RESULT: result})


def _why(error: Exception) -> str:
    return "no answer in time" if isinstance(error, trio.TooSlowError) else str(error)


def _asked(data: bytes) -> tuple[str, int]:
    """``ip;port``, perhaps with a NUL or further parts behind it; a port of 0 is allowed to nobody."""
    parts = data.decode(ENCODING, "replace").split("\0")[0].split(";")
    port = parts[1].strip() if len(parts) > 1 else ""
    return _host(parts[0]), int(port) if port.isascii() and port.isdigit() and len(port) < 7 else 0


def _place(allowed: str) -> tuple[str, int]:
    host, _, port = allowed.rpartition(":")
    return _host(host), int(port)


def _host(text: str) -> str:
    return text.strip().strip("[]").lower()
