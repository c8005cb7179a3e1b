"""Certificates in the form of Ukrainian authorities: tax numbers, the time-stamp address, what the key may do.

Key parameters are spelt out, the identifier is the hash of the key, a DSTU signature stands in an OCTET STRING.
"""

from datetime import datetime

from msgspec import Struct

from transports.dstu import der
from transports.dstu.certificates import DRFO, EDRPOU, STAMP
from transports.dstu.gost34311 import gost34311
from transports.dstu.keys import PrivateKey
from transports.dstu.schemes import SecretKey, public_info, scheme_for, sign

_COMMON_NAME, _SURNAME_SERIAL, _COUNTRY = "2.5.4.3", "2.5.4.5", "2.5.4.6"
_LOCALITY, _ORGANISATION, _ORGANISATION_ID = "2.5.4.7", "2.5.4.10", "2.5.4.97"
_PRINTABLE = 0x13
_POLICY = "1.2.804.2.1.1.1.2.2"
_TIME_STAMPING_ACCESS = "1.3.6.1.5.5.7.48.3"
_USAGE_BITS = {"digital_signature": 0, "non_repudiation": 1, "key_agreement": 4, "key_cert_sign": 5, "crl_sign": 6}

SIGNING = ("digital_signature", "non_repudiation")
AGREEMENT = ("key_agreement",)
ISSUING = ("key_cert_sign", "crl_sign")


class Owner(Struct, frozen=True):
    """Who a certificate is for. ``edrpou`` has 8 digits (10 for an entrepreneur, the same as ``drfo``)."""

    name: str
    organisation: str | None = None
    edrpou: str | None = None
    drfo: str | None = None
    number: str = "1"
    """Keeps the subjects of several certificates of one owner apart."""

    stamp: bool = False


class Terms(Struct, frozen=True):
    """What a certificate allows, and when."""

    not_before: datetime
    not_after: datetime
    usages: tuple[str, ...] = SIGNING
    purposes: tuple[str, ...] = ()
    is_authority: bool = False
    time_stamp_url: str | None = None


def issue(
    owner: Owner, key: SecretKey, terms: Terms, serial: int, issuer: bytes, by: PrivateKey, by_id: bytes
) -> bytes:
    """A certificate in DER for the public half of ``key``, signed by ``by``."""
    scheme = scheme_for(by)
    body = der.sequence(
        der.inside(0, der.integer(2)),
        der.integer(serial),
        scheme.identifier,
        issuer,
        der.sequence(der.time(terms.not_before), der.time(terms.not_after)),
        subject(owner),
        public_info(key),
        der.inside(3, der.sequence(*_extensions(owner, key, terms, by_id))),
    )
    signature = sign(by, scheme, body)
    return der.sequence(body, scheme.identifier, der.bits(der.octets(signature)))


def subject(owner: Owner) -> bytes:
    parts = [
        (_ORGANISATION, der.text(owner.organisation)) if owner.organisation else None,
        (_COMMON_NAME, der.text(owner.name)),
        (_SURNAME_SERIAL, der.tlv(_PRINTABLE, f"TINUA-{owner.drfo}".encode() if owner.drfo else owner.number.encode())),
        (_COUNTRY, der.tlv(_PRINTABLE, b"UA")),
        (_LOCALITY, der.text("Київ")),
        (_ORGANISATION_ID, der.text(f"NTRUA-{owner.edrpou}")) if owner.edrpou else None,
    ]
    return der.sequence(*(der.set_of([der.sequence(der.oid(part[0]), part[1])]) for part in parts if part))


def key_identifier(key: SecretKey) -> bytes:
    if isinstance(key, PrivateKey):
        return key.public.identifier
    return gost34311(public_info(key))


def _extensions(owner: Owner, key: SecretKey, terms: Terms, by_id: bytes) -> list[bytes]:
    numbers = [
        der.attribute(oid, der.tlv(_PRINTABLE, number.encode()))
        for oid, number in ((EDRPOU, owner.edrpou), (DRFO[0], owner.drfo))
        if number
    ]
    purposes = (*terms.purposes, *((STAMP,) if owner.stamp else ()))
    optional = [
        _extension("2.5.29.37", der.sequence(*map(der.oid, purposes))) if purposes else b"",
        _extension("2.5.29.9", der.sequence(*numbers)) if numbers else b"",
        _extension("1.3.6.1.5.5.7.1.11", _access(terms.time_stamp_url)) if terms.time_stamp_url else b"",
    ]
    return [
        _extension("2.5.29.14", der.octets(key_identifier(key))),
        _extension("2.5.29.35", der.sequence(der.tlv(0x80, by_id))),
        _extension("2.5.29.15", _usage(terms.usages), critical=True),
        _extension("2.5.29.32", der.sequence(der.sequence(der.oid(_POLICY)))),
        _extension("2.5.29.19", der.sequence(der.tlv(0x01, b"\xff") if terms.is_authority else b""), critical=True),
        *optional,
    ]


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.tlv(0x01, b"\xff") if critical else b"", der.octets(value))


def _usage(usages: tuple[str, ...]) -> bytes:
    bits = sum(0x80 >> _USAGE_BITS[usage] for usage in usages)
    unused = (bits & -bits).bit_length() - 1
    return der.tlv(der.BIT_STRING, bytes((unused, bits)))


def _access(url: str) -> bytes:
    return der.sequence(der.sequence(der.oid(_TIME_STAMPING_ACCESS), der.tlv(0x86, url.encode())))
