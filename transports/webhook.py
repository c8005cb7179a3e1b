"""POST to an address that somebody else named: a notice goes out, nothing of our own network is reachable through it.

* A name is resolved, its addresses are judged, and the connection goes to a judged address: a name that answers
  differently a moment later (DNS rebinding) gains nothing. The certificate is still checked against the name.
* Only public addresses, unless the operator lists a network. Addresses that carry another one (IPv4 in IPv6, 6to4,
  Teredo, NAT64) are judged by what they carry.
* Redirects are answers like any other, not followed; proxies and ``netrc`` of the environment are not used.
* Every connection serves one notice: two names may share an address, and TLS was proved for one of them only.
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
import trio

MOST_OF_AN_ANSWER = 65536
"""Bytes of an answer that are heard out; what it says does not matter, its status does."""

PATIENCE = 1.0
"""Seconds for hearing it out."""

_NAT64 = ip_network("64:ff9b::/96")


class Undelivered(Exception):
    """The notice is not known to have arrived. ``unanswered``: nobody answered at all, so others need not try soon."""

    def __init__(self, reason: str, *, unanswered: bool = False) -> None:
        super().__init__(reason)
        self.unanswered = unanswered


class Webhook:
    """Sends notices. ``allow`` are networks that may be reached though they are not public.

    ``timeout`` in seconds is for a whole notice, name and certificate included; ``trust`` replaces the usual
    certificate authorities.
    """

    def __init__(
        self,
        allow: Sequence[IPv4Network | IPv6Network] = (),
        timeout: float = 10.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = tuple(allow)
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            verify=trust or True,
            timeout=None,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Returns when the other side has said 2xx; raises :class:`Undelivered` in every other case."""
        try:
            with trio.fail_after(self._timeout):
                await self._post(httpx.URL(url), body, headers)
        except trio.TooSlowError:
            raise Undelivered(f"no answer within {self._timeout:g} s", unanswered=True) from None
        except httpx.InvalidURL as error:
            raise Undelivered(f"not an address: {error}") from None
        except httpx.TransportError as error:
            raise Undelivered(_told(error), unanswered=True) from None

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _post(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> None:
        if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) <= 65535:
            raise Undelivered("not an http or https address")
        *others, last = await self._reachable(url)
        for address in others:
            try:
                return await self._post_to(address, url, body, headers)
            except httpx.ConnectError:
                continue
        return await self._post_to(last, url, body, headers)

    async def _post_to(self, address: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> None:
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]")},
        )
        response = await self._client.send(request, stream=True)
        try:
            await _hear_out(response)
        finally:
            await response.aclose()
        if not response.is_success:
            raise Undelivered(f"answered {response.status_code}")

    async def _reachable(self, url: httpx.URL) -> Sequence[str]:
        """The addresses of the URL's host that may be reached, in the resolver's order."""
        host = url.raw_host.decode("ascii").strip("[]")
        try:
            found = await trio.socket.getaddrinfo(host, url.port or 0, type=trio.socket.SOCK_STREAM)
        except OSError as error:
            raise Undelivered(f"{host} cannot be resolved: {error}", unanswered=True) from None
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        allowed = [address for address in addresses if may_reach(address, self._allow)]
        if not allowed:
            raise Undelivered(f"{host} is at {', '.join(addresses)}: not public, and not in callbacks.allow")
        return allowed


def may_reach(address: str, allow: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether a notice may go to this address: everything that it is or carries is public or listed."""
    return all(
        any(meant in network for network in allow) or (meant.is_global and not meant.is_multicast)
        for meant in _meanings(ip_address(address))
    )


def _meanings(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        yield address
        return
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    found = [inner for inner in carried if inner is not None]
    yield from found
    if address.ipv4_mapped is None:
        yield address


async def _hear_out(response: httpx.Response) -> None:
    """Read a short answer to its end, for closing on someone who still writes looks like a failure to them."""
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) <= MOST_OF_AN_ANSWER:
        with trio.move_on_after(PATIENCE), suppress(httpx.TransportError):
            await response.aread()


def _told(error: BaseException | None) -> str:
    """What really happened: the outer exceptions often say nothing."""
    while error is not None:
        if str(error):
            return f"{type(error).__name__}: {error}"
        error = error.__cause__ or error.__context__
    return "the connection failed"
