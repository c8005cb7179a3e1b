"""RFC 3161 over HTTP: a request for a time stamp goes out, the authority's answer comes back."""

import httpx
import trio

from transports.dstu.timestamps import REQUEST_TYPE
from transports.lanes import Lanes
from transports.webhook import may_reach

MOST_OF_AN_ANSWER = 1 << 20
"""Bytes; a token with its certificate has some 3 KB."""

CONNECTIONS = 100
"""As many keys are stamped at the same time."""


_HEADERS = {"Content-Type": REQUEST_TYPE, "Accept-Encoding": "identity"}


class Unstamped(Exception):
    """The authority did not answer as one. Another try may help."""


class StampingClient:
    """``timeout`` in seconds is for a whole exchange, however slowly it comes: a key waits for it."""

    def __init__(self, timeout: float = 10.0) -> None:
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            timeout=None, trust_env=False, follow_redirects=False, transport=Lanes(CONNECTIONS)
        )

    async def exchange(self, url: str, request: bytes, *, public: bool = False) -> bytes:
        """TimeStampReq to TimeStampResp, both in DER; raises Unstamped. ``public``: only where anybody may go."""
        try:
            with trio.fail_after(self._timeout):
                return await self._exchange(url, request, public=public)
        except trio.TooSlowError:
            raise Unstamped(f"no answer from {url} within {self._timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unstamped(f"no answer from {url}: {type(error).__name__}") from error

    async def _exchange(self, url: str, request: bytes, *, public: bool) -> bytes:
        if public:
            await _must_be_public(httpx.URL(url))
        async with self._client.stream("POST", url, content=request, headers=_HEADERS) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unstamped(f"{url} answered {answer.status_code}")
            heard = bytearray()
            async for piece in answer.aiter_raw():
                heard += piece
                if len(heard) > MOST_OF_AN_ANSWER:
                    raise Unstamped(f"{url} answered with more than {MOST_OF_AN_ANSWER} bytes")
        return bytes(heard)

    async def aclose(self) -> None:
        await self._client.aclose()


async def _must_be_public(url: httpx.URL) -> None:
    """A certificate's maker writes into it what he likes, the address of something behind our walls as well."""
    host = url.raw_host.decode("ascii").strip("[]")
    try:
        found = await trio.socket.getaddrinfo(host, url.port or 0, type=trio.socket.SOCK_STREAM)
    except OSError as error:
        raise Unstamped(f"{host} cannot be resolved: {error}") from None
    inside = [address for *_, (address, *_) in found if not may_reach(str(address), ())]
    if inside or not found:
        raise Unstamped(f"{host} is not public: an authority that is not belongs into the setting time_stamp_url")
