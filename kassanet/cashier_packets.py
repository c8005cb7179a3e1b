"""A signed registration, opened: whose signature it is, whether it holds, and whether it is good now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from schemas.cashiers import CashierRefused, Registration
from transports.dstu.certificates import Certificate
from transports.dstu.errors import Malformed, NotValid, SignatureProblem, Unsupported
from transports.dstu.verification import Verified, verify


class Opened(Struct, frozen=True):
    """What a packet says, and the certificate of who signed it; ``subject_key_id`` is that key's name everywhere."""

    said: Registration
    certificate: Certificate
    subject_key_id: str


class PacketRules(Struct, frozen=True):
    """``authorities`` of which one must have issued the certificate, None: that is not asked about. ``seconds``: how
    old a packet may be, and how far its sender's clock ahead of ours.
    """

    authorities: tuple[Certificate, ...] | None = None
    seconds: float = 900.0


def open_packet(packet: bytes, rules: PacketRules, now: datetime) -> Opened:
    """Raises CashierRefused. Whether the packet was used before is the store's to say."""
    verified = _verified(packet, rules.authorities, now)
    said = _said(verified.content)
    certificate = verified.certificate
    if said.tin not in certificate.tins:
        raise CashierRefused("tin-mismatch", f"the certificate of {certificate.owner} does not vouch for {said.tin}")
    if abs(now - said.timestamp) > timedelta(seconds=rules.seconds):
        text = f"the packet is of {said.timestamp.isoformat()}; it is good for {rules.seconds:g} s"
        raise CashierRefused("stale-packet", text)
    if certificate.subject_key_id is None:
        raise CashierRefused("key-mismatch", f"the certificate of {certificate.owner} does not name its key")
    return Opened(said, certificate, certificate.subject_key_id)


def _verified(packet: bytes, authorities: Sequence[Certificate] | None, now: datetime) -> Verified:
    try:
        return verify(packet, authorities=authorities, at=now)
    except (Malformed, Unsupported) as reason:
        raise CashierRefused("malformed-packet", f"this is no signed packet: {reason}") from None
    except NotValid as reason:
        raise CashierRefused("certificate-not-valid", str(reason)) from None
    except SignatureProblem as reason:
        raise CashierRefused("bad-signature", str(reason)) from None


def _said(content: bytes) -> Registration:
    try:
        return msgspec.json.decode(content, type=Registration)
    except (msgspec.DecodeError, UnicodeDecodeError) as reason:
        raise CashierRefused("malformed-packet", f"what was signed is no registration: {reason}") from None
