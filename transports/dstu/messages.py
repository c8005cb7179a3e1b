"""CMS SignedData, whoever made it: read into plain values, and one signer's signature checked.

A signer is named by issuer and serial number or by the key's identifier; with signed attributes the signature covers
their DER as a SET (RFC 5652, 5.4), without them the content itself. Trust is not decided here: see ``verification``.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from asn1crypto import cms, core, tsp
from msgspec import Struct

from transports.dstu import der
from transports.dstu.algorithms import (
    CONTENT_TYPE,
    DSTU_SIGNATURES,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    digest_of,
)
from transports.dstu.asn1 import Parsed, is_absent
from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.errors import BadSignature, Malformed, reading
from transports.dstu.gost34311 import same
from transports.dstu.schemes import verifies

_SET = b"\x31"
_UNSIGNED = 0xA1
Attributes = Mapping[str, tuple[bytes, ...]]
"""Object identifiers in dots → values in DER."""


class Signer(Struct, frozen=True):
    """One SignerInfo. Named by ``issuer`` and ``serial``, or by ``key_identifier``."""

    version: int
    issuer: bytes | None
    serial: int | None
    key_identifier: bytes | None
    digest: str
    algorithm: str
    signature: bytes
    attributes: Attributes
    signed_bytes: bytes | None
    """The signed attributes as they are covered by the signature; None when there are none."""

    unsigned: Attributes

    @property
    def signing_time(self) -> datetime | None:
        """As the signer claims it."""
        if not (values := self.attributes.get(SIGNING_TIME)):
            return None
        with reading("a signing time"):
            moment: datetime = cms.Time.load(values[0], strict=True).native
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Message(Struct, frozen=True):
    """SignedData. ``content`` is None where it travels apart."""

    version: int
    content_type: str
    content: bytes | None
    certificates: tuple[Certificate, ...]
    has_revocations: bool
    signers: tuple[Signer, ...]


def read_message(encoded: bytes) -> Message:
    """Malformed for whatever is not SignedData. Nothing is checked yet."""
    with reading("a signed message"):
        outer = cms.ContentInfo.load(encoded, strict=True)
        if outer["content_type"].dotted != SIGNED_DATA:
            raise Malformed("not a signed message, but another kind of CMS")
        data = outer["content"]
        inner = data["encap_content_info"]
        return Message(
            version=_version(data),
            content_type=inner["content_type"].dotted,
            content=_content(inner["content"]),
            certificates=tuple(_certificates(data["certificates"])),
            has_revocations=not is_absent(data["crls"]),
            signers=tuple(_signer(info) for info in data["signer_infos"]),
        )


def _content(held: Parsed) -> bytes | None:
    """The octets, of types that are known and of others."""
    return None if is_absent(held) else bytes(core.OctetString.load(held.dump(), explicit=0))


def _version(structure: Parsed) -> int:
    return int.from_bytes(structure["version"].contents, "big")


def _certificates(found: Parsed) -> Iterable[Certificate]:
    if is_absent(found):
        return
    for choice in found:
        if choice.name == "certificate":
            yield read_certificate(choice.chosen.dump())


def _signer(info: Parsed) -> Signer:
    sid, attributes = info["sid"], info["signed_attrs"]
    by_issuer = sid.name == "issuer_and_serial_number"
    algorithm = info["signature_algorithm"]["algorithm"].dotted
    return Signer(
        version=_version(info),
        issuer=sid.chosen["issuer"].dump() if by_issuer else None,
        serial=sid.chosen["serial_number"].native if by_issuer else None,
        key_identifier=None if by_issuer else sid.chosen.native,
        digest=info["digest_algorithm"]["algorithm"].dotted,
        algorithm=algorithm,
        signature=_plain_octets(algorithm, info["signature"].native),
        attributes=_attributes(attributes),
        signed_bytes=None if is_absent(attributes) else _SET + attributes.dump()[1:],
        unsigned=_attributes(info["unsigned_attrs"]),
    )


def _plain_octets(algorithm: str, signature: bytes) -> bytes:
    """Some wrap a DSTU signature here as it is wrapped in certificates. r ‖ s itself has 64 or 108 bytes."""
    if algorithm in DSTU_SIGNATURES and signature[:1] == b"\x04" and len(signature) == signature[1] + 2:
        return signature[2:]
    return signature


def _attributes(found: Parsed) -> Attributes:
    if is_absent(found):
        return {}
    attributes: dict[str, tuple[bytes, ...]] = {}
    for attribute in found:
        if attribute["type"].dotted in attributes:
            raise Malformed("an attribute that stands twice")
        attributes[attribute["type"].dotted] = tuple(value.dump() for value in attribute["values"])
    return attributes


def certificate_of(signer: Signer, certificates: Iterable[Certificate]) -> Certificate:
    """The signer's own among these; BadSignature when it is not there."""
    for certificate in certificates:
        if signer.key_identifier is not None:
            if certificate.key_identifier == signer.key_identifier:
                return certificate
        elif certificate.serial == signer.serial and certificate.issuer == signer.issuer:
            return certificate
    raise BadSignature("the signer's certificate is neither in the message nor known here")


