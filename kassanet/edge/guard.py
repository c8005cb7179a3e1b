"""One connection of the HTTP server, and what hypercorn 0.18 leaves unguarded around it.

* An exception inside one connection (a WebSocket upgrade followed by a stray byte is enough) leaves
  ``TCPServer.run`` and would end the process. Here it ends that connection, and says so in the log.
* Writes are shielded from cancellation, so that half a frame is never followed by another answer; but a client that
  stops reading then holds its task for ever. Here a write that moves nothing for a while, or outlives the shutdown,
  has its socket closed under it.
* A handler is cancelled by the disconnect that follows its own answer, and with it went the restart of the idle timer:
  connections kept alive were never closed again, neither when idle nor at shutdown. Here that step is shielded.
* Closing a socket with unread bytes in it sends a reset, which can overtake the last answer (a 413, say). Here the
  sending side is closed first and the client gets a moment to finish talking.
* At shutdown a WebSocket is told so (1001) instead of being cut off.
* Under TLS all of this holds too, for it is done to the socket below.

Nothing is patched: this is a subclass, used by our own accept loop in :mod:`kassanet.edge.server`.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import structlog
import trio
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState
from wsproto.events import CloseConnection, Ping
from wsproto.utilities import LocalProtocolError

from kassanet.edge.tls import HalfClosing

PIECE = 2**16
"""Bytes written under one deadline, so that a slow reader of a long answer is told from one that has stopped."""

LINGER = 1.0
"""Seconds a client may go on talking after our last word before its socket is closed."""

GOING_AWAY = 1001

_log = structlog.get_logger("edge.connection")
_GONE = (trio.BrokenResourceError, trio.ClosedResourceError)


class GuardedConnection(TCPServer):
    """A connection that can fail, stall or be aborted without anyone else noticing.

    ``on_end`` is called once, whatever happened. ``stall`` and ``ping_every`` are in seconds. Handlers find
    :meth:`abort`, :meth:`write_frames` and :meth:`client_certificate` under these names in the ``state`` of their ASGI
    scope.
    """

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        state: dict[str, Any],
        stream: "trio.SocketStream | trio.SSLStream[HalfClosing]",
        *,
        stall: float,
        ping_every: float,
        on_end: Callable[["GuardedConnection"], None],
    ) -> None:
        found = {"abort": self.abort, "write_frames": self.write_frames, "client_certificate": self.client_certificate}
        connection_state = ConnectionState({**state, **found})
        super().__init__(app, config, context, connection_state, cast("trio.SSLStream[trio.SocketStream]", stream))
        self._encrypted = stream if isinstance(stream, trio.SSLStream) else None
        self._plain = stream.transport_stream.below if isinstance(stream, trio.SSLStream) else stream
        self._socket = self._plain.socket
        self._peer = _peer_name(self._plain)
        self._stall = stall
        self._ping_every = ping_every
        self._on_end = on_end
        self._scope = trio.CancelScope()
        self._reading = trio.CancelScope()
        self._reader: trio.lowlevel.Task | None = None
        self._read_to_the_end = trio.Event()

    async def run(self) -> None:
        """Serve the connection; returns normally whatever the client does."""
        try:
            with self._scope:
                await super().run()
        except* Exception as failures:
            _log.warning("connection_failed", peer=self._peer, errors=[repr(error) for error in _leaves(failures)])
        finally:
            self._socket.close()
            self._on_end(self)

    def abort(self) -> None:
        """End the connection now: wakes even a write that is shielded from cancellation."""
        self._scope.cancel()
        self._socket.close()
        self._read_to_the_end.set()

    async def write_frames(self, data: bytes) -> bool:
        """Write whole WebSocket frames, made by the caller, as they are; false where that cannot be (HTTP/2).

        Once the WebSocket is closing they are dropped, like what is sent the usual way.
        """
        stream = self._websocket()
        if stream is None:
            return getattr(self, "protocol", None) is not None and isinstance(self.protocol.protocol, H11Protocol)
        if not stream.closed:
            await self._write_frames(data)
        return True

    def client_certificate(self) -> bytes | None:
        """What the client showed in TLS, DER; its issuer was checked in the handshake."""
        found: bytes | None = None if self._encrypted is None else self._encrypted.getpeercert(binary_form=True)
        return found

    async def goodbye(self) -> None:
        """Close an open WebSocket with 1001 and end its handler; other connections end by themselves."""
        if not hasattr(self, "protocol"):
            self.abort()  # a handshake that nobody waits for any more
            return
        stream = self._websocket()
        if stream is None:
            return
        stream.closed = True  # whatever its handler still sends is dropped, quietly
        await self._say(stream, CloseConnection(code=GOING_AWAY, reason="the service is stopping"))
        await self._close()
        self._scope.cancel()

    async def protocol_send(self, event: Event) -> None:
        if not isinstance(event, RawData):
            with trio.CancelScope(shield=True):  # sent by a handler that its own last word cancels
                await super().protocol_send(event)
            return
        try:
            async with self.send_lock:
                await self._write(event.data)
        except _GONE:
            # hypercorn would queue a "disconnect" for the handler, and wait for ever when that queue is full
            self.abort()

    async def _write(self, data: bytes) -> None:
        left, moved = memoryview(data), 0
        with trio.CancelScope(shield=True, deadline=trio.current_time() + self._stall) as scope:
            while left:
                step = await self._write_some(left)
                left, moved = left[step:], moved + step
                if moved >= PIECE:
                    moved, scope.deadline = 0, trio.current_time() + self._stall
        if scope.cancelled_caught:
            _log.warning("client_stopped_reading", peer=self._peer, seconds=self._stall)
            raise trio.BrokenResourceError

    async def _write_frames(self, data: bytes) -> None:
        """As the usual way; but what the kernel takes at once, nearly always all of it, needs no deadline."""
        if self._encrypted is not None or self.send_lock.locked():
            await self.protocol_send(RawData(data=data))
            return
        self.send_lock.acquire_nowait()
        try:
            taken = self._write_at_once(data)
            if taken < len(data):
                await self._write(data[taken:])
        except _GONE:
            self.abort()
        finally:
            self.send_lock.release()

    def _write_at_once(self, data: bytes) -> int:
        try:
            return os.write(self._socket.fileno(), data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trio.BrokenResourceError from error

    async def _write_some(self, data: memoryview) -> int:
        """As much as the kernel takes: a large frame for many sockets is not worth a system call for every piece."""
        if self._encrypted is not None:
            await self._encrypted.send_all(data[:PIECE])
            return min(PIECE, len(data))
        try:
            return await self._socket.send(data)
        except OSError as error:
            raise trio.BrokenResourceError from error

    async def _read_data(self) -> None:
        self._reader = trio.lowlevel.current_task()
        try:
            async with trio.open_nursery() as nursery:
                self._reading = nursery.cancel_scope
                nursery.start_soon(self._ping)
                await super()._read_data()
                await self.idle_task.stop()  # it would keep a connection whose client has gone
                nursery.cancel_scope.cancel()
        finally:
            self._read_to_the_end.set()

    async def _ping(self) -> None:
        """Keeps WebSockets alive through proxies. hypercorn's own pings would outlive their connection by one."""
        while True:
            await trio.sleep(self._ping_every)
            stream = self._websocket()
            if stream is not None and not stream.closed:
                await self._say(stream, Ping())

    async def _say(self, stream: WSStream, event: CloseConnection | Ping) -> None:
        with suppress(LocalProtocolError):  # it is closing already
            await self.protocol_send(RawData(data=stream.connection.send(event)))

    def _websocket(self) -> WSStream | None:
        stream = getattr(self.protocol.protocol, "stream", None) if hasattr(self, "protocol") else None
        open_one = isinstance(stream, WSStream) and stream.state is ASGIWebsocketState.CONNECTED
        return stream if open_one else None

    async def _close(self) -> None:
        """Shielded, for the handler that says the last word is often cancelled with it; :meth:`abort` still ends it."""
        bounded = trio.CancelScope(shield=True, deadline=trio.current_time() + LINGER)
        with bounded, suppress(*_GONE, trio.BusyResourceError):
            await self._say_no_more()
            await self._hear_out()
        self._socket.close()
        if self._reader is not trio.lowlevel.current_task():
            self._reading.cancel()  # it may be waiting for leave to read on, which nobody gives any more

    async def _initiate_server_close(self) -> None:
        await super()._initiate_server_close()
        self._socket.close()  # under TLS that was only the sending side

    async def _say_no_more(self) -> None:
        """Close the sending side; under TLS with the alert that tells an end from a cut, where all was read."""
        if self._encrypted is None:
            await self._plain.send_eof()
            return
        await self._encrypted.aclose()  # the socket stays open: see HalfClosing
        if self._read_elsewhere():
            self._reading.cancel()  # it hears through TLS, which has ended; what still comes is heard below it
            await self._read_to_the_end.wait()

    async def _hear_out(self) -> None:
        """Until the client has closed its side; the task that reads the connection is the one that hears it."""
        if self._encrypted is None and self._read_elsewhere():
            await self._read_to_the_end.wait()
        if self._encrypted is not None or not self._read_to_the_end.is_set():
            while await self._plain.receive_some(PIECE):
                pass

    def _read_elsewhere(self) -> bool:
        return self._reader is not None and self._reader is not trio.lowlevel.current_task()


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _peer_name(stream: trio.SocketStream) -> str:
    try:
        host, port, *_ = stream.socket.getpeername()
    except (OSError, ValueError):
        return "gone"
    return f"{host}:{port}"
