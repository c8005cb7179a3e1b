"""What a signed message is worth: whose signature, over what, stamped when, and what the tax service would mind.

:func:`verify` is for messages of any origin. :func:`objections` are the tax service's rules of form (CAdES-E-T after
ETSI EN 319 122-2, with one signature, the signer's certificate and nothing else).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from transports.dstu.algorithms import (
    CONTENT_TIME_STAMP,
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNATURE_TIME_STAMP,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    digest_of,
)
from transports.dstu.certificates import Certificate
from transports.dstu.errors import BadSignature, Malformed
from transports.dstu.messages import Message, Signer, certificate_of, check_signature, read_message
from transports.dstu.timestamps import TimeStamp, read_token

Level = Literal["CMS", "CAdES-BES", "CAdES-T"]
_WANTED = frozenset((CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE_V2))


class Verified(Struct, frozen=True):
    """A message whose only signature holds. ``signing_time`` is the signer's claim, ``time_stamp`` an authority's."""

    content: bytes
    certificate: Certificate
    signing_time: datetime | None
    time_stamp: TimeStamp | None
    digest: str
    level: Level
    message: Message


def unwrap(encoded: bytes) -> bytes:
    """The content alone, with nothing verified; Malformed when there is none inside."""
    if (content := read_message(encoded).content) is None:
        raise Malformed("a message without its content")
    return content


def verify(
    encoded: bytes,
    *,
    content: bytes | None = None,
    known: Sequence[Certificate] = (),
    authorities: Sequence[Certificate] | None = None,
    at: datetime | None = None,
) -> Verified:
    """Check the only signature of a message.

    ``content`` for messages that travel without it; ``known`` certificates beside those in the message;
    ``authorities`` of which one must have issued the signer's certificate, and one that of the time stamp (None: trust
    is not asked about); ``at``: when the signer's certificate must be valid (None: not asked about).
    Raises BadSignature, NotValid, Malformed or Unsupported.
    """
    message = read_message(encoded)
    signer, covered = only_signer(message), message.content if content is None else content
    if covered is None:
        raise Malformed("a message without its content")
    certificate = certificate_of(signer, (*message.certificates, *known))
    check_signature(message, signer, certificate, covered)
    stamp = _time_stamp(signer, known)
    for each in (certificate, *((stamp.certificate,) if stamp else ())):
        _check_trust(each, authorities)
    if at is not None:
        certificate.check_signing(at)
    return Verified(
        content=covered,
        certificate=certificate,
        signing_time=signer.signing_time,
        time_stamp=stamp,
        digest=digest_of(signer.digest).name,
        level=_level(signer),
        message=message,
    )


def only_signer(message: Message) -> Signer:
    if len(message.signers) != 1:
        raise BadSignature(f"a message must hold exactly one signature, this one has {len(message.signers)}")
    return message.signers[0]


def _time_stamp(signer: Signer, known: Iterable[Certificate]) -> TimeStamp | None:
    if not (values := signer.unsigned.get(SIGNATURE_TIME_STAMP)):
        return None
    stamp = read_token(values[0], known)
    stamp.check_covers(signer.signature)
    return stamp


def _check_trust(certificate: Certificate, authorities: Sequence[Certificate] | None) -> None:
    if authorities is None:
        return
    issuer = next((each for each in authorities if each.subject == certificate.issuer), None)
    if issuer is None:
        raise BadSignature(f"the certificate of {certificate.owner} was issued by no authority that is trusted here")
    certificate.check_issued_by(issuer)


def _level(signer: Signer) -> Level:
    if SIGNING_CERTIFICATE_V2 not in signer.attributes:
        return "CMS"
    return "CAdES-T" if SIGNATURE_TIME_STAMP in signer.unsigned else "CAdES-BES"


def objections(message: Message, *, stamped: bool) -> list[str]:
    """What the tax service would mind about the form, in words. ``stamped``: a time stamp is needed (online)."""
    found = []
    if len(message.signers) != 1:
        return [f"{len(message.signers)} signatures instead of one"]
    signer = message.signers[0]
    if message.content is None:
        found.append("the content is not inside")
    if (message.version, signer.version) != (1, 1) or signer.issuer is None:
        found.append("the signer is not named by issuer and serial number in structures of version 1")
    if len(message.certificates) != 1:
        found.append(f"{len(message.certificates)} certificates instead of the signer's alone")
    if message.has_revocations:
        found.append("revocation lists or answers are inside")
    found += _attribute_objections(signer, stamped)
    return found


def _attribute_objections(signer: Signer, stamped: bool) -> Iterable[str]:
    if missing := _WANTED - signer.attributes.keys():
        yield f"signed attributes are missing: {', '.join(sorted(missing))}"
    if CONTENT_TIME_STAMP in signer.attributes:
        yield "a time stamp of the content is forbidden"
    if stamped and SIGNATURE_TIME_STAMP not in signer.unsigned:
        yield "a time stamp of the signature is missing"
