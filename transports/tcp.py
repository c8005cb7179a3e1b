"""TCP: one short connection after another to a register that is the server.

Thinner than ``trio.open_tcp_stream`` on purpose: an estate makes several connections a second to each of many
registers, all by number. Every system call is tried before it is waited for, because nearly all succeed at once; what
makes a task give way is waiting for the answer. And it knows what trio's own stream does not tell: whether any byte was
taken when sending failed.
"""

import errno
import os
import socket
from collections.abc import Awaitable, Callable

import trio
from trio.lowlevel import checkpoint_if_cancelled, notify_closing, wait_readable, wait_writable

from transports.link import NothingWritten
from transports.queued import bytes_queued

_RECEIVE = 4096


class TcpStream:
    """A connected socket that does not block."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._waiting = 0

    async def send_all(self, data: bytes) -> None:
        sent = 0
        try:
            await checkpoint_if_cancelled()
            while sent < len(data):
                try:
                    sent += self._socket.send(data[sent:] if sent else data)
                except BlockingIOError:
                    await self._wait(wait_writable)
        except OSError as error:
            raise _broken(self._socket, error, nothing=not sent) from error

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        try:
            while True:
                await self._wait(wait_readable)
                try:
                    return self._socket.recv(max_bytes or _RECEIVE)
                except BlockingIOError:
                    continue
        except (OSError, ValueError) as error:  # ValueError: waiting for a socket that is closed already
            raise _broken(self._socket, error) from error

    def unconfirmed(self) -> int:
        """Bytes that were sent and that the other side's network has not confirmed yet. Raises OSError when broken."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        return bytes_queued(self._socket.fileno())

    async def _wait(self, until: Callable[[socket.socket], Awaitable[None]]) -> None:
        """Wait for the socket, which another task may close meanwhile."""
        self._waiting += 1
        try:
            await until(self._socket)
        finally:
            self._waiting -= 1

    async def aclose(self) -> None:
        if self._waiting:
            notify_closing(self._socket)
        self._socket.close()


class TcpDialer:
    """Connects to ``host:port``; a name is looked up each time, and its addresses are tried in order."""

    persistent = False

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._family = _numeric_family(host)

    @property
    def address(self) -> str:
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    async def dial(self) -> TcpStream:
        """Raises OSError; waits as long as the network does, so the caller sets the limit."""
        if self._family is not None:
            return await _connect(self._family, (self._host, self._port))
        return await self._dial_by_name()

    async def _dial_by_name(self) -> TcpStream:
        try:
            found = await trio.socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except ValueError as error:  # Python's own codec of host names, before any look-up
            raise OSError(f"{self._host!r} is no host name") from error
        refused: OSError = OSError(f"{self._host} has no address")
        for family, _type, _protocol, _name, address in found:
            try:
                return await _connect(family, address)
            except OSError as error:
                refused = error
        raise refused


async def _connect(family: int, address: tuple[object, ...]) -> TcpStream:
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)
        # An ACK and what follows it are two small sends: the second must not wait for the first to be confirmed.
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = connecting.connect_ex(address)
        if code == errno.EINPROGRESS:
            code = await _connected(connecting)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        connecting.close()
        raise
    return TcpStream(connecting)


async def _connected(connecting: socket.socket) -> int:
    """Wait until the network has decided; 0 or the error's number. Nearby the decision has often fallen by now."""
    await checkpoint_if_cancelled()
    try:
        connecting.getpeername()
    except OSError:
        await wait_writable(connecting)
    return connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _numeric_family(host: str) -> socket.AddressFamily | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return family
    return None


def _broken(used: socket.socket, error: Exception, *, nothing: bool = False) -> Exception:
    if used.fileno() < 0:
        return trio.ClosedResourceError("this connection was closed")
    return NothingWritten(str(error)) if nothing else trio.BrokenResourceError(str(error))
