"""The live stream as something to iterate over: it comes back after every cut and goes on where it was.

Only trio: WebSockets are trio-websocket's, loaded when somebody follows.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import SplitResult, urlsplit

import msgspec

from kassanet.client.errors import Refused, problem_in
from schemas.problems import Problem
from schemas.stream import Delta, Failed, Snapshot, Subscribe, Told

if TYPE_CHECKING:
    import trio
    from trio_websocket import WebSocketConnection

    Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
SILENCE = 45.0
"""Seconds after which a connection that does not even say that it lives is given up."""

UNAUTHORIZED = 4401

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Told).decode


class Following:
    """Iterate over it for snapshots and deltas. ``rev`` is the last that was given.

    A :class:`Snapshot` takes the place of all that was known; after a cut it comes again only when the service does not
    remember what was missed. Raises :class:`Refused` for topics that may not be had and for a token that is not good.
    """

    def __init__(
        self, nursery: "trio.Nursery", url: str, token: str, topics: Sequence[str], tls: ssl.SSLContext | None
    ) -> None:
        self.rev: str | None = None
        self._nursery = nursery
        self._url = urlsplit(url)
        self._headers = [(b"Authorization", f"Bearer {token}".encode())]
        self._topics = tuple(topics)
        self._tls = tls
        self._socket: WebSocketConnection | None = None
        self._stream: Stream | None = None
        self._pause = FIRST_PAUSE

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Snapshot | Delta:
        import trio
        from trio_websocket import ConnectionClosed, HandshakeError

        while True:
            try:
                message = await self._hear()
            except (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError, trio.TooSlowError) as error:
                _check_worth_returning(error)
                await self._drop()
                await trio.sleep(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                continue
            if isinstance(message, Failed):
                raise Refused(message.problem)
            if isinstance(message, Snapshot | Delta):
                self.rev = message.rev
                self._pause = FIRST_PAUSE
                return message

    async def _hear(self) -> Told:
        import trio

        with trio.fail_after(SILENCE):
            if self._socket is None:
                self._socket = await self._connect()
            text = await self._socket.get_message()
        message: Told = _decode(text)
        return message

    async def _connect(self) -> "WebSocketConnection":
        import trio
        from trio_websocket import wrap_client_stream

        stream = self._stream = await _open(self._url, self._tls)
        reader = Reader(self._nursery)
        with reader.attempt:
            socket = await wrap_client_stream(
                cast("trio.Nursery", reader),
                stream,
                self._url.netloc,
                self._url.path,
                extra_headers=self._headers,
                max_message_size=2**26,
            )
        if reader.attempt.cancelled_caught:
            raise reader.refusal or trio.BrokenResourceError
        await socket.send_message(_encode(Subscribe("subscribe", self._topics, self.rev)).decode())
        return socket

    async def aclose(self) -> None:
        """End the connection; the next message is waited for on another."""
        try:
            if self._socket is not None:
                await self._socket.aclose()
        finally:
            await self._drop()

    async def _drop(self) -> None:
        """trio-websocket leaves the stream open when it was not let in."""
        import trio

        stream, self._socket, self._stream = self._stream, None, None
        if stream is not None:
            await trio.aclose_forcefully(stream)


class Reader:
    """Where trio-websocket reads: a refusal that it raises there ends the attempt, not everything around it.

    So does a connection that is cut before it is a WebSocket, for which trio-websocket would wait for ever.
    """

    def __init__(self, nursery: "trio.Nursery") -> None:
        import trio

        self.attempt = trio.CancelScope()
        self.refusal: Exception | None = None
        self._nursery = nursery

    def start_soon(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """All that it asks of a nursery."""
        self._nursery.start_soon(self._run, task, *arguments)

    async def _run(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        from trio_websocket import HandshakeError

        try:
            await task(*arguments)
        except HandshakeError as refusal:
            self.refusal = refusal
        self.attempt.cancel()  # when the reader ends, nobody will say that the WebSocket is open


async def _open(url: SplitResult, tls: ssl.SSLContext | None) -> "Stream":
    import trio

    host = url.hostname or ""
    if url.scheme == "wss":
        context = tls or ssl.create_default_context()
        return await trio.open_ssl_over_tcp_stream(host, url.port or 443, ssl_context=context)
    return await trio.open_tcp_stream(host, url.port or 80)


def _check_worth_returning(error: Exception) -> None:
    """A token that is refused will be refused again."""
    from trio_websocket import ConnectionClosed, ConnectionRejected

    if isinstance(error, ConnectionRejected) and error.status_code in (401, 403, 404):
        said = problem_in(error.body or b"") or Problem("about:blank", "Not accepted", error.status_code)
        raise Refused(said) from None
    if isinstance(error, ConnectionClosed) and error.reason is not None and error.reason.code == UNAUTHORIZED:
        raise Refused(Problem("about:blank", "Not accepted", 401, "The token is not good any more.")) from None


@asynccontextmanager
async def follow(url: str, token: str, topics: Sequence[str], tls: ssl.SSLContext | None) -> AsyncIterator[Following]:
    """Follow ``topics`` at a ``ws://`` or ``wss://`` address until the block ends. What that raises comes out plain."""
    import trio

    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        following = Following(nursery, url, token, topics, tls)
        try:
            yield following
        except Exception as error:
            failure = error  # raised below: the nursery would make a group of it
        finally:
            with trio.move_on_after(1.0, shield=True):
                await following.aclose()
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
