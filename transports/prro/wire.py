"""One request to the fiscal server and its answer, as bytes: addresses, headers, compression, bounds, time-outs.

What an answer means is not decided here. A connection that was never made is told apart from one that broke, because
only the first proves that nothing happened.
"""

import ssl
from collections.abc import Callable
from time import perf_counter
from typing import Literal, NamedTuple

import httpx
import trio
from msgspec import Struct

from transports.lanes import Lanes
from transports.prro.compression import KNOWN, NotCompressed, TooLarge, compress, decompress

Door = Literal["doc", "cmd", "pck"]
Measure = Callable[[str, str, float], None]
SIGNED = "application/octet-stream"
JSON = "application/json; charset=UTF-8"
MOST_OF_AN_ANSWER = 16 * 2**20


class Unreached(Exception):
    """No connection was made: the request has done nothing."""


class Broken(Exception):
    """The request may have been read, and no whole answer came."""


class Late(Broken):
    """No whole answer came in time."""


class Answer(NamedTuple):
    """A whole answer, decompressed."""

    status: int
    body: bytes


class WireSettings(Struct, frozen=True):
    """``timeout`` in seconds for a whole exchange, ``connect`` for the connection within it."""

    address: str = "https://fs.tax.gov.ua:8643/fs"
    timeout: float = 30.0
    connect: float = 10.0
    compress: bool = True
    connections: int = 100


class Wire:
    """Connections to one server. ``trust`` and ``transport`` replace the usual authorities and sockets.

    ``measure`` is told of every exchange: the door, its HTTP status (or ``unreached``, ``broken``), and seconds.
    """

    def __init__(
        self,
        settings: WireSettings,
        trust: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.measure: Measure = _unmeasured
        self._settings = settings
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=settings.connect),
            trust_env=False,
            follow_redirects=False,
            transport=transport or Lanes(settings.connections, trust),
        )

    async def post(self, door: Door, body: bytes, content_type: str = SIGNED) -> Answer:
        """Raises :class:`Unreached` or :class:`Broken` (:class:`Late`)."""
        url = f"{self._settings.address.rstrip('/')}/{door}"
        begun, outcome = perf_counter(), "broken"
        try:
            answer = await self._post(url, body, content_type)
            outcome = str(answer.status)
        except Unreached:
            outcome = "unreached"
            raise
        finally:
            self.measure(door, outcome, perf_counter() - begun)
        return answer

    async def _post(self, url: str, body: bytes, content_type: str) -> Answer:
        try:
            with trio.fail_after(self._settings.timeout):
                return await self._exchange(self._request(url, body, content_type))
        except trio.TooSlowError:
            raise Late(f"no answer within {self._settings.timeout:g} s") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Unreached(_told(error)) from None
        except httpx.TransportError as error:
            raise Broken(_told(error)) from None

    async def aclose(self) -> None:
        await self._client.aclose()

    def _request(self, url: str, body: bytes, content_type: str) -> httpx.Request:
        headers = {"Content-Type": content_type, "Accept-Encoding": "gzip"}
        if self._settings.compress:
            headers["Content-Encoding"] = "gzip"
            body = compress(body)
        return self._client.build_request("POST", url, content=body, headers=headers)

    async def _exchange(self, request: httpx.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            body = await _heard(response)
        finally:
            await response.aclose()
        return Answer(response.status_code, _plain(response, body))


async def _heard(response: httpx.Response) -> bytes:
    pieces = []
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MOST_OF_AN_ANSWER:
            raise Broken(f"an answer of more than {MOST_OF_AN_ANSWER} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _plain(response: httpx.Response, body: bytes) -> bytes:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in KNOWN:
        raise Broken(f"an answer in the unknown encoding {encoding[:32]!r}")
    try:
        return decompress(body, MOST_OF_AN_ANSWER)
    except (NotCompressed, TooLarge) as error:
        raise Broken(f"an answer that cannot be decompressed: {error}") from None


def _unmeasured(door: str, outcome: str, seconds: float) -> None:
    pass


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
