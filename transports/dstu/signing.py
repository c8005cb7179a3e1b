"""Making signatures: attached CMS SignedData as CAdES-BES, with exactly the attributes that the tax service wants.

contentType, messageDigest, signingTime and signingCertificateV2 are signed; SignedData and SignerInfo are of version 1,
the signer is named by issuer and serial number, ``certificates`` holds the signer's alone. CAdES-T adds a time stamp
over the signature, fetched by whoever has a network: :func:`time_stamp_request`, then :func:`with_time_stamp`.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from transports.dstu import der
from transports.dstu.algorithms import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNATURE_TIME_STAMP,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    Digest,
    Scheme,
)
from transports.dstu.certificates import Certificate
from transports.dstu.errors import KeyMismatch
from transports.dstu.messages import appended, signature_of
from transports.dstu.schemes import SecretKey, is_pair, scheme_for, sign
from transports.dstu.timestamps import TimeStampRequest, make_request, read_response

Exchange = Callable[[bytes], bytes]
"""Takes a TimeStampReq to the authority and brings its TimeStampResp, both in DER."""


class _Frame(Struct, frozen=True):
    """What is the same in every message of a signer."""

    before_content: bytes
    certificates: bytes
    signer: bytes
    algorithm: bytes
    content_type: bytes
    signing_certificate: bytes


class Signer:
    """A key with its certificate, ready to sign. Holds no state: may be used from several threads.

    ``kupyna`` chooses the newer hash, ``content_type`` is another than plain data for time-stamp tokens, ``embedded``
    puts the certificate into the message. Raises KeyMismatch when key and certificate are no pair; their validity is
    checked for each signature, by the time of that signature.
    """

    def __init__(
        self,
        key: SecretKey,
        certificate: Certificate,
        *,
        kupyna: bool = False,
        content_type: str = DATA,
        embedded: bool = True,
    ) -> None:
        if not is_pair(key, certificate.public_info):
            raise KeyMismatch(f"the key is not that of the certificate of {certificate.owner}")
        self._key = key
        self.certificate = certificate
        self.scheme = scheme_for(key, kupyna=kupyna)
        self._frame = _frame(certificate, self.scheme, content_type, embedded)
        self._content_type = der.oid(content_type)

    def __repr__(self) -> str:
        return f"Signer({self.certificate.owner!r}, {self.scheme.name})"

    def sign(self, content: bytes, at: datetime) -> bytes:
        """CAdES-BES over ``content`` within it, DER. ``at`` is the signing time, with a time zone.

        Raises NotValid when the certificate is not valid at that time or not for signing.
        """
        self.certificate.check_signing(at)
        frame, attributes = self._frame, self._attributes(content, at.astimezone(UTC))
        signature = sign(self._key, self.scheme, der.tlv(der.SET, attributes))
        info = der.sequence(frame.signer, der.inside(0, attributes), frame.algorithm, der.octets(signature))
        inner = der.sequence(self._content_type, der.inside(0, der.octets(content)))
        data = der.sequence(frame.before_content, inner, frame.certificates, der.tlv(der.SET, info))
        return der.sequence(der.oid(SIGNED_DATA), der.inside(0, data))

    def _attributes(self, content: bytes, at: datetime) -> bytes:
        """In DER's order of a SET OF."""
        frame = self._frame
        attributes = [
            frame.content_type,
            der.attribute(SIGNING_TIME, der.time(at)),
            der.attribute(MESSAGE_DIGEST, der.octets(self.scheme.digest.compute(content))),
            frame.signing_certificate,
        ]
        return b"".join(sorted(attributes))

    def sign_stamped(self, content: bytes, at: datetime, exchange: Exchange) -> bytes:
        """CAdES-T, for callers that may wait: what ``exchange`` raises passes through."""
        message = self.sign(content, at)
        request = time_stamp_request(message, self.scheme.digest)
        return with_time_stamp(message, request, exchange(request.encoded))


def time_stamp_request(message: bytes, digest: Digest) -> TimeStampRequest:
    """What to ask the authority for this message: a time stamp over the signature's octets."""
    return make_request(signature_of(message), digest)


def with_time_stamp(message: bytes, request: TimeStampRequest, response: bytes) -> bytes:
    """CAdES-T out of CAdES-BES and the authority's answer; BadSignature or Malformed when it does not fit."""
    token = read_response(response, request)
    return appended(message, der.attribute(SIGNATURE_TIME_STAMP, token.encoded))


def _frame(certificate: Certificate, scheme: Scheme, content_type: str, embedded: bool) -> _Frame:
    version = 1 if content_type == DATA else 3  # RFC 5652, 5.1
    return _Frame(
        before_content=der.integer(version) + der.set_of([scheme.digest.identifier]),
        certificates=der.inside(0, certificate.encoded) if embedded else b"",
        signer=der.integer(1) + _issuer_and_serial(certificate) + scheme.digest.identifier,
        algorithm=scheme.identifier,
        content_type=der.attribute(CONTENT_TYPE, der.oid(content_type)),
        signing_certificate=der.attribute(SIGNING_CERTIFICATE_V2, _reference(certificate, scheme.digest)),
    )


def _issuer_and_serial(certificate: Certificate) -> bytes:
    return der.sequence(certificate.issuer, der.integer(certificate.serial))


def _reference(certificate: Certificate, digest: Digest) -> bytes:
    """SigningCertificateV2 with one ESSCertIDv2, its issuerSerial included as deployed software does it.

    SHA-256 is the default of the hash algorithm, which DER leaves out.
    """
    issuer_serial = der.sequence(der.sequence(der.inside(4, certificate.issuer)), der.integer(certificate.serial))
    algorithm = b"" if digest.name == "sha256" else digest.identifier
    certificate_id = der.sequence(algorithm, der.octets(digest.compute(certificate.encoded)), issuer_serial)
    return der.sequence(der.sequence(certificate_id))
