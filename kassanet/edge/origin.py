"""Where a request comes from, and what that alone is worth.

Behind a reverse proxy every connection comes from the proxy, so ``X-Forwarded-For`` is believed, but only from listed
proxies and only from the right end: what stands left of the last address that a proxy of ours has seen, anyone may have
written.
"""

from collections.abc import Sequence

from kassanet.edge.auth import Access
from kassanet.edge.settings import Network, Trust, contains

_WITHOUT_TOKEN = ("/frs", "/fcircuit", "/int", "/metrics")


def trusted(trust: Trust, path: str, peer: str, forwarded: Sequence[str]) -> Access | None:
    """What a request without a token may do because of where it comes from; None for nothing.

    Old scripts know no tokens; from listed networks they may still use the calls that they know. So may monitoring.
    """
    if not trust.networks or not any(path == old or path.startswith(old + "/") for old in _WITHOUT_TOKEN):
        return None
    address = origin(peer, forwarded, trust.proxies)
    if address is None or not contains(trust.networks, address):
        return None
    return Access(f"trusted {address}", trust.role)


def origin(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str | None:
    """The address that asked. None when a stranger claims to forward, for then nothing is known of where it came from.

    ``peer`` is the other end of the connection, ``forwarded`` the values of ``X-Forwarded-For``.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
    address = peer
    while hops:
        if not contains(proxies, address):
            return None if address == peer else address
        address = hops.pop()
    return address
