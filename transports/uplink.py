"""The WebSocket that a site opens to its central server: text messages both ways, over TCP or TLS.

trio-websocket frames the bytes. How the centre is verified is decided here: always, and against a file of authorities
where one is given.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import SplitResult, urlsplit

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream

Stream: TypeAlias = "trio.SocketStream | trio.SSLStream[trio.SocketStream]"

FAREWELL = 1.0
"""Seconds that the other side has to answer a goodbye."""


class UplinkLost(Exception):
    """The centre cannot be reached, or the link is cut; the text says how. ``refused``: it answered, and said no."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class UplinkSocket:
    """An open link. Several tasks may send; each message goes out whole."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self._socket = socket

    async def send(self, message: bytes) -> None:
        """Waits while the other side does not read. Raises :class:`UplinkLost`."""
        try:
            await self._socket.send_message(message.decode())
        except ConnectionClosed as closed:
            raise UplinkLost(_said(closed)) from None

    async def receive(self) -> str | bytes:
        """The next message. Raises :class:`UplinkLost`."""
        try:
            message: str | bytes = await self._socket.get_message()
        except ConnectionClosed as closed:
            raise UplinkLost(_said(closed)) from None
        return message


def tls_context(url: str, ca_file: Path | None) -> ssl.SSLContext | None:
    """How the centre proves who it is; None for ``ws://``. Raises ``OSError`` for a file that cannot be used."""
    if urlsplit(url).scheme != "wss":
        return None
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))


@asynccontextmanager
async def dialled(
    url: str, token: str, tls: ssl.SSLContext | None, *, within: float, largest: int
) -> AsyncIterator[UplinkSocket]:
    """A link for as long as the block runs. ``within`` is for opening it (seconds), ``largest`` bytes of a message.

    Raises :class:`UplinkLost`.
    """
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        try:
            with trio.fail_after(within):
                stream, socket = await _opened(nursery, urlsplit(url), token, tls, largest)
            try:
                yield UplinkSocket(socket)
            finally:
                await _close(stream, socket)
        except Exception as error:
            failure = error  # raised below: the nursery would make a group of it
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure if isinstance(failure, UplinkLost) else _lost(failure) from None


async def _opened(
    nursery: trio.Nursery, parts: SplitResult, token: str, tls: ssl.SSLContext | None, largest: int
) -> tuple[Stream, WebSocketConnection]:
    """trio-websocket leaves the stream to us when it is not let in."""
    stream = await _stream(parts, tls)
    reader = _Reader(nursery)
    try:
        with reader.attempt:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            socket = await wrap_client_stream(
                cast("trio.Nursery", reader),
                stream,
                parts.netloc,
                path,
                extra_headers=[(b"Authorization", f"Bearer {token}".encode())],
                max_message_size=largest,
            )
            return stream, socket
        raise reader.refusal or UplinkLost("the link was cut before it was open")
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise


class _Reader:
    """Where trio-websocket reads: a refusal raised there ends the attempt; so does a cut, for which it would wait."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.attempt = trio.CancelScope()
        self.refusal: Exception | None = None
        self._nursery = nursery

    def start_soon(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """All that it asks of a nursery."""
        self._nursery.start_soon(self._run, task, *arguments)

    async def _run(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        try:
            await task(*arguments)
        except HandshakeError as refusal:
            self.refusal = refusal
        self.attempt.cancel()


async def _stream(parts: SplitResult, tls: ssl.SSLContext | None) -> Stream:
    host = parts.hostname or ""
    if tls is None:
        return await trio.open_tcp_stream(host, parts.port or 80)
    stream = await trio.open_ssl_over_tcp_stream(host, parts.port or 443, ssl_context=tls)
    try:
        await stream.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return stream


async def _close(stream: Stream, socket: WebSocketConnection) -> None:
    with trio.CancelScope(shield=True):
        with trio.move_on_after(FAREWELL):
            await socket.aclose()
        await trio.aclose_forcefully(stream)


def _lost(error: Exception) -> Exception:
    """What can go wrong with a network is said so; anything else is a fault of ours and stays what it is."""
    if isinstance(error, ConnectionRejected):
        return UplinkLost(f"the central server answered {error.status_code}", refused=True)
    reason = error.__cause__ or error
    if isinstance(reason, ssl.SSLError):
        return UplinkLost(f"the central server is not who it should be: {reason.reason or reason}")
    if isinstance(error, trio.TooSlowError):
        return UplinkLost("the central server does not answer")
    if isinstance(error, (HandshakeError, ConnectionClosed, OSError, trio.BrokenResourceError)):
        return UplinkLost(f"{type(error).__name__}: {error}".rstrip(": "))
    return error


def _said(closed: ConnectionClosed) -> str:
    reason = closed.reason
    if reason is None:
        return "the link was cut"
    return f"the link was closed with {reason.code}{f': {reason.reason}' if reason.reason else ''}"
