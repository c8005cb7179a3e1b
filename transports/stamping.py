"""RFC 3161 over HTTP: a request for a time stamp goes out, the authority's answer comes back."""

import httpx

from transports.dstu.timestamps import REQUEST_TYPE
from transports.lanes import Lanes

MOST_OF_AN_ANSWER = 1 << 20
"""Bytes; a token with its certificate has some 3 KB."""

CONNECTIONS = 100
"""As many keys are stamped at the same time."""


class Unstamped(Exception):
    """The authority did not answer as one. Another try may help."""


class StampingClient:
    """``timeout`` in seconds is for a whole exchange."""

    def __init__(self, timeout: float = 10.0) -> None:
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False, transport=Lanes(CONNECTIONS))

    async def exchange(self, url: str, request: bytes) -> bytes:
        """TimeStampReq to TimeStampResp, both in DER; raises Unstamped."""
        try:
            answer = await self._client.post(url, content=request, headers={"Content-Type": REQUEST_TYPE})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unstamped(f"no answer from {url}: {type(error).__name__}") from error
        if answer.status_code != 200 or len(answer.content) > MOST_OF_AN_ANSWER:
            raise Unstamped(f"{url} answered {answer.status_code}")
        return answer.content

    async def aclose(self) -> None:
        await self._client.aclose()
