"""Who is at the other end: one client on a link, as the register sees it.

The register must know whether its answer reached somebody, because a harness counts the answers that did not. TCP does
not tell by itself: the first write to a client that was killed succeeds. So a client that has hung up is looked at
once more behind the write: a dead one has answered with a reset by then, one that only stopped sending has not.
"""

import os
import socket
import struct
from typing import Protocol

import trio

from transports.link import ByteStream

_RECEIVE = 4096
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with time 0


class Gone(Exception):
    """Nobody is there to take the answer."""


class Peer(Protocol):
    """``persistent`` is true for lines that cannot be closed (serial): a fault that closes then only falls silent."""

    @property
    def persistent(self) -> bool: ...

    async def receive(self) -> bytes:
        """Some bytes; ``b""`` when the client has gone."""

    async def send(self, data: bytes) -> None:
        """Raises :class:`Gone` when nobody took the bytes."""

    async def close(self, *, abort: bool = False) -> None:
        """``abort`` resets the connection instead of ending it in order."""


class TcpPeer:
    """An accepted connection. System calls are tried before waiting: most of them succeed at once."""

    persistent = False

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self._socket = accepted

    async def receive(self) -> bytes:
        while True:
            try:
                return self._socket.recv(_RECEIVE)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
            except OSError:
                return b""

    async def send(self, data: bytes) -> None:
        try:
            hung_up = bool(data) and self._has_hung_up()
            await self._send_all(data)
        except OSError as error:
            raise Gone from error
        if not hung_up:
            return
        await trio.lowlevel.checkpoint()  # the kernel's other half may have been busy
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise Gone

    async def _send_all(self, data: bytes) -> None:
        while data:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._socket)

    def _has_hung_up(self) -> bool:
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False

    async def close(self, *, abort: bool = False) -> None:
        if abort:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._socket.close()


class StreamPeer:
    """A client on any byte stream: a null modem in a test, or a serial port with a real cable."""

    def __init__(self, stream: ByteStream, *, persistent: bool = False) -> None:
        self._stream = stream
        self.persistent = persistent

    async def receive(self) -> bytes:
        try:
            return await self._stream.receive_some()
        except trio.BrokenResourceError:
            return b""

    async def send(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError as error:
            raise Gone from error

    async def close(self, *, abort: bool = False) -> None:
        await self._stream.aclose()


class PtyPeer:
    """The master of a pseudo-terminal. Nobody can hang up on a serial line, so nobody is ever gone."""

    persistent = True

    def __init__(self, master: int) -> None:
        os.set_blocking(master, False)
        self._master = master

    async def receive(self) -> bytes:
        while True:
            await trio.lowlevel.wait_readable(self._master)
            try:
                return os.read(self._master, _RECEIVE)
            except BlockingIOError:
                continue

    async def send(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._master)

    async def close(self, *, abort: bool = False) -> None:
        await trio.lowlevel.checkpoint()
