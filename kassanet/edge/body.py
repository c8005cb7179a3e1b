"""Bodies of requests that cannot fill the memory.

Quart reads a body as fast as the client sends it and refuses it once too much lies unread. Here reading stops while
enough lies unread, so that a long NDJSON import flows at the pace of the journal; each route may set its own limit;
and as soon as the answer begins the rest is thrown away, so that refusing a huge body costs nothing.
"""

from collections.abc import Generator
from typing import Any

import trio
from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable
from quart.typing import ResponseTypes
from quart.wrappers.request import Body, Request
from quart_trio.asgi import TrioASGIHTTPConnection
from quart_trio.wrappers import TrioRequest
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

HIGH_WATER = 2**18
"""Unread bytes above which no more are taken from the connection."""

IDLE_SECONDS = 30.0
"""How long a client may pause in the middle of a body."""


class BoundedBody(Body):
    """Iterate over it for pieces as they come, or await it for the whole. ``limit`` counts all bytes of the body.

    Both raise ``RequestEntityTooLarge`` (413) and ``RequestTimeout`` (408).
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        # Body's own constructor makes asyncio events, so it is not called
        self.limit = max_content_length
        self.expected = expected_content_length or 0
        self._received = 0
        self._data = bytearray()
        self._whole: bytes | None = None
        self._gathering = False
        self._finished = False
        self._abandoned = False
        self._changed: trio.Event | None = None

    def append(self, data: bytes) -> None:
        self._received += len(data)
        if not self._abandoned:
            self._data += data
        self._wake()

    def set_complete(self) -> None:
        self._finished = True
        self._wake()

    def clear(self) -> None:
        self._data.clear()
        self._whole = None

    @property
    def unread(self) -> bytearray:
        """What has come and was not read."""
        return self._data

    @property
    def finished(self) -> bool:
        """Whether all of it has come."""
        return self._finished

    def abandon(self) -> None:
        """Nobody will read further: drop what is here and what comes."""
        self._abandoned = True
        self._data.clear()
        self._wake()

    async def room(self) -> None:
        """Wait until more may be appended."""
        while len(self._data) >= HIGH_WATER and not (self._abandoned or self._gathering):
            await self._change()

    async def __anext__(self) -> bytes:
        self._check_size(self.expected)
        if not self._data and not self._finished:
            with trio.move_on_after(IDLE_SECONDS) as patience:
                while not self._data and not self._finished:
                    await self._change()
            if patience.cancelled_caught:
                raise RequestTimeout
        self._check_size(self._received)
        if not self._data:
            raise StopAsyncIteration
        data = bytes(self._data)
        self._data.clear()
        self._wake()
        return data

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._gather().__await__()

    async def _gather(self) -> bytes:
        """The whole body, which stays here until then: so its size is looked at as it grows."""
        self._check_size(self.expected)
        if self._whole is None:
            self._gathering = True
            self._wake()
            if not self._finished:
                await self._finish()
            self._check_size(self._received)
            self._whole = bytes(self._data)
            self._data.clear()
        return self._whole

    async def _finish(self) -> None:
        with trio.move_on_after(IDLE_SECONDS) as patience:
            while not self._finished:
                await self._change()
                self._check_size(self._received)
                patience.deadline = trio.current_time() + IDLE_SECONDS
        if patience.cancelled_caught:
            raise RequestTimeout

    def _check_size(self, size: int) -> None:
        if self.limit is not None and size > self.limit:
            raise RequestEntityTooLarge

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = trio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None


class BoundedRequest(TrioRequest):
    """A request whose body keeps its bounds; ``max_content_length`` may be set until the body is read."""

    body_class = BoundedBody  # type: ignore[assignment]  # quart-trio names its own class, uses only Body's interface
    body: BoundedBody

    async def get_data(  # type: ignore[override]  # bytes, whatever is asked: nothing here wants text or forms
        self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False
    ) -> bytes:
        """The whole body. It keeps its own time and is kept itself, so nothing of quart's has to stand around it."""
        return await self.body

    @property
    def max_content_length(self) -> int | None:
        return self.body.limit

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self.body.limit = value


class BoundedConnection(TrioASGIHTTPConnection):
    """Moves a body from the server to its reader, no faster than it is read."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        assert isinstance(request.body, BoundedBody)
        self._body = request.body
        if not _may_bring_a_body(request):
            self._body.set_complete()  # so that who is answered at once keeps the connection
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.handle_messages, nursery, request, receive)
            await self.handle_request(nursery, request, send)

    async def handle_messages(  # type: ignore[override]  # quart-trio adds the nursery to quart's signature
        self, nursery: trio.Nursery, request: Request, receive: ASGIReceiveCallable
    ) -> None:
        while self._take(await receive()):
            if len(self._body.unread) >= HIGH_WATER:
                await self._body.room()
        nursery.cancel_scope.cancel()

    def _take(self, message: ASGIReceiveEvent) -> bool:
        """Whether the client is still there."""
        if message["type"] == "http.request":
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._body.set_complete()
        return message["type"] != "http.disconnect"

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        if not self._body.finished:
            response.headers["Connection"] = "close"  # which is what happens: the rest of the body is in the way
        self._body.abandon()
        await super()._send_response(send, response)


def _may_bring_a_body(request: Request) -> bool:
    """In HTTP/1.1 a body is announced (RFC 9112, section 6.3); in HTTP/2 it may come unannounced."""
    headers = request.headers
    announced = headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers
    return announced or not request.http_version.startswith("1")
