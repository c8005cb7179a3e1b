"""How the edge behaves, apart from what it is built of: so the configuration can be read without loading a server."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal

from msgspec import Struct

Network = IPv4Network | IPv6Network


class ServerSettings(Struct, frozen=True):
    """Where to listen and how patient to be; all times in seconds.

    ``most_connections`` keeps file descriptors for the registers, whatever comes over HTTP. ``certificate`` and
    ``key`` (PEM files) make it HTTPS; ``clients`` (PEM) are authorities of whom every client needs a certificate, or
    may show one (``clients_optional``).
    """

    host: str = "127.0.0.1"
    port: int = 8080
    shutdown_seconds: float = 5.0
    stall_seconds: float = 30.0
    keep_alive_seconds: float = 15.0
    websocket_ping_seconds: float = 20.0
    most_connections: int = 4096
    certificate: Path | None = None
    key: Path | None = None
    clients: Path | None = None
    clients_optional: bool = False


class Trust(Struct, frozen=True):
    """Networks that need no token for ``/frs``, ``/fcircuit``, ``/int`` and ``/metrics``, and the role that they get.

    ``proxies`` are those whose ``X-Forwarded-For`` is believed, and their ``client_header``: which certificate a client
    showed to them.
    """

    networks: tuple[Network, ...] = ()
    proxies: tuple[Network, ...] = ()
    role: Literal["admin", "operator", "viewer"] = "operator"
    client_header: str | None = None


class EdgeSettings(Struct, frozen=True):
    """``body_limit`` in bytes, for every route that sets none of its own; ``trust`` for requests without a token.

    ``rate``: requests a second that one token may make, after ``burst`` at once; None does not count them.
    """

    body_limit: int = 2**20
    trust: Trust = Trust()
    rate: float | None = None
    burst: int = 100


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """``["10.0.0.0/8", "127.0.0.1"]`` as networks; raises ``ValueError``."""
    return tuple(ip_network(text, strict=False) for text in texts)


def contains(networks: Sequence[Network], address: str) -> bool:
    """Whether one of the networks holds the address; an IPv4 address written as IPv6 is the same address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in networks)
