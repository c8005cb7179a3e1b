"""TCP: one short connection after another to a register that is the server.

Thinner than ``trio.open_tcp_stream`` on purpose: an estate makes several connections a second to each of many
registers, all by number. And it knows what trio's own stream does not tell: whether any byte was taken when sending
failed.
"""

import socket

import trio

from transports.link import NothingWritten

_RECEIVE = 4096


class TcpStream:
    """A connected socket."""

    def __init__(self, connected: trio.socket.SocketType) -> None:
        self._socket = connected

    async def send_all(self, data: bytes) -> None:
        sent = 0
        try:
            while sent < len(data):
                sent += await self._socket.send(data[sent:])
        except OSError as error:
            raise _broken(self._socket, error, nothing=not sent) from error

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        try:
            return await self._socket.recv(max_bytes or _RECEIVE)
        except OSError as error:
            raise _broken(self._socket, error) from error

    async def aclose(self) -> None:
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
    connecting = trio.socket.socket(family, socket.SOCK_STREAM)
    try:
        await connecting.connect(address)
    except BaseException:
        connecting.close()
        raise
    return TcpStream(connecting)


def _numeric_family(host: str) -> socket.AddressFamily | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return family
    return None


def _broken(used: trio.socket.SocketType, error: OSError, *, nothing: bool = False) -> Exception:
    if used.fileno() < 0:
        return trio.ClosedResourceError("this connection was closed")
    return NothingWritten(str(error)) if nothing else trio.BrokenResourceError(str(error))
