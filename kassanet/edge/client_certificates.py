"""Certificates that channels show: to us in TLS, or to a reverse proxy that tells us which one it saw.

A bank proves itself by a certificate instead of a password. In TLS it is believed because one of our authorities issued
it; through a proxy because the proxy is one of ours and checked it. The header that a proxy writes is nothing in
anybody else's hand, and what a client behind the proxy wrote into it the proxy must replace.
"""

import re
from base64 import b64decode
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from kassanet.edge.settings import Trust, contains

_FINGERPRINT = re.compile(r"(?:sha256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)
MOST_OF_A_HEADER = 16_384

log = structlog.get_logger("edge.channels")


class Shown(Struct, frozen=True):
    """A client's certificate: SHA-256 of its DER in hex, and the subject, which a bare fingerprint does not tell."""

    fingerprint: str
    subject: x509.Name | None = None


def wanted(text: str) -> Shown:
    """What a channel demands: a SHA-256 fingerprint, or a subject by RFC 4514 (``CN=bank,O=…``); raises ValueError."""
    found = _FINGERPRINT.fullmatch(text)
    if found is not None:
        return Shown(found[1].replace(":", "").lower())
    return Shown("", x509.Name.from_rfc4514_string(text))


def fits(demand: Shown, shown: Shown) -> bool:
    """Whether the certificate that was shown is the one demanded."""
    if demand.subject is None:
        return demand.fingerprint == shown.fingerprint
    return demand.subject == shown.subject


def shown_by(certificate: bytes | None, peer: str, header: Sequence[str], trust: Trust) -> Shown | None:
    """``certificate`` is that of the TLS connection, DER; ``header`` the values of the proxies' header.

    A proxy's own certificate is not the client's: where the peer is a proxy, only its header counts.
    """
    if trust.client_header is not None and contains(trust.proxies, peer):
        return _told(header[0]) if len(header) == 1 else None
    return None if certificate is None else _of(certificate)


def _told(text: str) -> Shown | None:
    """A fingerprint, or a certificate: PEM with escaped line ends (nginx), or base64 between colons (RFC 9440)."""
    found = _FINGERPRINT.fullmatch(text)
    if found is not None:
        return Shown(found[1].replace(":", "").lower())
    try:
        if text.startswith(":"):
            return _of(b64decode(text.strip(":"), validate=True))
        pem = unquote_to_bytes(text[:MOST_OF_A_HEADER])
        return _shown(x509.load_pem_x509_certificate(pem))
    except ValueError:
        if text:
            log.warning("client_certificate_unreadable", length=len(text))
        return None


def _of(der: bytes) -> Shown:
    return _shown(x509.load_der_x509_certificate(der))


def _shown(certificate: x509.Certificate) -> Shown:
    return Shown(certificate.fingerprint(SHA256()).hex(), certificate.subject)
