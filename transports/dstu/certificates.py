"""Certificates as Ukrainian authorities issue them: whose key, for what, until when.

The numbers that matter here (ЄДРПОУ of an organisation, РНОКПП or ДРФО of a person) stand in the attribute extension
subjectDirectoryAttributes; newer certificates repeat them in the subject as ``NTRUA-…`` and ``TINUA-…``.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from asn1crypto import x509
from msgspec import Struct

from transports.dstu import der
from transports.dstu.algorithms import DSTU_SIGNATURES
from transports.dstu.asn1 import Parsed, is_absent
from transports.dstu.errors import BadSignature, NotValid, reading
from transports.dstu.schemes import verifies

Role = Literal["stamp", "entrepreneur", "employee", "personal", "unknown"]
"""A stamp is the organisation's own; an entrepreneur (ФОП) has the same number twice; an employee has both numbers, of
the person and of the organisation (director or cashier: the certificate does not tell them apart)."""

EDRPOU = "1.2.804.2.1.1.1.11.1.4.2.1"
DRFO = ("1.2.804.2.1.1.1.11.1.4.1.1", "1.2.804.2.1.1.1.11.1.4.7.1")
STAMP = "1.2.804.2.1.1.1.3.9"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


class Certificate(Struct, frozen=True):
    """What is read out of one; ``encoded`` is the whole of it in DER, names in DER too where they are compared."""

    encoded: bytes
    serial: int
    subject: bytes
    issuer: bytes
    owner: str
    """Common name of the subject."""

    organisation: str | None
    issuer_name: str
    not_before: datetime
    not_after: datetime
    usages: frozenset[str]
    """Key usage in asn1crypto's words: ``digital_signature``, ``non_repudiation``, ``key_agreement``, …"""

    purposes: frozenset[str]
    """Extended key usage, object identifiers in dots."""

    edrpou: str | None
    drfo: str | None
    key_identifier: bytes | None
    time_stamp_urls: tuple[str, ...]
    is_authority: bool
    public_info: bytes
    """SubjectPublicKeyInfo in DER."""

    def __repr__(self) -> str:
        return f"Certificate({self.owner!r}, {self.serial:X}, until {self.not_after:%Y-%m-%d})"

    @property
    def role(self) -> Role:
        if STAMP in self.purposes:
            return "stamp"
        if self.edrpou and self.drfo:
            return "entrepreneur" if self.edrpou == self.drfo else "employee"
        if self.drfo:
            return "personal"
        return "stamp" if self.edrpou else "unknown"

    @property
    def tins(self) -> frozenset[str]:
        """Every tax number that it vouches for."""
        return frozenset(number for number in (self.edrpou, self.drfo) if number)

    @property
    def subject_key_id(self) -> str | None:
        """As the fiscal server names a key: 64 hexadecimal digits."""
        return self.key_identifier.hex() if self.key_identifier else None

    @property
    def public_key(self) -> str:
        """The key itself, as its SHA-256: any certificate may call its key by another's name."""
        return sha256(self.public_info).hexdigest()

    @property
    def may_sign(self) -> bool:
        return "digital_signature" in self.usages

    def check_signing(self, at: datetime) -> None:
        """NotValid unless this key may sign at that time."""
        self.check_time(at)
        if not self.may_sign:
            raise NotValid(f"the certificate of {self.owner} is not for signing")

    def check_time(self, at: datetime) -> None:
        if at < self.not_before:
            raise NotValid(
                f"the certificate of {self.owner} is valid from {self.not_before:%Y-%m-%d %H:%M:%S} UTC only"
            )
        if at > self.not_after:
            raise NotValid(f"the certificate of {self.owner} was valid until {self.not_after:%Y-%m-%d %H:%M:%S} UTC")

    def check_issued_by(self, authority: "Certificate") -> None:
        """BadSignature unless that authority signed this certificate."""
        if authority.subject != self.issuer or not (authority.is_authority and "key_cert_sign" in authority.usages):
            raise BadSignature(f"{authority.owner} is not the issuer of the certificate of {self.owner}")
        if not _is_signed(self.encoded, authority.public_info):
            raise BadSignature(f"the certificate of {self.owner} is not signed by {authority.owner}")


