"""Connections to one HTTP server for many who ask at the same time: each in a lane of its own, the last used first.

httpx's pool looks through all of its connections for every request and counts the idle ones for each of them. With a
hundred connections that costs more than the request itself; a lane has one connection, so nothing is looked through.
"""

import ssl
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx
import trio


def trusting(ca_file: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """Who is believed (None: whom everybody does), and what is shown to who asks. Raises ``OSError``."""
    context = (
        httpx.create_ssl_context(trust_env=False) if ca_file is None else ssl.create_default_context(cafile=ca_file)
    )
    if certificate is not None:
        context.load_cert_chain(certificate, key, password=lambda: "")  # nobody is there to be asked for one
    return context


class Lanes(httpx.AsyncBaseTransport):
    """At most ``count`` requests at a time; whoever comes later waits. ``make`` replaces sockets in tests."""

    def __init__(
        self,
        count: int,
        trust: ssl.SSLContext | None = None,
        make: Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._trust = trust
        self._make = make or self._connection
        self._free = trio.Semaphore(count)
        self._lanes: list[httpx.AsyncBaseTransport] = []
        self._idle: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._free.acquire()
        lane = self._taken()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._give_back(lane)
            raise
        inner = cast("httpx.AsyncByteStream", response.stream)
        stream = _Answer(inner, lambda: self._give_back(lane))
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    async def aclose(self) -> None:
        for lane in self._lanes:
            await lane.aclose()

    def _taken(self) -> httpx.AsyncBaseTransport:
        if self._idle:
            return self._idle.pop()
        lane = self._make()
        self._lanes.append(lane)
        return lane

    def _give_back(self, lane: httpx.AsyncBaseTransport) -> None:
        self._idle.append(lane)
        self._free.release()

    def _connection(self) -> httpx.AsyncBaseTransport:
        if self._trust is None:
            self._trust = httpx.create_ssl_context(trust_env=False)
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEPT)
        return httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False, limits=one)


_KEPT = 30.0
"""Seconds for which an idle connection is kept; whether the server has closed it is looked at before each request."""


class _Answer(httpx.AsyncByteStream):
    """A body whose end gives the lane back."""

    def __init__(self, inner: httpx.AsyncByteStream, give_back: Callable[[], None]) -> None:
        self._inner = inner
        self._give_back: Callable[[], None] | None = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._inner.__aiter__()

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            give_back, self._give_back = self._give_back, None
            if give_back is not None:
                give_back()
