"""RFC 3161, the client's side: what is asked of a time-stamp authority, and what its answer is worth.

Carrying the bytes (HTTP POST, ``application/timestamp-query``) is the caller's work. A token is CMS SignedData over a
TSTInfo; its signer must have a certificate for time-stamping.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from asn1crypto import core, tsp
from msgspec import Struct

from transports.dstu import der
from transports.dstu.algorithms import TST_INFO, Digest, digest_of
from transports.dstu.asn1 import structure
from transports.dstu.certificates import TIME_STAMPING, Certificate
from transports.dstu.errors import BadSignature, Malformed, NotValid, SignatureProblem, reading
from transports.dstu.gost34311 import same
from transports.dstu.messages import certificate_of, check_signature, read_message

REQUEST_TYPE, RESPONSE_TYPE = "application/timestamp-query", "application/timestamp-reply"
_GRANTED = ("granted", "granted_with_mods")
_Response = structure("Response", ("status", tsp.PKIStatusInfo), ("token", core.Any, {"optional": True}))


class Rejected(SignatureProblem):
    """The authority gave no time stamp, and said why."""


class TimeStampRequest(Struct, frozen=True):
    """``encoded`` is what to send; the rest is what the answer must repeat."""

    encoded: bytes
    digest: str
    imprint: bytes
    nonce: int


class TimeStamp(Struct, frozen=True):
    """A token that was read and whose signature holds. ``encoded`` is a ContentInfo."""

    encoded: bytes
    time: datetime
    digest: str
    imprint: bytes
    nonce: int | None
    serial: int
    policy: str
    certificate: Certificate

    def check_covers(self, stamped: bytes) -> None:
        """BadSignature unless these octets were stamped."""
        if not same(digest_of(self.digest).compute(stamped), self.imprint):
            raise BadSignature("the time stamp was given for something else")


def make_request(stamped: bytes, digest: Digest, *, policy: str | None = None) -> TimeStampRequest:
    """For these octets. The authority's certificate is asked for, so that the token can be checked by itself."""
    imprint, nonce = digest.compute(stamped), secrets.randbits(63) | 1 << 62
    encoded = der.sequence(
        der.integer(1),
        der.sequence(digest.identifier, der.octets(imprint)),
        der.oid(policy) if policy else b"",
        der.integer(nonce),
        der.tlv(0x01, b"\xff"),
    )
    return TimeStampRequest(encoded, digest.oid, imprint, nonce)


def read_response(response: bytes, request: TimeStampRequest, known: Iterable[Certificate] = ()) -> TimeStamp:
    """The token out of the authority's answer. Rejected, Malformed, or BadSignature when it answers something else."""
    token = read_token(_granted(response), known)
    if (token.digest, token.imprint) != (request.digest, request.imprint):
        raise BadSignature("the time stamp was given for something else")
    if token.nonce != request.nonce:
        raise BadSignature("the time stamp answers another request: its nonce differs")
    return token


def _granted(response: bytes) -> bytes:
    with reading("an answer of a time-stamp authority"):
        parsed = _Response.load(response, strict=True)
        status = parsed["status"]
        if status["status"].native not in _GRANTED:
            words = status["status_string"].native or status["fail_info"].native
            raise Rejected(f"the time-stamp authority answered {status['status'].native}: {words or 'no reason given'}")
        return bytes(parsed["token"].dump())


def read_token(encoded: bytes, known: Iterable[Certificate] = ()) -> TimeStamp:
    """A token by itself, its signature checked with its own certificates or ``known`` ones."""
    message = read_message(encoded)
    if message.content_type != TST_INFO or message.content is None or len(message.signers) != 1:
        raise Malformed("not a time-stamp token")
    with reading("a time-stamp token"):
        certificate = certificate_of(message.signers[0], (*message.certificates, *known))
        token = _read_info(encoded, message.content, certificate)
    if TIME_STAMPING not in certificate.purposes:
        raise NotValid(f"the certificate of {certificate.owner} is not for time-stamping")
    check_signature(message, message.signers[0], certificate, message.content)
    certificate.check_time(token.time)
    return token


def _read_info(encoded: bytes, content: bytes, certificate: Certificate) -> TimeStamp:
    info = tsp.TSTInfo.load(content, strict=True)
    imprint = info["message_imprint"]
    return TimeStamp(
        encoded=encoded,
        time=info["gen_time"].native,
        digest=imprint["hash_algorithm"]["algorithm"].dotted,
        imprint=imprint["hashed_message"].native,
        nonce=info["nonce"].native,
        serial=info["serial_number"].native,
        policy=info["policy"].dotted,
        certificate=certificate,
    )
