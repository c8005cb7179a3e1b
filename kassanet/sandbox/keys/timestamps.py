"""An RFC 3161 time-stamp authority as a function: TimeStampReq in, TimeStampResp out. Whoever has a port mounts it."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import core, tsp
from msgspec import Struct

from transports.dstu import der
from transports.dstu.algorithms import TST_INFO, digest_of
from transports.dstu.certificates import Certificate
from transports.dstu.errors import SignatureProblem, Unsupported, reading
from transports.dstu.keys import PrivateKey
from transports.dstu.signing import Signer

POLICY = "1.2.804.2.1.1.1.2.3"
_GRANTED, _REJECTION = 0, 2
_BAD_ALGORITHM, _BAD_REQUEST, _BAD_FORMAT, _BAD_POLICY = 0, 2, 5, 15


class _Request(Struct, frozen=True):
    digest: str
    imprint: bytes
    imprint_encoded: bytes
    nonce: int | None
    policy: str | None
    wants_certificate: bool


class Refusal(Exception):
    """Why no time stamp is given; ``bit`` is that of PKIFailureInfo."""

    def __init__(self, bit: int, words: str) -> None:
        super().__init__(words)
        self.bit = bit


class TimeStampAuthority:
    """Stamps whatever it is asked to. ``clock`` gives the time with a time zone, and may be skewed on purpose."""

    def __init__(
        self, key: PrivateKey, certificate: Certificate, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.certificate = certificate
        self._clock = clock
        self._signers = {
            embedded: Signer(key, certificate, content_type=TST_INFO, embedded=embedded) for embedded in (True, False)
        }

    def respond(self, request: bytes) -> bytes:
        """Never raises: what cannot be stamped is answered with a rejection that says why."""
        try:
            asked = _read(request)
            token = self._token(asked)
        except Refusal as refusal:
            return _rejection(refusal.bit, str(refusal))
        except SignatureProblem as problem:
            return _rejection(_BAD_FORMAT, str(problem))
        return der.sequence(der.sequence(der.integer(_GRANTED)), token)

    def _token(self, asked: _Request) -> bytes:
        now = self._clock().astimezone(UTC)
        info = der.sequence(
            der.integer(1),
            der.oid(asked.policy or POLICY),
            asked.imprint_encoded,
            der.integer(secrets.randbits(63)),
            der.generalized_time(now),
            der.integer(asked.nonce) if asked.nonce is not None else b"",
        )
        return self._signers[asked.wants_certificate].sign(info, now)


def _read(request: bytes) -> _Request:
    with reading("a request for a time stamp"):
        parsed = tsp.TimeStampReq.load(request, strict=True)
        imprint, policy = parsed["message_imprint"], parsed["req_policy"]
        asked = _Request(
            digest=imprint["hash_algorithm"]["algorithm"].dotted,
            imprint=imprint["hashed_message"].native,
            imprint_encoded=imprint.dump(),
            nonce=parsed["nonce"].native,
            policy=None if isinstance(policy, core.Void) else policy.dotted,
            wants_certificate=bool(parsed["cert_req"].native),
        )
        version = parsed["version"].contents
    if version != b"\x01":
        raise Refusal(_BAD_REQUEST, "a request of a version other than 1")
    _check(asked)
    return asked


def _check(asked: _Request) -> None:
    try:
        size = len(digest_of(asked.digest).compute(b""))
    except Unsupported as problem:
        raise Refusal(_BAD_ALGORITHM, str(problem)) from problem
    if len(asked.imprint) != size:
        raise Refusal(_BAD_FORMAT, "an imprint that is not as long as its digest")
    if asked.policy not in (None, POLICY):
        raise Refusal(_BAD_POLICY, f"the policy {asked.policy} is not followed here")


def _rejection(bit: int, words: str) -> bytes:
    value = 1 << (31 - bit)
    unused = (value & -value).bit_length() - 1
    trimmed = value.to_bytes(4, "big")[: bit // 8 + 1]
    failure = der.tlv(der.BIT_STRING, bytes((unused % 8,)) + trimmed)
    return der.sequence(der.sequence(der.integer(_REJECTION), der.sequence(der.text(words)), failure))
