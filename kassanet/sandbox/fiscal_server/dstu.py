"""Real signatures: what clients signed is verified, what the server answers is signed with its DSTU key."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from kassanet.sandbox.fiscal_server.seals import BrokenSeal, Opened, Signatory
from transports.dstu.certificates import Certificate
from transports.dstu.errors import SignatureProblem
from transports.dstu.signing import Signer
from transports.dstu.verification import Verified, objections, verify


class DstuSeals:
    """``authorities`` are those whose certificates are trusted; ``clock`` is UNIX time."""

    def __init__(self, signer: Signer, authorities: Sequence[Certificate], clock: Callable[[], float]) -> None:
        self._signer = signer
        self._authorities = tuple(authorities)
        self._clock = clock

    def open(self, message: bytes) -> Opened:
        """The certificate must be valid when the message was stamped, else when it claims to be signed, else now.

        A document made offline is delivered later, perhaps after its certificate has expired.
        """
        try:
            verified = verify(message, authorities=self._authorities)
            verified.certificate.check_signing(self._moment(verified))
        except SignatureProblem as problem:
            raise BrokenSeal(str(problem)) from None
        return Opened(
            verified.content,
            _signatory(verified.certificate),
            verified.time_stamp is not None,
            tuple(objections(verified.message, stamped=False)),
        )

    def seal(self, content: bytes) -> bytes:
        return self._signer.sign(content, self._now())

    def _moment(self, verified: Verified) -> datetime:
        if verified.time_stamp is not None:
            return verified.time_stamp.time
        return verified.signing_time or self._now()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _signatory(certificate: Certificate) -> Signatory:
    return Signatory(certificate.subject_key_id or "", certificate.owner, tuple(sorted(certificate.tins)))