@lru_cache(maxsize=1024)
def _is_signed(encoded: bytes, public_info: bytes) -> bool:
    """The same bytes under the same key: with every message they come again."""
    body, oid, signature = _signed_parts(encoded)
    return verifies(public_info, oid, None, body, signature)


@lru_cache(maxsize=1024)
def read_certificate(encoded: bytes) -> Certificate:
    """From DER. Malformed for anything else; a key of an unknown kind is told where the key is needed.

    Reading takes longer than verifying with what was read, and the same certificates come with every message.
    """
    with reading("a certificate"):
        body = x509.Certificate.load(encoded, strict=True)["tbs_certificate"]
        return _read(encoded, body, _extensions(body))


def _read(encoded: bytes, body: Parsed, extensions: dict[str, Parsed]) -> Certificate:
    subject, issuer = body["subject"].native, body["issuer"].native
    numbers = _numbers(extensions.get("2.5.29.9"), subject)
    validity, constraints = body["validity"], extensions.get("2.5.29.19")
    return Certificate(
        encoded=encoded,
        serial=body["serial_number"].native,
        subject=body["subject"].dump(),
        issuer=body["issuer"].dump(),
        owner=_text(subject.get("common_name")) or "",
        organisation=_text(subject.get("organization_name")),
        issuer_name=_text(issuer.get("common_name")) or _text(issuer.get("organization_name")) or "",
        not_before=validity["not_before"].native,
        not_after=validity["not_after"].native,
        usages=frozenset(usage.native) if (usage := extensions.get("2.5.29.15")) is not None else frozenset(),
        purposes=frozenset(purpose.dotted for purpose in extensions.get("2.5.29.37") or ()),
        edrpou=numbers[0],
        drfo=numbers[1],
        key_identifier=key.native if (key := extensions.get("2.5.29.14")) is not None else None,
        time_stamp_urls=tuple(_urls(extensions.get("1.3.6.1.5.5.7.1.11"), "time_stamping")),
        is_authority=bool(constraints["ca"].native) if constraints is not None else False,
        public_info=body["subject_public_key_info"].dump(),
    )


def _text(name: Parsed) -> str | None:
    """Of a part of a name; one that stands several times gives the first."""
    if isinstance(name, list):
        name = name[0] if name else None
    return name if isinstance(name, str) else None


_READ = frozenset(("2.5.29.9", "2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.37", "1.3.6.1.5.5.7.1.11"))


def _extensions(body: Parsed) -> dict[str, Parsed]:
    """Those that are of use here, parsed; others may be as odd as they like."""
    if is_absent(body["extensions"]):
        return {}
    return {
        extension["extn_id"].dotted: extension["extn_value"].parsed
        for extension in body["extensions"]
        if extension["extn_id"].dotted in _READ
    }


def _numbers(attributes: Parsed, subject: dict[str, Parsed]) -> tuple[str | None, str | None]:
    """ЄДРПОУ and ДРФО."""
    found = {each["type"].dotted: str(each["values"][0].native) for each in attributes or () if len(each["values"])}
    drfo = next((found[oid] for oid in DRFO if found.get(oid)), None)
    return (
        found.get(EDRPOU) or _prefixed(subject.get("organization_identifier"), "NTRUA-"),
        drfo or _prefixed(subject.get("serial_number"), "TINUA-"),
    )


def _prefixed(name: Parsed, prefix: str) -> str | None:
    text = _text(name) or ""
    return text.removeprefix(prefix) if text.startswith(prefix) else None


def _urls(access: Parsed, method: str) -> Iterable[str]:
    for description in access or ():
        if description["access_method"].native == method and description["access_location"].name.startswith("uniform"):
            yield description["access_location"].native


def _signed_parts(encoded: bytes) -> tuple[bytes, str, bytes]:
    """What is signed, by which algorithm, and the signature's octets."""
    with reading("a certificate"):
        certificate = x509.Certificate.load(encoded, strict=True)
        oid = str(certificate["signature_algorithm"]["algorithm"].dotted)
        signature = bytes(certificate["signature_value"].native)
        if oid in DSTU_SIGNATURES:
            signature = der.content(signature)  # in certificates, and only there, inside an OCTET STRING
        return certificate["tbs_certificate"].dump(), oid, signature