def check_signature(message: Message, signer: Signer, certificate: Certificate, content: bytes) -> None:
    """BadSignature unless this signer signed this content with the key of this certificate."""
    digest = digest_of(signer.digest)
    covered = content
    if signer.signed_bytes is not None:
        _check_attributes(message, signer, certificate, digest.compute(content))
        covered = signer.signed_bytes
    if not verifies(certificate.public_info, signer.algorithm, digest, covered, signer.signature):
        raise BadSignature("the signature does not belong to this content and key")


def _check_attributes(message: Message, signer: Signer, certificate: Certificate, digest: bytes) -> None:
    with reading("signed attributes"):
        stated = core.OctetString.load(_single(signer, MESSAGE_DIGEST), strict=True).native
        kind = core.ObjectIdentifier.load(_single(signer, CONTENT_TYPE), strict=True).dotted
    if not same(stated, digest):
        raise BadSignature("the content is not what was signed: its digest differs")
    if kind != message.content_type:
        raise BadSignature("the content is said to be of another type than was signed")
    if SIGNING_CERTIFICATE_V2 in signer.attributes:
        _check_certificate(signer, certificate)


def _single(signer: Signer, oid: str) -> bytes:
    values = signer.attributes.get(oid, ())
    if len(values) != 1:
        raise Malformed(f"signed attributes without exactly one {oid}")
    return values[0]


def _check_certificate(signer: Signer, certificate: Certificate) -> None:
    """signingCertificateV2 (RFC 5035): the first entry is the hash of the signer's certificate."""
    with reading("a reference to the signing certificate"):
        first = tsp.SigningCertificateV2.load(_single(signer, SIGNING_CERTIFICATE_V2), strict=True)["certs"][0]
        digest = digest_of(first["hash_algorithm"]["algorithm"].dotted)
        stated = first["cert_hash"].native
    if not same(stated, digest.compute(certificate.encoded)):
        raise BadSignature("another certificate was meant when this was signed")


def signature_of(encoded: bytes) -> bytes:
    """The signature's octets, out of a message in DER with one signer."""
    _, _, fields = _opened(encoded)
    return der.content(next(field for field in fields if field[0] == der.OCTET_STRING))


def appended(encoded: bytes, attribute: bytes) -> bytes:
    """The message with this unsigned attribute at its only signer. For messages in DER, such as our own."""
    content_type, head, fields = _opened(encoded)
    held = der.parts(fields.pop()) if fields[-1][0] == _UNSIGNED else []
    unsigned = der.inside(1, *sorted([*held, attribute]))
    signed = der.sequence(*head, der.set_of([der.sequence(*fields, unsigned)]))
    return der.sequence(content_type, der.inside(0, signed))


def _opened(encoded: bytes) -> tuple[bytes, list[bytes], list[bytes]]:
    """Content type, the fields of SignedData before its signers, and those of the only signer."""
    with reading("a message in DER with one signer"):
        content_type, wrapped = der.parts(encoded)
        (data,) = der.parts(wrapped)
        *head, infos = der.parts(data)
        (signer,) = der.parts(infos)
        fields = der.parts(signer)
        if infos[0] != der.SET or [field[0] for field in fields[-2:]].count(der.OCTET_STRING) != 1:
            raise Malformed("not a message in DER with one signer")
        return content_type, head, fields
